/// The checks of the validator on the records of each section; bounds of sections hold already.
@safe struct RecordChecks: ~Escapable {
    let view: TableView

    @_lifetime(copy view)
    init(view: borrowing TableView) {
        self.view = TableView(validated: view.allBytes)
    }

    // MARK: - Building blocks

    func fail<Record, Value>(
        _ cause: (SectionKind) -> TableFault.Cause, _ field: Field<Record, Value>,
        _ row: Row<Record>
    ) -> TableFault {
        TableFault(cause(Record.section), at: row.base + field.offset)
    }

    /// The string lies in the pool and has at most `limit` bytes.
    func string<Record>(
        _ field: Field<Record, StringRef>, _ row: Row<Record>, limit: UInt32 = 65_536
    ) throws(TableFault) {
        let ref = view.load(field, row)
        let end = UInt64(ref.offset) + UInt64(ref.count)
        guard end <= UInt64(view.count(StringByte.self)), ref.count <= limit else {
            throw fail(TableFault.Cause.badReference, field, row)
        }
    }

    /// The string has no control characters: it can stand in a head.
    func fieldText<Record>(
        _ field: Field<Record, StringRef>, _ row: Row<Record>, ending: Int = 0
    ) throws(TableFault) {
        try string(field, row)
        let text = view.string(view.load(field, row))
        guard text.byteCount >= ending else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
        for offset in 0..<text.byteCount - ending
        where text.byte(offset) < 0x20 || text.byte(offset) == 0x7F {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }

    /// The range lies in the section of `Target`.
    func range<Record, Target: TableRecord>(
        _ field: Field<Record, IndexRange>, _ row: Row<Record>, in _: Target.Type
    ) throws(TableFault) {
        let range = view.load(field, row)
        let end = UInt64(range.first) + UInt64(range.count)
        guard end <= UInt64(view.count(Target.self)) else {
            throw fail(TableFault.Cause.badReference, field, row)
        }
    }

    /// The index is below the number of records of `Target`, or none where that is allowed.
    func reference<Record, Target: TableRecord>(
        _ field: Field<Record, UInt32>, _ row: Row<Record>, to _: Target.Type,
        orNone: Bool = false
    ) throws(TableFault) {
        let index = view.load(field, row)
        guard index < view.count(Target.self) || (orNone && index == noIndex) else {
            throw fail(TableFault.Cause.badReference, field, row)
        }
    }

    /// The stored number is a case of the enumeration.
    func choice<Record, Value: TableChoice>(
        _ field: Field<Record, Value>, _ row: Row<Record>
    ) throws(TableFault) {
        let stored = view.load(Field<Record, UInt16>(at: field.offset), row)
        guard Value(rawValue: stored) != nil else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }

    func zero<Record, Value: FixedWidthInteger>(
        _ field: Field<Record, Value>, _ row: Row<Record>
    ) throws(TableFault) {
        guard view.load(field, row) == 0 else {
            throw fail(TableFault.Cause.reservedNotZero, field, row)
        }
    }

    func lies<Record, Value: FixedWidthInteger>(
        _ field: Field<Record, Value>, _ row: Row<Record>, in range: ClosedRange<Value>
    ) throws(TableFault) {
        guard range.contains(view.load(field, row)) else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }

    /// No bit is set that has no meaning.
    func flags<Record>(
        _ field: Field<Record, UInt16>, _ row: Row<Record>, known: UInt16
    ) throws(TableFault) {
        guard view.load(field, row) & ~known == 0 else {
            throw fail(TableFault.Cause.reservedNotZero, field, row)
        }
    }

    /// Room for what comes later: nothing yet.
    func noPolicy<Record>(
        _ field: Field<Record, UInt32>, _ row: Row<Record>
    ) throws(TableFault) {
        guard view.load(field, row) == noIndex else {
            throw fail(TableFault.Cause.badReference, field, row)
        }
    }

    /// The list holds indices of `Target`, ascending where asked.
    func list<Record, Target: TableRecord>(
        _ field: Field<Record, IndexRange>, _ row: Row<Record>, of _: Target.Type,
        ascending: Bool
    ) throws(TableFault) {
        try range(field, row, in: IndexRecord.self)
        let limit = view.count(Target.self)
        var least: UInt64 = 0
        for position in view.load(field, row).indices {
            let index = view.index(at: position)
            guard index < limit else {
                throw fail(TableFault.Cause.badReference, field, row)
            }
            if ascending {
                guard UInt64(index) >= least else {
                    throw fail(TableFault.Cause.badOrder, field, row)
                }
                least = UInt64(index) + 1
            }
        }
    }

    /// The list holds rules of one kind, ascending.
    func rules<Record>(
        _ field: Field<Record, IndexRange>, _ row: Row<Record>, are kind: MatcherKind
    ) throws(TableFault) {
        try list(field, row, of: RuleRecord.self, ascending: true)
        for position in view.load(field, row).indices {
            guard view.load(RuleRecord.kind, at: view.index(at: position)) == kind else {
                throw fail(TableFault.Cause.badReference, field, row)
            }
        }
    }

    /// Stable ids ascend.
    func ordered<Record>(_ field: Field<Record, UInt64>) throws(TableFault) {
        for index in 0..<view.count(Record.self) where index > 0 {
            guard view.load(field, at: index - 1) < view.load(field, at: index) else {
                let row = view.row(Record.self, index)
                throw fail(TableFault.Cause.badOrder, field, row)
            }
        }
    }

    func timeout<Record>(
        _ field: Field<Record, UInt32>, _ row: Row<Record>
    ) throws(TableFault) {
        guard view.load(field, row) != 0 else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }
}

// MARK: - Settings, names, keys

extension RecordChecks {
    func settings() throws(TableFault) {
        guard view.count(SettingsRecord.self) == 1 else {
            let entry = FileHeader.size + SectionKind.settings.position * DirectoryEntry.size
            throw TableFault(.badValue(.settings), at: entry)
        }
        let row = view.row(SettingsRecord.self, 0)
        try fieldText(SettingsRecord.listenHost, row)
        try fieldText(SettingsRecord.adminHost, row)
        try choice(SettingsRecord.listenKind, row)
        try choice(SettingsRecord.adminKind, row)
        try choice(SettingsRecord.anonymousMode, row)
        guard view.load(SettingsRecord.listenKind, row) != .none else {
            throw fail(TableFault.Cause.badValue, SettingsRecord.listenKind, row)
        }
        guard view.load(SettingsRecord.maxHeadBytes, row) >= 1024 else {
            throw fail(TableFault.Cause.badValue, SettingsRecord.maxHeadBytes, row)
        }
        try timeout(SettingsRecord.maxConnections, row)
        try reference(
            SettingsRecord.anonymousScope, row, to: ScopeRecord.self,
            orNone: view.load(SettingsRecord.anonymousMode, row) != .scope)
        try reference(SettingsRecord.starRule, row, to: RuleRecord.self, orNone: true)
        try range(SettingsRecord.keyHeaders, row, in: TextRecord.self)
        try range(SettingsRecord.files, row, in: TextRecord.self)
        try list(SettingsRecord.listing, row, of: ModelRecord.self, ascending: false)
        try rules(SettingsRecord.patternRules, row, are: .pattern)
        try noPolicy(SettingsRecord.policy, row)
        try clientTimeout(SettingsRecord.headMilliseconds, row)
        try clientTimeout(SettingsRecord.bodyStallMilliseconds, row)
        try clientTimeout(SettingsRecord.writeStallMilliseconds, row)
        try clientTimeout(SettingsRecord.keepAliveMilliseconds, row)
        try choice(SettingsRecord.responseMetadata, row)
        try flags(SettingsRecord.flags, row, known: SettingsRecord.clientFallbackFlag)
        try range(SettingsRecord.skippedModels, row, in: MatcherRecord.self)
    }

    /// Clients are always waited for, and never for ever.
    private func clientTimeout(
        _ field: Field<SettingsRecord, UInt32>, _ row: Row<SettingsRecord>
    ) throws(TableFault) {
        guard (1...SettingsRecord.maxClientMilliseconds).contains(view.load(field, row)) else {
            throw fail(TableFault.Cause.badValue, field, row)
        }
    }

    func texts() throws(TableFault) {
        for index in 0..<view.count(TextRecord.self) {
            try fieldText(TextRecord.text, view.row(TextRecord.self, index))
        }
    }

    func seeds<Seed, Slot: TableRecord>(
        _ field: Field<Seed, UInt32>, slots: Slot.Type
    ) throws(TableFault) {
        let slotCount = view.count(Slot.self)
        let seedCount = view.count(Seed.self)
        for index in 0..<seedCount {
            let seed = view.load(field, at: index)
            guard
                seed & PerfectHash.directFlag == 0
                    || seed & ~PerfectHash.directFlag < max(slotCount, 1)
            else {
                let row = view.row(Seed.self, index)
                throw fail(TableFault.Cause.badReference, field, row)
            }
        }
    }

    func secrets() throws(TableFault) {
        for index in 0..<view.count(SecretRecord.self) {
            let row = view.row(SecretRecord.self, index)
            try reference(SecretRecord.key, row, to: KeyRecord.self)
            try zero(SecretRecord.reserved, row)
        }
    }

    func keys() throws(TableFault) {
        for index in 0..<view.count(KeyRecord.self) {
            let row = view.row(KeyRecord.self, index)
            try string(KeyRecord.name, row, limit: 63)
            try reference(KeyRecord.scope, row, to: ScopeRecord.self)
            try reference(KeyRecord.pin, row, to: PoolRecord.self, orNone: true)
            if view.load(KeyRecord.paths, row) != .all {
                try range(KeyRecord.paths, row, in: MatcherRecord.self)
            }
            try reference(KeyRecord.audience, row, to: AudienceRecord.self, orNone: true)
            try choice(KeyRecord.admin, row)
            try zero(KeyRecord.reserved, row)
        }
    }

    func keyReferences() throws(TableFault) {
        for index in 0..<view.count(KeyReferenceRecord.self) {
            let row = view.row(KeyReferenceRecord.self, index)
            try fieldText(KeyReferenceRecord.reference, row)
            try reference(KeyReferenceRecord.key, row, to: KeyRecord.self)
            try choice(KeyReferenceRecord.source, row)
            try zero(KeyReferenceRecord.reserved, row)
        }
    }

    func scopes() throws(TableFault) {
        for index in 0..<view.count(ScopeRecord.self) {
            let row = view.row(ScopeRecord.self, index)
            try choice(ScopeRecord.kind, row)
            try range(ScopeRecord.matchers, row, in: MatcherRecord.self)
            try zero(ScopeRecord.reserved0, row)
            try zero(ScopeRecord.reserved1, row)
            switch view.load(ScopeRecord.kind, row) {
            case .all: break
            case .list: try list(ScopeRecord.known, row, of: ModelRecord.self, ascending: true)
            case .bitSet:
                try range(ScopeRecord.known, row, in: IndexRecord.self)
                let words = (UInt64(view.count(ModelRecord.self)) + 31) / 32
                guard UInt64(view.load(ScopeRecord.known, row).count) == words else {
                    throw fail(TableFault.Cause.badValue, ScopeRecord.known, row)
                }
            }
        }
    }

    func matchers() throws(TableFault) {
        for index in 0..<view.count(MatcherRecord.self) {
            let row = view.row(MatcherRecord.self, index)
            try string(MatcherRecord.text, row)
            try choice(MatcherRecord.kind, row)
            try reference(
                MatcherRecord.pattern, row, to: PatternRecord.self,
                orNone: view.load(MatcherRecord.kind, row) != .pattern)
            try zero(MatcherRecord.reserved, row)
        }
    }
}

// MARK: - Models

extension RecordChecks {
    func models() throws(TableFault) {
        for index in 0..<view.count(ModelRecord.self) {
            let row = view.row(ModelRecord.self, index)
            try string(ModelRecord.name, row, limit: 256)
            try string(ModelRecord.entry, row)
            try reference(ModelRecord.rule, row, to: RuleRecord.self, orNone: true)
            try noPolicy(ModelRecord.policy, row)
        }
    }

    func rules() throws(TableFault) {
        for index in 0..<view.count(RuleRecord.self) {
            let row = view.row(RuleRecord.self, index)
            try string(RuleRecord.text, row)
            try string(RuleRecord.sendAs, row)
            try course(of: row)
            try choice(RuleRecord.kind, row)
            try choice(RuleRecord.sendAsKind, row)
            try reference(
                RuleRecord.pattern, row, to: PatternRecord.self,
                orNone: view.load(RuleRecord.kind, row) != .pattern)
            let text = UInt64(view.load(RuleRecord.text, row).count)
            let around =
                UInt64(view.load(RuleRecord.starPrefix, row))
                + UInt64(view.load(RuleRecord.starSuffix, row))
            guard around <= text else {
                throw fail(TableFault.Cause.badValue, RuleRecord.starPrefix, row)
            }
            try listing(row)
        }
    }

    func prefixes() throws(TableFault) {
        for index in 0..<view.count(PrefixRecord.self) {
            let row = view.row(PrefixRecord.self, index)
            try string(PrefixRecord.text, row)
            try rules(PrefixRecord.rules, row, are: .glob)
            try parent(PrefixRecord.parent, row, index)
            try zero(PrefixRecord.reserved, row)
            if index > 0 {
                let before = view.string(view.load(PrefixRecord.text, at: index - 1))
                guard before.precedes(view.string(view.load(PrefixRecord.text, row))) else {
                    throw fail(TableFault.Cause.badOrder, PrefixRecord.text, row)
                }
            }
        }
    }

    func suffixes() throws(TableFault) {
        for index in 0..<view.count(SuffixRecord.self) {
            let row = view.row(SuffixRecord.self, index)
            try string(SuffixRecord.text, row)
            try rules(SuffixRecord.rules, row, are: .glob)
            try parent(SuffixRecord.parent, row, index)
            try zero(SuffixRecord.reserved, row)
            if index > 0 {
                let before = view.string(view.load(SuffixRecord.text, at: index - 1))
                let text = view.string(view.load(SuffixRecord.text, row))
                guard before.precedesBackwards(text) else {
                    throw fail(TableFault.Cause.badOrder, SuffixRecord.text, row)
                }
            }
        }
    }

    /// Parents come before their children, so that a walk up ends.
    private func parent<Record>(
        _ field: Field<Record, UInt32>, _ row: Row<Record>, _ index: UInt32
    ) throws(TableFault) {
        let parent = view.load(field, row)
        guard parent < index || parent == noIndex else {
            throw fail(TableFault.Cause.badOrder, field, row)
        }
    }

    func patterns() throws(TableFault) {
        for index in 0..<view.count(PatternRecord.self) {
            try string(PatternRecord.source, view.row(PatternRecord.self, index))
        }
    }
}

// MARK: - Pools and endpoints

extension RecordChecks {
    func members() throws(TableFault) {
        for index in 0..<view.count(MemberRecord.self) {
            let row = view.row(MemberRecord.self, index)
            try reference(MemberRecord.endpoint, row, to: EndpointRecord.self)
            try reference(MemberRecord.pool, row, to: PoolRecord.self)
            try reference(MemberRecord.serves, row, to: ScopeRecord.self, orNone: true)
            try flags(MemberRecord.flags, row, known: MemberRecord.discoveredFlag)
            try range(MemberRecord.substitutions, row, in: SubstitutionRecord.self)
            try zero(MemberRecord.reserved0, row)
            try zero(MemberRecord.reserved1, row)
        }
    }

    func endpoints() throws(TableFault) {
        try ordered(EndpointRecord.stableID)
        for index in 0..<view.count(EndpointRecord.self) {
            let row = view.row(EndpointRecord.self, index)
            try string(EndpointRecord.name, row)
            try fieldText(EndpointRecord.basePath, row)
            try fieldText(EndpointRecord.credential, row)
            try range(EndpointRecord.headers, row, in: HeaderRecord.self)
            try reference(EndpointRecord.upstream, row, to: UpstreamRecord.self)
            try choice(EndpointRecord.credentialKind, row)
            try choice(EndpointRecord.kind, row)
            try reference(EndpointRecord.health, row, to: HealthRecord.self, orNone: true)
            try flags(EndpointRecord.flags, row, known: EndpointRecord.drainFlag)
            try zero(EndpointRecord.reserved, row)
        }
    }

    func upstreams() throws(TableFault) {
        try ordered(UpstreamRecord.stableID)
        for index in 0..<view.count(UpstreamRecord.self) {
            let row = view.row(UpstreamRecord.self, index)
            try fieldText(UpstreamRecord.host, row)
            try fieldText(UpstreamRecord.hostField, row, ending: 2)
            try choice(UpstreamRecord.kind, row)
            guard view.load(UpstreamRecord.kind, row) != .none else {
                throw fail(TableFault.Cause.badValue, UpstreamRecord.kind, row)
            }
            let field = view.string(view.load(UpstreamRecord.hostField, row))
            guard field.byte(field.byteCount - 2) == 0x0D, field.byte(field.byteCount - 1) == 0x0A
            else {
                throw fail(TableFault.Cause.badValue, UpstreamRecord.hostField, row)
            }
            try reference(UpstreamRecord.tls, row, to: TLSRecord.self, orNone: true)
            let isPlain = view.load(UpstreamRecord.tls, row) == noIndex
            guard isPlain || view.load(UpstreamRecord.kind, row) == .tcp else {
                throw fail(TableFault.Cause.badValue, UpstreamRecord.tls, row)
            }
            try zero(UpstreamRecord.reserved, row)
        }
    }

    func headers() throws(TableFault) {
        for index in 0..<view.count(HeaderRecord.self) {
            let row = view.row(HeaderRecord.self, index)
            try fieldText(HeaderRecord.name, row)
            try fieldText(HeaderRecord.value, row)
            try choice(HeaderRecord.source, row)
            try zero(HeaderRecord.reserved0, row)
            try zero(HeaderRecord.reserved1, row)
        }
    }

    func timeouts() throws(TableFault) {
        for index in 0..<view.count(TimeoutsRecord.self) {
            let row = view.row(TimeoutsRecord.self, index)
            try timeout(TimeoutsRecord.connect, row)
            try timeout(TimeoutsRecord.firstToken, row)
            try timeout(TimeoutsRecord.answer, row)
            try timeout(TimeoutsRecord.idle, row)
            try timeout(TimeoutsRecord.total, row)
            try zero(TimeoutsRecord.reserved, row)
        }
    }

    func substitutions() throws(TableFault) {
        for index in 0..<view.count(SubstitutionRecord.self) {
            let row = view.row(SubstitutionRecord.self, index)
            try string(SubstitutionRecord.model, row)
            try string(SubstitutionRecord.upstream, row)
        }
    }

    func tls() throws(TableFault) {
        for index in 0..<view.count(TLSRecord.self) {
            let row = view.row(TLSRecord.self, index)
            try fieldText(TLSRecord.serverName, row)
            try fieldText(TLSRecord.caFile, row)
            guard view.load(TLSRecord.serverName, row).count > 0 else {
                throw fail(TableFault.Cause.badValue, TLSRecord.serverName, row)
            }
            let file = view.string(view.load(TLSRecord.caFile, row))
            guard file.byteCount == 0 || file.byte(0) == UInt8(ascii: "/") else {
                throw fail(TableFault.Cause.badValue, TLSRecord.caFile, row)
            }
            try flags(TLSRecord.flags, row, known: TLSRecord.isAddressFlag)
            try zero(TLSRecord.reserved0, row)
            try zero(TLSRecord.reserved1, row)
        }
    }
}
