/// The layout of a record as data: what docs/table-format.md prints and LayoutTests check.
public struct RecordLayout: Sendable {
    /// One field of it.
    public struct Entry: Sendable {
        /// What it is called.
        public var name: String
        /// Bytes from the start of the record.
        public var offset: Int
        /// Number of bytes.
        public var width: Int
        /// What it says, for the document.
        public var meaning: String
    }

    /// As the document calls it.
    public var name: String
    /// The number of bytes of a record.
    public var size: Int
    /// Its fields, in order.
    public var entries: [Entry]

    init<Record: TableRecord>(
        _ name: String, _: Record.Type, _ entries: [LayoutField<Record>]
    ) {
        self.name = name
        size = Record.size
        self.entries = entries.map(\.entry)
    }

    /// Header, directory and every section that is made of fields, in the order of the file.
    public static var all: [RecordLayout] {
        head + keyLayouts + modelLayouts + poolLayouts
    }
}

/// A field with its name and meaning.
struct LayoutField<Record: TableRecord> {
    let entry: RecordLayout.Entry

    init<Value>(_ name: String, _ field: Field<Record, Value>, _ meaning: String) {
        entry = RecordLayout.Entry(
            name: name, offset: field.offset, width: Field<Record, Value>.width, meaning: meaning)
    }

    static func reserved<Value>(_ field: Field<Record, Value>) -> LayoutField {
        LayoutField("reserved", field, "zero")
    }

    static func policy(_ field: Field<Record, UInt32>) -> LayoutField {
        LayoutField("policy", field, "all ones: room for what comes later")
    }
}

extension RecordLayout {
    fileprivate static var head: [RecordLayout] {
        [
            RecordLayout(
                "header", FileHeader.self,
                [
                    .init("magic", FileHeader.magic, "the bytes 7F 52 54 52 43 54 42 4C"),
                    .init("major", FileHeader.major, "a reader refuses another one"),
                    .init("minor", FileHeader.minor, "a reader accepts any"),
                    .init("section_count", FileHeader.sectionCount, "entries of the directory"),
                    .init("byte_count", FileHeader.byteCount, "length of the file"),
                    .reserved(FileHeader.reserved),
                    .init("digest", FileHeader.digest0, "SHA-256, bytes 0 to 7"),
                    .init("", FileHeader.digest1, "bytes 8 to 15"),
                    .init("", FileHeader.digest2, "bytes 16 to 23"),
                    .init("", FileHeader.digest3, "bytes 24 to 31"),
                ]),
            RecordLayout(
                "directory entry", DirectoryEntry.self,
                [
                    .init("offset", DirectoryEntry.offset, "first byte, a multiple of 8"),
                    .init("count", DirectoryEntry.count, "records, or bytes of strings"),
                    .init("kind", DirectoryEntry.kind, "ascending"),
                    .init("flags", DirectoryEntry.flags, "bit 0: critical"),
                ]),
            RecordLayout("settings", SettingsRecord.self, settingsFields),
        ]
    }

    private static var settingsFields: [LayoutField<SettingsRecord>] {
        [
            .init("salt", SettingsRecord.salt0, "of fingerprints, bytes 0 to 7"),
            .init("", SettingsRecord.salt1, "bytes 8 to 15"),
            .init("", SettingsRecord.salt2, "bytes 16 to 23"),
            .init("", SettingsRecord.salt3, "bytes 24 to 31"),
            .init("listen_host", SettingsRecord.listenHost, "string: host, or path of a socket"),
            .init("admin_host", SettingsRecord.adminHost, "the same of the admin interface"),
            .init("listen_kind", SettingsRecord.listenKind, "1 tcp, 2 unix"),
            .init("listen_port", SettingsRecord.listenPort, "port of tcp"),
            .init("admin_kind", SettingsRecord.adminKind, "0 none, 1 tcp, 2 unix"),
            .init("admin_port", SettingsRecord.adminPort, "port of tcp"),
            .init("max_body", SettingsRecord.maxBodyBytes, "bytes"),
            .init("max_head", SettingsRecord.maxHeadBytes, "bytes, at least 1024"),
            .init("max_connections", SettingsRecord.maxConnections, "at least 1"),
            .init("drain", SettingsRecord.drainMilliseconds, "ms, all ones waits for the last"),
            .init("anonymous_mode", SettingsRecord.anonymousMode, "0 deny, 1 scope, 2 open"),
            .init(
                "anonymous_flags", SettingsRecord.anonymousFlags,
                "bit 0: may list models, 1: may read /stats"),
            .init("anonymous_scope", SettingsRecord.anonymousScope, "index of a scope, or none"),
            .init("star_rule", SettingsRecord.starRule, "index of the rule `*`, or none"),
            .init("key_headers", SettingsRecord.keyHeaders, "range of texts, in order"),
            .init("files", SettingsRecord.files, "range of texts: names of the spec's files"),
            .init("listing", SettingsRecord.listing, "range of indices: models by name"),
            .init("pattern_rules", SettingsRecord.patternRules, "range of indices: rules"),
            .init("model_hash_seed", SettingsRecord.modelHashSeed, "of the name hash"),
            .policy(SettingsRecord.policy),
            .init("head", SettingsRecord.headMilliseconds, "ms, 1 to 86400000"),
            .init("body_stall", SettingsRecord.bodyStallMilliseconds, "the same"),
            .init("write_stall", SettingsRecord.writeStallMilliseconds, "the same"),
            .init("keep_alive", SettingsRecord.keepAliveMilliseconds, "the same"),
            .init(
                "response_metadata", SettingsRecord.responseMetadata, "0 headers, 1 body, 2 none"),
            .init("flags", SettingsRecord.flags, "bit 0: client_fallback"),
            .init("skipped_models", SettingsRecord.skippedModels, "range of matchers"),
        ]
    }
}

extension RecordLayout {
    fileprivate static var keyLayouts: [RecordLayout] {
        [
            RecordLayout(
                "index", IndexRecord.self, [.init("value", IndexRecord.value, "an index")]),
            RecordLayout("text", TextRecord.self, [.init("text", TextRecord.text, "string")]),
            RecordLayout(
                "secret seed", SecretSeed.self,
                [.init("value", SecretSeed.value, "seed, or a slot with the top bit set")]),
            RecordLayout(
                "secret", SecretRecord.self,
                [
                    .init("fingerprint", SecretRecord.fingerprint0, "bytes 0 to 7"),
                    .init("", SecretRecord.fingerprint1, "bytes 8 to 15"),
                    .init("expires", SecretRecord.expires, "Unix seconds, largest for never"),
                    .init("key", SecretRecord.key, "index of its key"),
                    .reserved(SecretRecord.reserved),
                ]),
            RecordLayout(
                "key", KeyRecord.self,
                [
                    .init("name", KeyRecord.name, "string, at most 63 bytes"),
                    .init("place", KeyRecord.place, "place in the spec"),
                    .init("expires", KeyRecord.expires, "Unix seconds, largest for never"),
                    .init("paths", KeyRecord.paths, "range of matchers; first all ones: any"),
                    .init("scope", KeyRecord.scope, "index of a scope"),
                    .init("pin", KeyRecord.pin, "index of a pool, or none"),
                    .init("audience", KeyRecord.audience, "index of an audience, or none"),
                    .init("admin", KeyRecord.admin, "0 none, 1 read, 2 all"),
                    .reserved(KeyRecord.reserved),
                ]),
            RecordLayout(
                "key reference", KeyReferenceRecord.self,
                [
                    .init("reference", KeyReferenceRecord.reference, "string: path or variable"),
                    .init("expires", KeyReferenceRecord.expires, "Unix seconds"),
                    .init("key", KeyReferenceRecord.key, "index of its key"),
                    .init("source", KeyReferenceRecord.source, "2 file, 3 environment"),
                    .reserved(KeyReferenceRecord.reserved),
                ]),
            RecordLayout(
                "scope", ScopeRecord.self,
                [
                    .init("known", ScopeRecord.known, "range of indices: models, or bits"),
                    .init("matchers", ScopeRecord.matchers, "range of matchers for other names"),
                    .init("kind", ScopeRecord.kind, "1 all, 2 list, 3 bit set"),
                    .reserved(ScopeRecord.reserved0),
                    .reserved(ScopeRecord.reserved1),
                ]),
            RecordLayout(
                "matcher", MatcherRecord.self,
                [
                    .init("text", MatcherRecord.text, "string"),
                    .init("pattern", MatcherRecord.pattern, "index of a pattern, or none"),
                    .init("kind", MatcherRecord.kind, "1 exact, 2 glob, 3 pattern"),
                    .reserved(MatcherRecord.reserved),
                ]),
        ]
    }

    fileprivate static var modelLayouts: [RecordLayout] {
        [
            RecordLayout(
                "model seed", ModelSeed.self,
                [.init("value", ModelSeed.value, "seed, or a slot with the top bit set")]),
            RecordLayout(
                "model", ModelRecord.self,
                [
                    .init("name", ModelRecord.name, "string, at most 256 bytes"),
                    .init("entry", ModelRecord.entry, "string: its JSON in /v1/models"),
                    .init("rule", ModelRecord.rule, "index of a rule, or none"),
                    .policy(ModelRecord.policy),
                ]),
            RecordLayout(
                "rule", RuleRecord.self,
                [
                    .init("place", RuleRecord.place, "place in the spec"),
                    .init("text", RuleRecord.text, "string: name, glob or pattern"),
                    .init("send_as", RuleRecord.sendAs, "string: JSON with quotes, or empty"),
                    .init("pool", RuleRecord.pool, "index of a pool, or none with a split"),
                    .init("pattern", RuleRecord.pattern, "index of a pattern, or none"),
                    .init("star_prefix", RuleRecord.starPrefix, "bytes before the star"),
                    .init("star_suffix", RuleRecord.starSuffix, "bytes after the star"),
                    .init("kind", RuleRecord.kind, "1 exact, 2 glob, 3 pattern"),
                    .init("send_as_kind", RuleRecord.sendAsKind, "0 none, 1 send_as, 2 star"),
                    .init("course", RuleRecord.course, "index of its course, or none"),
                    .init("flags", RuleRecord.flags, "bit 0: not shown in /v1/models"),
                    .reserved(RuleRecord.reserved0),
                    .reserved(RuleRecord.reserved1),
                ]),
            RecordLayout(
                "prefix", PrefixRecord.self,
                [
                    .init("text", PrefixRecord.text, "string; ascending"),
                    .init("rules", PrefixRecord.rules, "range of indices: rules, ascending"),
                    .init("parent", PrefixRecord.parent, "longest other prefix of it, or none"),
                    .reserved(PrefixRecord.reserved),
                ]),
            RecordLayout(
                "suffix", SuffixRecord.self,
                [
                    .init("text", SuffixRecord.text, "string; ascending read backwards"),
                    .init("rules", SuffixRecord.rules, "range of indices: rules, ascending"),
                    .init("parent", SuffixRecord.parent, "longest other suffix of it, or none"),
                    .reserved(SuffixRecord.reserved),
                ]),
            RecordLayout(
                "pattern", PatternRecord.self,
                [
                    .init("source", PatternRecord.source, "string for PCRE2"),
                    .init("place", PatternRecord.place, "place in the spec"),
                ]),
        ]
    }

    fileprivate static var poolLayouts: [RecordLayout] {
        [
            RecordLayout("pool", PoolRecord.self, poolFields),
            RecordLayout(
                "member", MemberRecord.self,
                [
                    .init("endpoint", MemberRecord.endpoint, "index of an endpoint"),
                    .init("pool", MemberRecord.pool, "index of its pool"),
                    .init("weight", MemberRecord.weight, "as in the spec"),
                    .init("serves", MemberRecord.serves, "index of a scope, or none: all"),
                    .init("substitutions", MemberRecord.substitutions, "range, by model"),
                    .init("place", MemberRecord.place, "place in the spec"),
                    .init("flags", MemberRecord.flags, "bit 0: serves what it names"),
                    .reserved(MemberRecord.reserved0),
                    .reserved(MemberRecord.reserved1),
                ]),
            RecordLayout("endpoint", EndpointRecord.self, endpointFields),
            RecordLayout(
                "upstream", UpstreamRecord.self,
                [
                    .init("stable_id", UpstreamRecord.stableID, "ascending"),
                    .init("host", UpstreamRecord.host, "string: host, or path of a socket"),
                    .init("host_field", UpstreamRecord.hostField, "string: `Host: ...` CR LF"),
                    .init("kind", UpstreamRecord.kind, "1 tcp, 2 unix"),
                    .init("port", UpstreamRecord.port, "port of tcp"),
                    .init("tls", UpstreamRecord.tls, "index of its TLS, or none; tcp only"),
                    .reserved(UpstreamRecord.reserved),
                ]),
            RecordLayout("header", HeaderRecord.self, headerFields),
            RecordLayout(
                "timeouts", TimeoutsRecord.self,
                [
                    .init("connect", TimeoutsRecord.connect, "ms, all ones for none"),
                    .init("first_token", TimeoutsRecord.firstToken, "the same"),
                    .init("answer", TimeoutsRecord.answer, "the same"),
                    .init("idle", TimeoutsRecord.idle, "the same"),
                    .init("total", TimeoutsRecord.total, "the same"),
                    .reserved(TimeoutsRecord.reserved),
                ]),
            RecordLayout("substitution", SubstitutionRecord.self, substitutionFields),
            RecordLayout("tls", TLSRecord.self, tlsFields),
            RecordLayout("stats", StatsRecord.self, statsFields),
            RecordLayout("discovery", DiscoveryRecord.self, discoveryFields),
            RecordLayout("origin", OriginRecord.self, originFields),
            RecordLayout("network", NetworkRecord.self, networkFields),
            RecordLayout("tier", TierRecord.self, tierFields),
            RecordLayout("retry", RetryRecord.self, retryFields),
            RecordLayout("breaker", BreakerRecord.self, breakerFields),
        ] + courseLayouts + [RecordLayout("health", HealthRecord.self, healthFields)]
    }

    private static var poolFields: [LayoutField<PoolRecord>] {
        [
            .init("stable_id", PoolRecord.stableID, "ascending"),
            .init("name", PoolRecord.name, "string, at most 63 bytes"),
            .init("place", PoolRecord.place, "place in the spec"),
            .init("members", PoolRecord.members, "range of members"),
            .init("tiers", PoolRecord.tiers, "range of tiers, at least one"),
            .init("timeouts", PoolRecord.timeouts, "index of timeouts"),
            .init(
                "strategy", PoolRecord.strategy, "1 round_robin, 2 least_busy, 3 adaptive"),
            .init("flags", PoolRecord.flags, "bit 0: some members do not serve all"),
            .init("breaker", PoolRecord.breaker, "index of its breaker, or none"),
            .init("retry", PoolRecord.retry, "index of its retries"),
            .init("sticky", PoolRecord.sticky, "index of its stickiness, or none"),
            .reserved(PoolRecord.reserved),
        ]
    }

    private static var headerFields: [LayoutField<HeaderRecord>] {
        [
            .init("name", HeaderRecord.name, "string, lowercase"),
            .init("value", HeaderRecord.value, "string: value, path or variable"),
            .init("source", HeaderRecord.source, "1 literal, 2 file, 3 environment"),
            .reserved(HeaderRecord.reserved0),
            .reserved(HeaderRecord.reserved1),
        ]
    }

    private static var healthFields: [LayoutField<HealthRecord>] {
        [
            .init("path", HealthRecord.path, "string: what is asked, from /"),
            .init("interval", HealthRecord.interval, "ms, 100 to 3600000"),
            .init("timeout", HealthRecord.timeout, "ms, 10 to 60000"),
            .init("fall", HealthRecord.fall, "failures until it is down, 1 to 100"),
            .init("rise", HealthRecord.rise, "successes until it is up, 1 to 100"),
            .reserved(HealthRecord.reserved),
        ]
    }

    private static var breakerFields: [LayoutField<BreakerRecord>] {
        [
            .init("errors", BreakerRecord.errors, "in a row, 1 to 1000"),
            .init("within", BreakerRecord.within, "ms, 1000 to 3600000"),
            .init("try_again", BreakerRecord.tryAgain, "ms, 100 to 3600000"),
            .reserved(BreakerRecord.reserved),
        ]
    }

    private static var retryFields: [LayoutField<RetryRecord>] {
        let causes = RetryCause.allCases.map(\.name).joined(separator: ", ")
        return [
            .init("attempts", RetryRecord.attempts, "1 to 10, with the first"),
            .init("causes", RetryRecord.causes, "bits from 0: \(causes)"),
            .init("backoff", RetryRecord.backoff, "ms, at most 10000"),
            .init("budget", RetryRecord.budget, "further attempts for 1000 requests"),
            .reserved(RetryRecord.reserved0),
            .reserved(RetryRecord.reserved1),
        ]
    }

    private static var tierFields: [LayoutField<TierRecord>] {
        [
            .init("members", TierRecord.members, "range of members, behind the tier's before"),
            .init("ring", TierRecord.ring, "range of indices: members in turn"),
            .init("number", TierRecord.number, "as in the spec; ascending in a pool"),
            .reserved(TierRecord.reserved),
            .init("places", TierRecord.places, "range of indices: members by session"),
        ]
    }

    private static var tlsFields: [LayoutField<TLSRecord>] {
        [
            .init("server_name", TLSRecord.serverName, "string: host, without brackets"),
            .init("ca_file", TLSRecord.caFile, "string: path; empty: the system's"),
            .init("flags", TLSRecord.flags, "bit 0: the server name is an IP address"),
            .reserved(TLSRecord.reserved0),
            .reserved(TLSRecord.reserved1),
        ]
    }

    private static var substitutionFields: [LayoutField<SubstitutionRecord>] {
        [
            .init("model", SubstitutionRecord.model, "string; ascending in its member"),
            .init("upstream", SubstitutionRecord.upstream, "string: JSON with quotes"),
        ]
    }

    private static var originFields: [LayoutField<OriginRecord>] {
        [.init("text", OriginRecord.text, "string: an origin; ascending; or `*` alone")]
    }

    private static var networkFields: [LayoutField<NetworkRecord>] {
        [
            .init("address", NetworkRecord.address0, "bytes 0 to 7, IPv4 as ::ffff:a.b.c.d"),
            .init("", NetworkRecord.address1, "bytes 8 to 15; ascending, IPv4 first"),
            .init("prefix", NetworkRecord.prefix, "bits of these that count, 96 to 128 for IPv4"),
            .init("family", NetworkRecord.family, "4 or 6"),
            .reserved(NetworkRecord.reserved),
        ]
    }

    private static var statsFields: [LayoutField<StatsRecord>] {
        let order = StatsSection.allCases.map(\.name).joined(separator: ", ")
        func mask(
            _ section: StatsSection, _ field: Field<StatsRecord, UInt32>
        ) -> LayoutField<StatsRecord> {
            let fields = section.fields.joined(separator: ", ")
            return .init(section.name, field, "bits from 0: \(fields)")
        }
        return [
            .init("sections", StatsRecord.sections, "bits from 0: \(order)"),
            .reserved(StatsRecord.reserved0),
            mask(.system, StatsRecord.systemFields), mask(.cpu, StatsRecord.cpuFields),
            mask(.memory, StatsRecord.memoryFields), mask(.swap, StatsRecord.swapFields),
            mask(.disk, StatsRecord.diskFields), mask(.network, StatsRecord.networkFields),
            mask(.processes, StatsRecord.processesFields),
            .reserved(StatsRecord.reserved1),
        ]
    }

    private static var discoveryFields: [LayoutField<DiscoveryRecord>] {
        [
            .init("interval", DiscoveryRecord.interval, "ms, 1000 to 86400000"),
            .init("timeout", DiscoveryRecord.timeout, "ms, 10 to 60000"),
        ]
    }

    private static var endpointFields: [LayoutField<EndpointRecord>] {
        [
            .init("stable_id", EndpointRecord.stableID, "ascending"),
            .init("name", EndpointRecord.name, "string"),
            .init("place", EndpointRecord.place, "place in the spec"),
            .init("base_path", EndpointRecord.basePath, "string: stands for /v1, or empty"),
            .init("credential", EndpointRecord.credential, "string: path or variable"),
            .init("headers", EndpointRecord.headers, "range of headers"),
            .init("upstream", EndpointRecord.upstream, "index of an upstream"),
            .init(
                "credential_kind", EndpointRecord.credentialKind,
                "0 none, 1 client, 2 file, 3 environment"),
            .init(
                "kind", EndpointRecord.kind,
                "0 openai, 1 llamacpp, 2 vllm, 3 ollama, 4 lmstudio, 5 anthropic"),
            .init("health", EndpointRecord.health, "index of its probes, or none"),
            .init("flags", EndpointRecord.flags, "bit 0: gets no new requests"),
            .reserved(EndpointRecord.reserved),
        ]
    }
}
