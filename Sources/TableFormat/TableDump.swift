/// The content of a table as text, one line a record: what people review beside the bytes.
///
/// Names stand in the place of indices. Fingerprints of keys are shown by their first four bytes;
/// nothing of a secret can be seen.
public struct TableDump {
    private var lines: [String] = []

    /// The lines of a validated table.
    public static func lines(_ view: borrowing TableView) -> [String] {
        var dump = TableDump()
        dump.header(view)
        dump.settings(view)
        dump.stats(view)
        dump.clients(view)
        dump.pools(view)
        dump.endpoints(view)
        dump.rules(view)
        dump.models(view)
        dump.keys(view)
        dump.scopes(view)
        return dump.lines
    }

    mutating func add(_ line: String) {
        lines.append(line)
    }

    private mutating func header(_ view: borrowing TableView) {
        let (major, minor) = (view.header(FileHeader.major), view.header(FileHeader.minor))
        add("routerc table, format \(major).\(minor)")
        add("digest \(view.digest.hex)")
        add("bytes \(view.header(FileHeader.byteCount))")
        for kind in SectionKind.allCases {
            let section = view.section(kind)
            if section.count > 0 {
                add("section \(kind) at \(section.offset), \(section.count) x \(kind.recordSize)")
            }
        }
    }

    private mutating func settings(_ view: borrowing TableView) {
        add("")
        let listen = address(
            view, SettingsRecord.listenKind, SettingsRecord.listenHost, SettingsRecord.listenPort)
        add("listen \(listen)")
        if view.setting(SettingsRecord.adminKind) != .none {
            let admin = address(
                view, SettingsRecord.adminKind, SettingsRecord.adminHost,
                SettingsRecord.adminPort)
            add("admin \(admin)")
        }
        add("max_body \(view.setting(SettingsRecord.maxBodyBytes)) bytes")
        add("max_head \(view.setting(SettingsRecord.maxHeadBytes)) bytes")
        add("max_connections \(view.setting(SettingsRecord.maxConnections))")
        add("drain \(milliseconds(view.setting(SettingsRecord.drainMilliseconds)))")
        let clients: [(String, Field<SettingsRecord, UInt32>)] = [
            ("head", SettingsRecord.headMilliseconds),
            ("body_stall", SettingsRecord.bodyStallMilliseconds),
            ("write_stall", SettingsRecord.writeStallMilliseconds),
            ("keep_alive", SettingsRecord.keepAliveMilliseconds),
        ]
        let timeouts = clients.map { "\($0) \(milliseconds(view.setting($1)))" }
        add("timeouts \(timeouts.joined(separator: ", "))")
        if view.count(DiscoveryRecord.self) == 0 { add("discovery none") }
        for index in 0..<view.count(DiscoveryRecord.self) {
            let interval = milliseconds(view.load(DiscoveryRecord.interval, at: index))
            let timeout = milliseconds(view.load(DiscoveryRecord.timeout, at: index))
            add("discovery interval \(interval), timeout \(timeout)")
        }
        let headers = view.setting(SettingsRecord.keyHeaders).indices
            .map { view.text(view.load(TextRecord.text, at: $0)) }
        add("key_headers \(headers.joined(separator: ", "))")
        let files = view.setting(SettingsRecord.files).indices
            .map { view.text(view.load(TextRecord.text, at: $0)) }
        add("files \(files.joined(separator: ", "))")
        let skipped = view.setting(SettingsRecord.skippedModels).indices
            .map { view.text(view.load(MatcherRecord.text, at: $0)) }
        if !skipped.isEmpty { add("skipped \(skipped.joined(separator: ", "))") }
        let metadata = view.setting(SettingsRecord.responseMetadata)
        if metadata != .headers { add("response_metadata \(metadata.name)") }
        let flags = view.setting(SettingsRecord.anonymousFlags)
        let all = flags & SettingsRecord.listAllFlag != 0 ? "all " : ""
        let lists = flags & SettingsRecord.listModelsFlag != 0 ? ", lists \(all)models" : ""
        let reads = flags & SettingsRecord.readStatsFlag != 0 ? ", reads stats" : ""
        switch view.setting(SettingsRecord.anonymousMode) {
        case .deny: add("anonymous deny")
        case .open: add("anonymous open: keys are not looked at")
        case .scope:
            let scope = view.setting(SettingsRecord.anonymousScope)
            add("anonymous scope \(scope)\(lists)\(reads)")
        }
    }

    private mutating func stats(_ view: borrowing TableView) {
        guard view.count(StatsRecord.self) > 0 else { return }
        add("stats \(StatsFilter(view).text)")
    }

    /// Who may read answers in a browser, and who may say whom it speaks for.
    private mutating func clients(_ view: borrowing TableView) {
        if view.count(OriginRecord.self) > 0 {
            let origins = (0..<view.count(OriginRecord.self))
                .map { view.text(view.load(OriginRecord.text, at: $0)) }
            add("cors origins \(origins.joined(separator: ", "))")
        }
        if view.count(NetworkRecord.self) > 0 {
            let networks = (0..<view.count(NetworkRecord.self)).map { view.network(at: $0).text }
            add("trusted_proxies \(networks.joined(separator: ", "))")
        }
    }

    private func address(
        _ view: borrowing TableView, _ kind: Field<SettingsRecord, AddressKind>,
        _ host: Field<SettingsRecord, StringRef>, _ port: Field<SettingsRecord, UInt16>
    ) -> String {
        let name = view.text(view.setting(host))
        guard view.setting(kind) == .tcp else { return "unix:\(name)" }
        return (name.contains(":") ? "[\(name)]" : name) + ":\(view.setting(port))"
    }

    private func milliseconds(_ value: UInt32) -> String {
        value == noMilliseconds ? "none" : "\(value) ms"
    }

    private func place(_ view: borrowing TableView, _ place: Place) -> String {
        let files = view.setting(SettingsRecord.files)
        let file =
            UInt32(place.file) < files.count
            ? view.text(view.load(TextRecord.text, at: files.first + UInt32(place.file))) : "?"
        return "\(file):\(place.line):\(place.column)"
    }

    // MARK: - Sections

    private mutating func pools(_ view: borrowing TableView) {
        for index in byName(view, PoolRecord.name) {
            let row = view.row(PoolRecord.self, index)
            add("")
            let name = view.text(view.load(PoolRecord.name, row))
            add("pool '\(name)' (\(place(view, view.load(PoolRecord.place, row))))")
            let timeouts = view.row(TimeoutsRecord.self, view.load(PoolRecord.timeouts, row))
            let firstToken = milliseconds(view.load(TimeoutsRecord.firstToken, timeouts))
            add(
                "  timeouts connect \(milliseconds(view.load(TimeoutsRecord.connect, timeouts))),"
                    + " first_token \(firstToken),"
                    + " answer \(milliseconds(view.load(TimeoutsRecord.answer, timeouts))),"
                    + " idle \(milliseconds(view.load(TimeoutsRecord.idle, timeouts))),"
                    + " total \(milliseconds(view.load(TimeoutsRecord.total, timeouts)))")
            add("  retry \(retry(view, view.load(PoolRecord.retry, row)))")
            add("  breaker \(breaker(view, view.load(PoolRecord.breaker, row)))")
            let sticky = view.load(PoolRecord.sticky, row)
            if sticky != noIndex { add("  sticky \(self.sticky(view, sticky))") }
            let strategy = view.load(PoolRecord.strategy, row)
            if strategy != .roundRobin { add("  strategy \(strategy.name)") }
            let tiers = view.load(PoolRecord.tiers, row)
            for tier in tiers.indices { addTier(view, tier, isOnly: tiers.count == 1) }
        }
    }

    private func retry(_ view: borrowing TableView, _ index: UInt32) -> String {
        let row = view.row(RetryRecord.self, index)
        let bits = view.load(RetryRecord.causes, row)
        let causes = RetryCause.allCases.filter { $0.bit & bits != 0 }.map(\.name)
        let budget = view.load(RetryRecord.budget, row)
        return "attempts \(view.load(RetryRecord.attempts, row)),"
            + " when [\(causes.joined(separator: ", "))],"
            + " backoff \(milliseconds(view.load(RetryRecord.backoff, row))),"
            + " budget \(budget / 10)%"
    }

    private func breaker(_ view: borrowing TableView, _ index: UInt32) -> String {
        guard index != noIndex else { return "none" }
        let row = view.row(BreakerRecord.self, index)
        return "errors \(view.load(BreakerRecord.errors, row)),"
            + " within \(milliseconds(view.load(BreakerRecord.within, row))),"
            + " try_again \(milliseconds(view.load(BreakerRecord.tryAgain, row)))"
    }

    private mutating func addTier(_ view: borrowing TableView, _ index: UInt32, isOnly: Bool) {
        let row = view.row(TierRecord.self, index)
        let indent = isOnly ? "  " : "    "
        if !isOnly { add("  tier \(view.load(TierRecord.number, row))") }
        let members = view.load(TierRecord.members, row)
        for member in members.indices {
            add("\(indent)member \(self.member(view, member))")
        }
        let ring = view.load(TierRecord.ring, row)
        let turns = ring.indices.prefix(64).map { String(view.index(at: $0) - members.first) }
        let rest = ring.count > 64 ? " ... (\(ring.count) turns)" : ""
        add("\(indent)ring \(turns.joined(separator: " "))\(rest)")
        addPlaces(view, view.load(TierRecord.places, row), members, indent: indent)
    }

    private func member(_ view: borrowing TableView, _ index: UInt32) -> String {
        let row = view.row(MemberRecord.self, index)
        let endpoint = view.load(MemberRecord.endpoint, row)
        var text = "'\(view.text(view.load(EndpointRecord.name, at: endpoint)))'"
        text += " weight \(view.load(MemberRecord.weight, row))"
        for pair in view.load(MemberRecord.substitutions, row).indices {
            let model = view.text(view.load(SubstitutionRecord.model, at: pair))
            let upstream = view.text(view.load(SubstitutionRecord.upstream, at: pair))
            text += ", sends '\(model)' as \(upstream)"
        }
        let serves = view.load(MemberRecord.serves, row)
        if serves != noIndex { text += ", serves scope \(serves)" }
        if view.load(MemberRecord.flags, row) & MemberRecord.discoveredFlag != 0 {
            text += ", serves what it names"
        }
        return text + " (\(place(view, view.load(MemberRecord.place, row))))"
    }

    private mutating func endpoints(_ view: borrowing TableView) {
        add("")
        for index in byName(view, EndpointRecord.name) {
            let row = view.row(EndpointRecord.self, index)
            let upstream = view.row(UpstreamRecord.self, view.load(EndpointRecord.upstream, row))
            var text = "endpoint '\(view.text(view.load(EndpointRecord.name, row)))'"
            text += " to \(self.upstream(view, upstream))"
            let kind = view.load(EndpointRecord.kind, row)
            if kind != .openai { text += ", kind \(kind)" }
            if view.load(EndpointRecord.flags, row) & EndpointRecord.drainFlag != 0 {
                text += ", drains"
            }
            let basePath = view.text(view.load(EndpointRecord.basePath, row))
            if !basePath.isEmpty { text += ", /v1 is \(basePath)" }
            let reference = view.text(view.load(EndpointRecord.credential, row))
            switch view.load(EndpointRecord.credentialKind, row) {
            case .none: break
            case .client: text += ", credential of the client"
            case .file: text += ", credential file:\(reference)"
            case .environment: text += ", credential env:\(reference)"
            }
            for header in view.load(EndpointRecord.headers, row).indices {
                let name = view.text(view.load(HeaderRecord.name, at: header))
                let value = view.text(view.load(HeaderRecord.value, at: header))
                let source = view.load(HeaderRecord.source, at: header)
                text += ", header \(name) from \(source) '\(value)'"
            }
            add(text + " (\(place(view, view.load(EndpointRecord.place, row))))")
            if let health = HealthRecord.text(view, view.load(EndpointRecord.health, row)) {
                add("  health \(health)")
            }
        }
    }

    private func upstream(_ view: borrowing TableView, _ row: Row<UpstreamRecord>) -> String {
        let host = view.text(view.load(UpstreamRecord.host, row))
        guard view.load(UpstreamRecord.kind, row) == .tcp else { return "unix:\(host)" }
        let text = "\(host) port \(view.load(UpstreamRecord.port, row))"
        let index = view.load(UpstreamRecord.tls, row)
        guard index != noIndex else { return text }
        let tls = view.row(TLSRecord.self, index)
        let isAddress = view.load(TLSRecord.flags, tls) & TLSRecord.isAddressFlag != 0
        let name = view.text(view.load(TLSRecord.serverName, tls))
        let file = view.text(view.load(TLSRecord.caFile, tls))
        return text + ", https of \(isAddress ? "address" : "name") '\(name)'"
            + (file.isEmpty ? " by the system's ca" : " by ca '\(file)'")
    }

    private mutating func rules(_ view: borrowing TableView) {
        add("")
        for index in 0..<view.count(RuleRecord.self) {
            let row = view.row(RuleRecord.self, index)
            let pool = view.load(RuleRecord.pool, row)
            var text = "rule \(index) \(view.load(RuleRecord.kind, row))"
            text += " '\(view.text(view.load(RuleRecord.text, row)))'"
            if pool != noIndex { text += " to \(poolName(view, pool))" }
            text += course(view, view.load(RuleRecord.course, row))
            switch view.load(RuleRecord.sendAsKind, row) {
            case .unchanged: break
            case .constant: text += " as \(view.text(view.load(RuleRecord.sendAs, row)))"
            case .star: text += " as what the star matches"
            }
            let flags = view.load(RuleRecord.flags, row)
            if flags & RuleRecord.unlistedFlag != 0 { text += ", not listed" }
            if index == view.setting(SettingsRecord.starRule) { text += ", last of all" }
            add(text + " (\(place(view, view.load(RuleRecord.place, row))))")
        }
    }

    private mutating func models(_ view: borrowing TableView) {
        add("")
        let listed = Set(view.setting(SettingsRecord.listing).indices.map { view.index(at: $0) })
        for index in byName(view, ModelRecord.name) {
            let row = view.row(ModelRecord.self, index)
            let rule = view.load(ModelRecord.rule, row)
            var text = "model '\(view.text(view.load(ModelRecord.name, row)))'"
            text += rule == noIndex ? " has no rule" : " by rule \(rule)"
            if listed.contains(index) {
                text += ", listed as \(view.text(view.load(ModelRecord.entry, row)))"
            }
            add(text)
        }
    }

    private mutating func keys(_ view: borrowing TableView) {
        add("")
        var secrets: [UInt32: [String]] = [:]
        for index in 0..<view.count(SecretRecord.self) {
            let row = view.row(SecretRecord.self, index)
            let word = view.load(SecretRecord.fingerprint0, row)
            let start = (0..<4).map { hexByte(UInt8(truncatingIfNeeded: word >> UInt64($0 * 8))) }
            let expires = until(view.load(SecretRecord.expires, row))
            let text = "fingerprint \(start.joined())...\(expires)"
            secrets[view.load(SecretRecord.key, row), default: []].append(text)
        }
        for index in 0..<view.count(KeyReferenceRecord.self) {
            let row = view.row(KeyReferenceRecord.self, index)
            let prefix = view.load(KeyReferenceRecord.source, row) == .file ? "file:" : "env:"
            let text = prefix + view.text(view.load(KeyReferenceRecord.reference, row))
            secrets[view.load(KeyReferenceRecord.key, row), default: []].append(
                text + until(view.load(KeyReferenceRecord.expires, row)))
        }
        for index in 0..<view.count(KeyRecord.self) {
            let row = view.row(KeyRecord.self, index)
            var text = "key '\(view.text(view.load(KeyRecord.name, row)))'"
            let pin = view.load(KeyRecord.pin, row)
            text +=
                pin == noIndex
                ? " scope \(view.load(KeyRecord.scope, row))"
                : " pinned to pool '\(view.text(view.load(PoolRecord.name, at: pin)))'"
            let paths = view.load(KeyRecord.paths, row)
            if paths != .all {
                let texts = paths.indices.map { view.text(view.load(MatcherRecord.text, at: $0)) }
                text += ", paths [\(texts.joined(separator: ", "))]"
            }
            let audience = view.load(KeyRecord.audience, row)
            if audience != noIndex { text += ", with \(ownRules(view, audience))" }
            text += until(view.load(KeyRecord.expires, row))
            switch view.load(KeyRecord.admin, row) {
            case .none: break
            case .read: text += ", reads the admin address"
            case .all: text += ", may change at the admin address"
            }
            for secret in (secrets[index] ?? []).sorted() { text += ", \(secret)" }
            add(text + " (\(place(view, view.load(KeyRecord.place, row))))")
        }
    }

    private func until(_ expires: Int64) -> String {
        expires == .max ? "" : " until \(expires)"
    }

    private mutating func scopes(_ view: borrowing TableView) {
        add("")
        for index in 0..<view.count(ScopeRecord.self) {
            let row = view.row(ScopeRecord.self, index)
            let kind = view.load(ScopeRecord.kind, row)
            guard kind != .all else {
                add("scope \(index) all models")
                continue
            }
            let known = view.load(ScopeRecord.known, row)
            let count =
                kind == .list
                ? Int(known.count)
                : known.indices.reduce(0) { $0 + view.index(at: $1).nonzeroBitCount }
            let others = view.load(ScopeRecord.matchers, row).indices.map { index in
                let text = view.text(view.load(MatcherRecord.text, at: index))
                return "\(view.load(MatcherRecord.kind, at: index)) '\(text)'"
            }
            let list = others.joined(separator: ", ")
            add("scope \(index) \(count) known models (\(kind)), others: [\(list)]")
        }
    }

    /// Indices of a section in order of name: stable ids say nothing to people.
    private func byName<Record>(
        _ view: borrowing TableView, _ field: Field<Record, StringRef>
    ) -> [UInt32] {
        var names: [(String, UInt32)] = []
        for index in 0..<view.count(Record.self) {
            names.append((view.text(view.load(field, at: index)), index))
        }
        return names.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map(\.1)
    }
}

extension TableView {
    /// A string of the table as text, for what is not on the path of a byte.
    public func text(_ ref: StringRef) -> String {
        let bytes = string(ref)
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
