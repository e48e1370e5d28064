internal import NIOCore
internal import Synchronization
internal import TableFormat

/// The upstreams of all living tables, each in a slot that outlives a swap of tables.
///
/// Tables come and go; connections and addresses belong to the upstream, which is known by its
/// stable id. A slot is free again when no table refers to it. Touched when tables are loaded and
/// released and by whoever resolves names, never by a request.
final class UpstreamDirectory: Sendable {
    struct Slot: Sendable {
        var stableID: UInt64
        var kind: AddressKind
        var host: String
        var port: UInt16
        /// Tables that refer to it.
        var users: Int
        /// Nil while the name cannot be resolved: the upstream is down.
        var address: SocketAddress?
    }

    private struct State {
        var slots: [Slot] = []
        var slotOf: [UInt64: UInt32] = [:]
        var free: [UInt32] = []
    }

    private let state = Mutex(State())
    /// Somebody could not connect: names are looked up ahead of time.
    private let isLookupWished = Atomic<Bool>(false)

    /// The slot of each upstream of a table; new ones get one, with their address resolved.
    func acquire(_ view: borrowing TableView) -> [UInt32] {
        var slots: [UInt32] = []
        for index in 0..<view.count(UpstreamRecord.self) {
            let row = view.row(UpstreamRecord.self, index)
            let kind = view.load(UpstreamRecord.kind, row)
            let host = view.text(view.load(UpstreamRecord.host, row))
            let port = view.load(UpstreamRecord.port, row)
            let stableID = view.load(UpstreamRecord.stableID, row)
            if let known = reuse(stableID) {
                slots.append(known)
                continue
            }
            // Outside of the lock: a name server may take its time.
            let address = UpstreamDirectory.resolve(kind, host, port)
            slots.append(
                insert(
                    Slot(
                        stableID: stableID, kind: kind, host: host, port: port, users: 1,
                        address: address)))
        }
        return slots
    }

    /// A table is gone.
    func release(_ slots: [UInt32]) {
        state.withLock { state in
            for slot in slots {
                state.slots[Int(slot)].users -= 1
                if state.slots[Int(slot)].users == 0 {
                    state.slotOf[state.slots[Int(slot)].stableID] = nil
                    state.free.append(slot)
                }
            }
        }
    }

    /// What loops need to know: identity and address by slot.
    func targets() -> [UpstreamTarget] {
        state.withLock { state in
            state.slots.map {
                UpstreamTarget(stableID: $0.stableID, host: $0.host, address: $0.address)
            }
        }
    }

    /// The address of an upstream; nil while it has none.
    func address(ofSlot slot: UInt32) -> SocketAddress? {
        state.withLock { $0.slots[Int(slot)].address }
    }

    /// Hosts of living tables that have no address: what is behind them is down.
    func unresolvedHosts() -> [String] {
        state.withLock { state in
            state.slots.filter { $0.users > 0 && $0.address == nil }.map(\.host).sorted()
        }
    }

    /// Asks for names to be looked up soon; costs a store.
    func wishLookup() {
        isLookupWished.store(true, ordering: .relaxed)
    }

    /// Whether somebody asked since the last time.
    func takeWish() -> Bool {
        isLookupWished.exchange(false, ordering: .relaxed)
    }

    /// Looks up the names again; true where an address has changed.
    func resolveAgain() -> Bool {
        let slots = state.withLock { $0.slots }
        var changed = false
        for (index, slot) in slots.enumerated() where slot.users > 0 && slot.isName {
            let address = UpstreamDirectory.resolve(slot.kind, slot.host, slot.port)
            // An answer that fails now says nothing against the address that worked.
            guard let address, address != slot.address else { continue }
            state.withLock { state in
                if state.slots[index].stableID == slot.stableID {
                    state.slots[index].address = address
                    changed = true
                }
            }
        }
        return changed
    }

    private func reuse(_ stableID: UInt64) -> UInt32? {
        state.withLock { state in
            guard let slot = state.slotOf[stableID] else { return nil }
            state.slots[Int(slot)].users += 1
            return slot
        }
    }

    private func insert(_ slot: Slot) -> UInt32 {
        state.withLock { state in
            let index: UInt32
            if let free = state.free.popLast() {
                index = free
                state.slots[Int(free)] = slot
            } else {
                index = UInt32(state.slots.count)
                state.slots.append(slot)
            }
            state.slotOf[slot.stableID] = index
            return index
        }
    }

    private static func resolve(
        _ kind: AddressKind, _ host: String, _ port: UInt16
    ) -> SocketAddress? {
        switch kind {
        case .none: nil
        case .unix: try? SocketAddress(unixDomainSocketPath: host)
        case .tcp:
            (try? SocketAddress(ipAddress: host, port: Int(port)))
                ?? (try? SocketAddress.makeAddressResolvingHost(host, port: Int(port)))
        }
    }
}

extension UpstreamDirectory.Slot {
    /// Whether its host has to be looked up.
    fileprivate var isName: Bool {
        kind == .tcp && (try? SocketAddress(ipAddress: host, port: Int(port))) == nil
    }
}

/// An upstream as a loop sees it.
struct UpstreamTarget: Sendable {
    var stableID: UInt64
    var host: String
    var address: SocketAddress?
}
