internal import Synchronization
internal import TableFormat

/// The pools of this process by name, each in a slot that outlives a swap of tables.
///
/// A pool that comes back, in the next table or a later one, has its slot again, so its counters
/// go on. One that is in no table any more keeps its slot too: what was counted stays true. So that
/// names without end cannot fill the memory, the pools that have been gone the longest are folded
/// into one row beyond a limit. Touched when tables are loaded and released and by whoever renders
/// metrics, never by a request.
final class PoolDirectory: Sendable {
    /// The slot of exchanges that never had a pool.
    static let noPool: UInt32 = 0
    /// The slot of pools that have been gone for long, together.
    static let folded: UInt32 = 1

    /// A pool as metrics show it.
    struct Pool: Sendable, Equatable {
        var name: String
        /// Tables that have it.
        var users: Int
        /// The turn at which the last table with it went away.
        var goneAt: UInt64 = 0
    }

    /// What slots mean, as of one moment.
    struct Naming: Sendable {
        /// Grows whenever a slot gets another meaning.
        var version: UInt64 = 0
        /// Nil is a slot that nobody has.
        var pools: [Pool?] = []
    }

    private struct State {
        var naming = Naming()
        var slotOf: [String: UInt32] = [:]
        var free: [UInt32] = []
        var turn: UInt64 = 0
    }

    private let state: Mutex<State>

    init() {
        var state = State()
        // No name of a pool is empty or has parentheses; these two never go away.
        state.naming.pools = [Pool(name: "", users: 1), Pool(name: "(gone)", users: 1)]
        self.state = Mutex(state)
    }

    /// What the slots mean now.
    var naming: Naming { state.withLock { $0.naming } }

    /// The slot of each pool of a table, in the order of its pools.
    func acquire(_ view: borrowing TableView) -> [UInt32] {
        var names: [String] = []
        for index in 0..<view.count(PoolRecord.self) {
            names.append(view.text(view.load(PoolRecord.name, at: index)))
        }
        return acquire(names)
    }

    /// The slots of these pools; new ones get one.
    func acquire(_ names: [String]) -> [UInt32] {
        state.withLock { state in
            names.map { name in
                if let slot = state.slotOf[name] {
                    state.naming.pools[Int(slot)]?.users += 1
                    return slot
                }
                let slot: UInt32
                if let free = state.free.popLast() {
                    slot = free
                    state.naming.pools[Int(free)] = Pool(name: name, users: 1)
                } else {
                    slot = UInt32(state.naming.pools.count)
                    state.naming.pools.append(Pool(name: name, users: 1))
                }
                state.slotOf[name] = slot
                state.naming.version += 1
                return slot
            }
        }
    }

    /// A table is gone.
    func release(_ slots: [UInt32]) {
        state.withLock { state in
            state.turn += 1
            for slot in slots {
                state.naming.pools[Int(slot)]?.users -= 1
                state.naming.pools[Int(slot)]?.goneAt = state.turn
            }
        }
    }

    /// The slots of gone pools beyond `limit` of them, those that have been gone the longest.
    func surplus(beyond limit: Int) -> [UInt32] {
        let pools = naming.pools
        var gone: [(slot: UInt32, goneAt: UInt64)] = []
        for (slot, pool) in pools.enumerated() {
            if let pool, pool.users == 0 { gone.append((UInt32(slot), pool.goneAt)) }
        }
        guard gone.count > limit else { return [] }
        return gone.sorted { ($0.goneAt, $0.slot) < ($1.goneAt, $1.slot) }
            .prefix(gone.count - limit).map(\.slot)
    }

    /// Frees slots whose rows have been folded.
    ///
    /// Called by the thread that loads tables, so that none of them comes back meanwhile.
    func forget(_ slots: [UInt32]) {
        state.withLock { state in
            for slot in slots {
                guard let pool = state.naming.pools[Int(slot)], pool.users == 0 else { continue }
                state.naming.pools[Int(slot)] = nil
                state.slotOf[pool.name] = nil
                state.free.append(slot)
                state.naming.version += 1
            }
        }
    }
}
