// The checks of the validator on what is found and shown, and to whom: `discovery`, flags of rules
// and of requests without a key.

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
        try flags(RuleRecord.flags, row, known: RuleRecord.unlistedFlag)
        try zero(RuleRecord.reserved0, row)
        try zero(RuleRecord.reserved1, row)
    }

    /// What requests without a key may do has no bit without a meaning.
    func anonymousFlags() throws(TableFault) {
        let row = view.row(SettingsRecord.self, 0)
        let flags = view.load(SettingsRecord.anonymousFlags, row)
        let lists = SettingsRecord.listModelsFlag
        let all = SettingsRecord.listAllFlag
        let known = lists | all | SettingsRecord.readStatsFlag
        guard flags & ~known == 0, flags & all == 0 || flags & lists != 0 else {
            throw fail(TableFault.Cause.badValue, SettingsRecord.anonymousFlags, row)
        }
    }
}
