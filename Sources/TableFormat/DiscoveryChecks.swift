// The checks of the validator on what is found and shown: `discovery`, and flags of rules.

extension RecordChecks {
    func discovery() throws(TableFault) {
        let count = view.count(DiscoveryRecord.self)
        guard count <= 1 else {
            let entry = FileHeader.size + SectionKind.discovery.position * DirectoryEntry.size
            throw TableFault(.badValue(.discovery), at: entry)
        }
        for index in 0..<count {
            let row = view.row(DiscoveryRecord.self, index)
            try lies(DiscoveryRecord.interval, row, in: DiscoveryRecord.intervalRange)
            try lies(DiscoveryRecord.timeout, row, in: DiscoveryRecord.timeoutRange)
        }
    }

    /// Whether a rule says of its models only what is known.
    func listing(_ row: Row<RuleRecord>) throws(TableFault) {
        guard view.load(RuleRecord.flags, row) & ~RuleRecord.unlistedFlag == 0 else {
            throw fail(TableFault.Cause.reservedNotZero, RuleRecord.flags, row)
        }
        try zero(RuleRecord.reserved0, row)
        try zero(RuleRecord.reserved1, row)
    }

    private func lies(
        _ field: Field<DiscoveryRecord, UInt32>, _ row: Row<DiscoveryRecord>,
        in range: ClosedRange<UInt32>
    ) throws(TableFault) {
        guard range.contains(view.load(field, row)) else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }
}
