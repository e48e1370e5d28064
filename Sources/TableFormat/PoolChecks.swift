// The checks of the validator on pools, their tiers, retries and breakers.

extension RecordChecks {
    func pools() throws(TableFault) {
        try ordered(PoolRecord.stableID)
        for index in 0..<view.count(PoolRecord.self) {
            let row = view.row(PoolRecord.self, index)
            try string(PoolRecord.name, row, limit: 63)
            try range(PoolRecord.members, row, in: MemberRecord.self)
            try range(PoolRecord.tiers, row, in: TierRecord.self)
            try reference(PoolRecord.timeouts, row, to: TimeoutsRecord.self)
            try choice(PoolRecord.strategy, row)
            try flags(PoolRecord.flags, row, known: PoolRecord.unevenFlag)
            try reference(PoolRecord.breaker, row, to: BreakerRecord.self, orNone: true)
            try reference(PoolRecord.retry, row, to: RetryRecord.self)
            try reference(PoolRecord.sticky, row, to: StickyRecord.self, orNone: true)
            try zero(PoolRecord.reserved, row)
            try tiers(of: row)
        }
    }

    /// Whether the tiers of a pool hold its members, each once and in their order, and some member
    /// has a turn.
    private func tiers(of pool: Row<PoolRecord>) throws(TableFault) {
        let members = view.load(PoolRecord.members, pool)
        var next = UInt64(members.first)
        var previous: UInt32 = 0
        var hasTurn = false
        for index in view.load(PoolRecord.tiers, pool).indices {
            let row = view.row(TierRecord.self, index)
            let part = view.load(TierRecord.members, row)
            guard UInt64(part.first) == next, part.count > 0 else {
                throw fail(TableFault.Cause.badReference, TierRecord.members, row)
            }
            next += UInt64(part.count)
            let number = view.load(TierRecord.number, row)
            guard number > previous else {
                throw fail(TableFault.Cause.badOrder, TierRecord.number, row)
            }
            previous = number
            let hasRing = view.load(TierRecord.ring, row).count > 0
            hasTurn = hasTurn || hasRing
            let isSticky = view.load(PoolRecord.sticky, pool) != noIndex
            guard (view.load(TierRecord.places, row).count > 0) == (hasRing && isSticky) else {
                throw fail(TableFault.Cause.badValue, TierRecord.places, row)
            }
        }
        guard hasTurn, next == UInt64(members.first) + UInt64(members.count) else {
            throw fail(TableFault.Cause.badValue, PoolRecord.tiers, pool)
        }
    }

    func tiers() throws(TableFault) {
        for index in 0..<view.count(TierRecord.self) {
            let row = view.row(TierRecord.self, index)
            try range(TierRecord.members, row, in: MemberRecord.self)
            try list(TierRecord.ring, row, of: MemberRecord.self, ascending: false)
            try list(TierRecord.places, row, of: MemberRecord.self, ascending: false)
            try zero(TierRecord.reserved, row)
            let members = view.load(TierRecord.members, row).indices
            for field in [TierRecord.ring, TierRecord.places] {
                for position in view.load(field, row).indices
                where !members.contains(view.index(at: position)) {
                    throw fail(TableFault.Cause.badReference, field, row)
                }
            }
        }
    }

    func retries() throws(TableFault) {
        for index in 0..<view.count(RetryRecord.self) {
            let row = view.row(RetryRecord.self, index)
            try lies(RetryRecord.attempts, row, in: RetryRecord.attemptsRange)
            try flags(RetryRecord.causes, row, known: RetryCause.all)
            try lies(RetryRecord.backoff, row, in: RetryRecord.backoffRange)
            try lies(RetryRecord.budget, row, in: 0...RetryRecord.budgetMax)
            try zero(RetryRecord.reserved0, row)
            try zero(RetryRecord.reserved1, row)
        }
    }

    func breakers() throws(TableFault) {
        for index in 0..<view.count(BreakerRecord.self) {
            let row = view.row(BreakerRecord.self, index)
            try lies(BreakerRecord.errors, row, in: BreakerRecord.errorsRange)
            try lies(BreakerRecord.within, row, in: BreakerRecord.withinRange)
            try lies(BreakerRecord.tryAgain, row, in: BreakerRecord.tryAgainRange)
            try zero(BreakerRecord.reserved, row)
        }
    }
}
