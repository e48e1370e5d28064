public import TableFormat

/// What a request says of its session; the server answers from the request, `routerc route` from
/// what it is told.
public protocol SessionValues: ~Escapable {
    /// Calls `body` with the value of a source, where there is one that is not empty.
    func withValue(
        of source: SessionSource, header: RawSpan, _ body: (RawSpan) -> Void)
}

/// The session of a request, as a hash of what names it: equal on every replica and in every table.
public struct Session: Sendable, Equatable {
    /// All bits look random.
    public let hash: UInt64

    /// The one that a text names, as a source of this kind; another kind makes another session.
    public init(_ value: RawSpan, source: SessionSource) {
        hash = HashPair(name: value, seed: UInt64(source.rawValue)).slot
    }

    /// The session of a request by the first source that it has; nil where it has none.
    public init?<Values: SessionValues & ~Escapable>(
        sticky: UInt32, values: borrowing Values, in table: borrowing TableView
    ) {
        for index in table.load(StickyRecord.sources, at: sticky).indices {
            let row = table.row(SessionSourceRecord.self, index)
            let kind = table.load(SessionSourceRecord.kind, row)
            var found: Session?
            values.withValue(
                of: kind, header: table.string(table.load(SessionSourceRecord.name, row))
            ) { found = Session($0, source: kind) }
            if let found {
                self = found
                return
            }
        }
        return nil
    }

    /// Bits that decide on the side of a split, apart from those that decide on an endpoint.
    public var draw: UInt32 {
        UInt32(truncatingIfNeeded: scattered(hash ^ 0x5C8E_91F3_0B7A_64D5) >> 32)
    }

    /// Which of `count` places the session has, and which it takes next when that one's endpoint
    /// cannot be tried.
    func place(_ turn: UInt32, of count: UInt32) -> UInt32 {
        let bits = turn == 0 ? hash : scattered(hash &+ UInt64(turn))
        return UInt32(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(count)).high)
    }
}

/// The member of a pool that a session stays with; nil where none can be tried.
///
/// The places of the first tier with a member that can be tried decide. A session whose endpoint
/// cannot be tried draws another place, the same wherever that is asked; the others stay.
public func pick<Loads: EndpointLoads & ~Escapable>(
    pool: UInt32, session: Session, loads: borrowing Loads, in table: borrowing TableView
) -> UInt32? {
    let row = table.row(PoolRecord.self, pool)
    let sticky = table.load(PoolRecord.sticky, row)
    guard sticky != noIndex else { return nil }
    let mayMove = table.load(StickyRecord.whenDown, at: sticky) == .move
    for tier in table.load(PoolRecord.tiers, row).indices {
        let places = table.load(TierRecord.places, at: tier)
        guard places.count > 0 else { continue }
        for turn in 0..<UInt32(8) {
            let member = table.index(at: places.first + session.place(turn, of: places.count))
            if canTry(member, loads: loads, in: table) { return member }
            let endpoint = table.load(MemberRecord.endpoint, at: member)
            if !mayMove, loads.isMember(endpoint: endpoint) { return nil }
        }
        // Most are away: whose turn comes first behind one that is the session's own.
        let ring = table.load(TierRecord.ring, at: tier)
        let member = firstAvailable(
            ring, from: session.place(0, of: ring.count), turns: ring.count, loads: loads,
            in: table)
        if let member { return member }
    }
    return nil
}
