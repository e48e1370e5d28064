internal import TableFormat

// The pools of two tables: who is in them, and what the change as a whole is.

extension SessionMoves {
    static func pools(
        from old: borrowing TableView, to new: borrowing TableView
    ) -> [Pool] {
        var found: [Pool] = []
        let before = poolIndices(old)
        let after = poolIndices(new)
        for id in Set(before.keys).union(after.keys) {
            let old = SessionPool(before[id], in: old)
            let new = SessionPool(after[id], in: new)
            if let pool = compare(old, new) { found.append(pool) }
        }
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func poolIndices(_ table: borrowing TableView) -> [UInt64: UInt32] {
        var indices: [UInt64: UInt32] = [:]
        for index in 0..<table.count(PoolRecord.self) {
            indices[table.load(PoolRecord.stableID, at: index)] = index
        }
        return indices
    }

    /// Nil for a pool that keeps sessions in neither table.
    private static func compare(_ old: SessionPool?, _ new: SessionPool?) -> Pool? {
        guard let newest = new?.sticky == nil && old?.sticky != nil ? old : new,
            let sticky = newest.sticky
        else { return nil }
        let change = change(from: old, to: new)
        // Endpoints are numbered for the count; 0 is nobody.
        let ids = Set(old?.members.keys.map { $0 } ?? []).union(new?.members.keys.map { $0 } ?? [])
            .sorted()
        let slots = Dictionary(uniqueKeysWithValues: zip(ids, 1...))
        let lineBefore = old.flatMap { $0.sticky == nil ? nil : SessionLine($0, slots) }
        let lineAfter = new.flatMap { $0.sticky == nil ? nil : SessionLine($0, slots) }
        let shares: [Share]
        let moved: Double
        if change == .kept, let lineBefore, let lineAfter {
            let tally = SessionTally(from: lineBefore, to: lineAfter, slotCount: ids.count + 1)
            (shares, moved) = (tally.shares(), tally.moved)
        } else {
            shares = strangers(lineBefore, lineAfter, slotCount: ids.count + 1, change)
            moved = change.movesAll ? 1 : 0
        }
        let endpoints = zip(ids, shares.dropFirst()).map { id, share in
            let (was, now) = (old?.members[id], new?.members[id])
            return Endpoint(
                name: now?.name ?? was?.name ?? "", share: share, was: was?.standing,
                now: now?.standing)
        }
        return Pool(
            name: newest.name, change: change, moved: moved, sources: sticky.sources,
            whenDown: sticky.whenDown, placesBefore: lineBefore?.placeCount ?? 0,
            placesAfter: lineAfter?.placeCount ?? 0,
            endpoints: endpoints.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) },
            nobody: shares[0])
    }

    private static func change(from old: SessionPool?, to new: SessionPool?) -> Change {
        guard let old else { return .came }
        guard let new else { return .went }
        guard let was = old.sticky else { return .begins }
        guard let now = new.sticky else { return .ends }
        return keepsNames(was.sources, now.sources) ? .kept : .renamed
    }

    /// Shares where no session of the old table can be found again in the new one.
    private static func strangers(
        _ before: SessionLine?, _ after: SessionLine?, slotCount: Int, _ change: Change
    ) -> [Share] {
        func shares(_ line: SessionLine?) -> [Share] {
            guard let line else { return Array(repeating: Share(), count: slotCount) }
            return SessionTally(from: line, to: line, slotCount: slotCount).shares()
        }
        return zip(shares(before), shares(after)).map { before, after in
            Share(
                before: before.before, after: after.after,
                lost: change.movesAll ? before.before : 0,
                gained: change == .renamed ? after.after : 0)
        }
    }
}

extension SessionMoves.Change {
    /// Whether all sessions are taken to move.
    var movesAll: Bool { self == .renamed || self == .ends || self == .went }
}

/// What a table says of a pool, as far as sessions are concerned.
struct SessionPool {
    /// An endpoint of it.
    struct Member {
        let name: String
        let standing: SessionMoves.Standing
    }

    /// The places of the tier that takes sessions.
    struct Places {
        /// The stable id of the endpoint by place; nil where it is not to be had.
        let owners: [UInt64?]
        /// Who takes a session whose draws all failed, by its place in the ring; nil for nobody.
        let ring: [UInt64?]
    }

    /// What keeps its sessions.
    struct Sticky {
        let sources: [String]
        let whenDown: WhenDown
        /// Nil where no tier has anybody.
        let places: Places?
    }

    let name: String
    /// By stable id.
    let members: [UInt64: Member]
    /// Nil where it keeps none.
    let sticky: Sticky?

    init?(_ pool: UInt32?, in table: borrowing TableView) {
        guard let pool else { return nil }
        let row = table.row(PoolRecord.self, pool)
        name = table.text(table.load(PoolRecord.name, row))
        let tiers = table.load(PoolRecord.tiers, row)
        var members: [UInt64: Member] = [:]
        for tier in tiers.indices {
            for member in table.load(TierRecord.members, at: tier).indices {
                let endpoint = table.load(MemberRecord.endpoint, at: member)
                let id = table.load(EndpointRecord.stableID, at: endpoint)
                if members[id] != nil { continue }
                members[id] = SessionPool.member(member, tier: tier, endpoint, in: table)
            }
        }
        self.members = members
        let sticky = table.load(PoolRecord.sticky, row)
        guard sticky != noIndex else {
            self.sticky = nil
            return
        }
        let whenDown = table.load(StickyRecord.whenDown, at: sticky)
        self.sticky = Sticky(
            sources: table.sessionSources(of: sticky), whenDown: whenDown,
            places: SessionPool.places(tiers, whenDown, in: table))
    }

    private static func member(
        _ member: UInt32, tier: UInt32, _ endpoint: UInt32, in table: borrowing TableView
    ) -> Member {
        let flags = table.load(EndpointRecord.flags, at: endpoint)
        let upstream = table.load(EndpointRecord.upstream, at: endpoint)
        return Member(
            name: table.text(table.load(EndpointRecord.name, at: endpoint)),
            standing: SessionMoves.Standing(
                weight: table.load(MemberRecord.weight, at: member),
                tier: table.load(TierRecord.number, at: tier),
                drains: flags & EndpointRecord.drainFlag != 0,
                upstream: table.load(UpstreamRecord.stableID, at: upstream)))
    }

    /// Those of the tier at which `pick` ends while all are up.
    private static func places(
        _ tiers: IndexRange, _ whenDown: WhenDown, in table: borrowing TableView
    ) -> Places? {
        for tier in tiers.indices {
            let places = table.load(TierRecord.places, at: tier)
            guard places.count > 0 else { continue }
            let owners = places.indices.map { owner(table.index(at: $0), in: table) }
            let isLive = owners.contains { $0 != nil }
            // A session that may not move does not look into the next tier.
            guard isLive || whenDown == .refuse else { continue }
            let ring = table.load(TierRecord.ring, at: tier)
            let isWhole = owners.allSatisfy { $0 != nil }
            return Places(
                owners: owners,
                ring: isWhole || whenDown == .refuse
                    ? [] : (0..<ring.count).map { successor(in: ring, at: $0, table) })
        }
        return nil
    }

    private static func successor(
        in ring: IndexRange, at start: UInt32, _ table: borrowing TableView
    ) -> UInt64? {
        firstAvailable(ring, from: start, turns: ring.count, loads: AllUp(), in: table)
            .flatMap { owner($0, in: table) }
    }

    private static func owner(_ member: UInt32, in table: borrowing TableView) -> UInt64? {
        guard canTry(member, loads: AllUp(), in: table) else { return nil }
        return table.load(
            EndpointRecord.stableID, at: table.load(MemberRecord.endpoint, at: member))
    }

    /// Endpoints as the spec has them.
    private struct AllUp: EndpointLoads {
        func isAvailable(endpoint: UInt32) -> Bool { true }
    }
}
