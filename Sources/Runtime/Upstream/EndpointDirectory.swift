internal import Synchronization
internal import TableFormat

/// The endpoints of all living tables by their stable ids, so that what is known of them outlives
/// a swap; and those that an operator has taken out of service.
///
/// Touched when tables are loaded and released and by orders of operators, never by a request.
final class EndpointDirectory: Sendable {
    /// An order to give an endpoint no new requests.
    struct Drain: Sendable {
        var name: String
        /// Milliseconds of the monotonic clock at which it is over; nil ends with another order.
        var endsAt: UInt64?
        /// The same in milliseconds since the epoch, for people.
        var until: Int64?
    }

    private struct Entry {
        var state = EndpointState()
        /// Tables that have it.
        var users = 0
    }

    private struct Shared {
        var entries: [UInt64: Entry] = [:]
        /// An order outlives the tables that have the endpoint: one that comes back still drains.
        var drains: [UInt64: Drain] = [:]
    }

    private let shared = Mutex(Shared())

    /// What is known of each endpoint of a table, in its order.
    func acquire(_ view: borrowing TableView) -> [EndpointState] {
        let ids = EndpointDirectory.ids(view)
        return shared.withLock { shared in
            ids.map { id in
                shared.entries[id, default: Entry()].users += 1
                let state = shared.entries[id, default: Entry()].state
                state.isDrained = shared.drains[id] != nil
                return state
            }
        }
    }

    /// A table is gone.
    func release(_ view: borrowing TableView) {
        let ids = EndpointDirectory.ids(view)
        shared.withLock { shared in
            for id in ids {
                shared.entries[id]?.users -= 1
                if shared.entries[id]?.users == 0 { shared.entries[id] = nil }
            }
        }
    }

    private static func ids(_ view: borrowing TableView) -> [UInt64] {
        var ids: [UInt64] = []
        for index in 0..<view.count(EndpointRecord.self) {
            ids.append(view.load(EndpointRecord.stableID, at: index))
        }
        return ids
    }

    // MARK: - Orders

    /// The orders in force, by stable id.
    var drains: [UInt64: Drain] { shared.withLock { $0.drains } }

    /// Gives an endpoint no new requests; an order from before is replaced.
    func drain(_ id: UInt64, _ drain: Drain) {
        shared.withLock { shared in
            shared.drains[id] = drain
            shared.entries[id]?.state.isDrained = true
        }
    }

    /// Takes an order back; false where there was none.
    func resume(_ id: UInt64) -> Bool {
        shared.withLock { shared in
            shared.entries[id]?.state.isDrained = false
            return shared.drains.removeValue(forKey: id) != nil
        }
    }

    /// Takes back the orders that are over; the names of their endpoints.
    func endDrains(at now: UInt64) -> [String] {
        shared.withLock { shared in
            // Most of the time there is none.
            guard !shared.drains.isEmpty else { return [] }
            let over = shared.drains.filter { ($0.value.endsAt ?? .max) <= now }
            for id in over.keys {
                shared.drains[id] = nil
                shared.entries[id]?.state.isDrained = false
            }
            return over.values.map(\.name).sorted()
        }
    }
}
