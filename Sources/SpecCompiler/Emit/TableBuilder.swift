internal import Digest
package import TableFormat

/// SHA-256 for the format layer, which imports no cryptography.
package enum SHA256Digesting: TableDigesting {
    package static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest {
        TableDigest(Digest.sha256(head, rest))
    }
}

/// Lays out the bytes of a table: sections in order, each aligned to 8, the digest last.
struct TableBuilder {
    var strings = StringPool()
    private var indices: [UInt32] = []
    private var texts: [StringRef] = []
    private var sections: [SectionKind: (bytes: [UInt8], count: Int)] = [:]

    /// The bytes of the table that `plan` describes.
    static func build(_ plan: RoutePlan) -> [UInt8] {
        var builder = TableBuilder()
        builder.addKeys(plan)
        builder.addModels(plan)
        builder.addPools(plan)
        builder.addCourses(plan)
        builder.addEndpoints(plan)
        builder.addHealth(plan.health)
        builder.addSettings(plan)
        if let stats = plan.stats { builder.add(stats.record) }
        builder.addOrigins(plan.settings.listen.origins)
        builder.add(NetworkRecord.records(plan.settings.listen.trustedProxies))
        builder.addPools()
        return builder.assemble()
    }

    mutating func add<Record: TableRecord>(_ array: RecordArray<Record>) {
        sections[Record.section] = (array.buffer.bytes, array.count)
    }

    /// Appends a list to the pool of indices.
    mutating func list(_ values: [UInt32]) -> IndexRange {
        let range = IndexRange(first: UInt32(indices.count), count: UInt32(values.count))
        indices += values
        return range
    }

    /// Appends a list to the pool of texts.
    private mutating func list(_ values: [String]) -> IndexRange {
        let range = IndexRange(first: UInt32(texts.count), count: UInt32(values.count))
        for value in values {
            texts.append(strings.ref(value))
        }
        return range
    }

    /// The pools that the other sections have filled.
    private mutating func addPools() {
        var indexArray = RecordArray<IndexRecord>(count: indices.count)
        for (index, value) in indices.enumerated() {
            indexArray.store(value, IndexRecord.value, at: index)
        }
        add(indexArray)
        var textArray = RecordArray<TextRecord>(count: texts.count)
        for (index, text) in texts.enumerated() {
            textArray.store(text, TextRecord.text, at: index)
        }
        add(textArray)
        sections[.strings] = (strings.bytes, strings.bytes.count)
    }

    private func assemble() -> [UInt8] {
        let kinds = SectionKind.allCases
        var end = FileHeader.size + kinds.count * DirectoryEntry.size
        var offsets: [Int] = []
        for kind in kinds {
            offsets.append(end)
            let byteCount = sections[kind]?.bytes.count ?? 0
            end = (end + byteCount + 7) / 8 * 8
        }
        var buffer = TableBuffer(byteCount: end)
        buffer.store(FormatVersion.magic, FileHeader.magic, atByte: 0)
        buffer.store(FormatVersion.major, FileHeader.major, atByte: 0)
        buffer.store(FormatVersion.minor, FileHeader.minor, atByte: 0)
        buffer.store(UInt32(kinds.count), FileHeader.sectionCount, atByte: 0)
        buffer.store(UInt64(end), FileHeader.byteCount, atByte: 0)
        for (kind, offset) in zip(kinds, offsets) {
            let entry = FileHeader.size + kind.position * DirectoryEntry.size
            let section = sections[kind] ?? (bytes: [], count: 0)
            buffer.store(UInt64(offset), DirectoryEntry.offset, atByte: entry)
            buffer.store(UInt32(section.count), DirectoryEntry.count, atByte: entry)
            buffer.store(kind.rawValue, DirectoryEntry.kind, atByte: entry)
            buffer.store(DirectoryEntry.criticalFlag, DirectoryEntry.flags, atByte: entry)
            buffer.copy(section.bytes, toByte: offset)
        }
        let bytes = buffer.bytes
        let digest = SHA256Digesting.digest(
            bytes.rawSpan.extracting(DigestCoverage.head),
            bytes.rawSpan.extracting(DigestCoverage.restStart..<bytes.count))
        buffer.store(digest.words.0, FileHeader.digest0, atByte: 0)
        buffer.store(digest.words.1, FileHeader.digest1, atByte: 0)
        buffer.store(digest.words.2, FileHeader.digest2, atByte: 0)
        buffer.store(digest.words.3, FileHeader.digest3, atByte: 0)
        return buffer.bytes
    }
}

// MARK: - Keys

extension TableBuilder {
    private mutating func addKeys(_ plan: RoutePlan) {
        var seeds = RecordArray<SecretSeed>(count: plan.secretSeeds.count)
        for (index, seed) in plan.secretSeeds.enumerated() {
            seeds.store(seed, SecretSeed.value, at: index)
        }
        add(seeds)
        var secrets = RecordArray<SecretRecord>(count: plan.secrets.count)
        for (index, secret) in plan.secrets.enumerated() {
            secrets.store(secret.fingerprint.word0, SecretRecord.fingerprint0, at: index)
            secrets.store(secret.fingerprint.word1, SecretRecord.fingerprint1, at: index)
            secrets.store(secret.expires, SecretRecord.expires, at: index)
            secrets.store(secret.key, SecretRecord.key, at: index)
        }
        add(secrets)
        var keys = RecordArray<KeyRecord>(count: plan.keys.count)
        for (index, key) in plan.keys.enumerated() {
            keys.store(strings.append(key.name), KeyRecord.name, at: index)
            keys.store(key.place, KeyRecord.place, at: index)
            keys.store(key.expires, KeyRecord.expires, at: index)
            keys.store(key.paths, KeyRecord.paths, at: index)
            keys.store(key.scope, KeyRecord.scope, at: index)
            keys.store(key.pin, KeyRecord.pin, at: index)
            keys.store(key.audience, KeyRecord.audience, at: index)
            keys.store(key.admin, KeyRecord.admin, at: index)
        }
        add(keys)
        var references = RecordArray<KeyReferenceRecord>(count: plan.keyReferences.count)
        for (index, item) in plan.keyReferences.enumerated() {
            references.store(
                strings.ref(item.reference), KeyReferenceRecord.reference, at: index)
            references.store(item.expires, KeyReferenceRecord.expires, at: index)
            references.store(item.key, KeyReferenceRecord.key, at: index)
            references.store(item.source, KeyReferenceRecord.source, at: index)
        }
        add(references)
        addScopes(plan)
    }

    private mutating func addScopes(_ plan: RoutePlan) {
        var scopes = RecordArray<ScopeRecord>(count: plan.scopes.count)
        for (index, scope) in plan.scopes.enumerated() {
            scopes.store(list(scope.known), ScopeRecord.known, at: index)
            scopes.store(scope.matchers, ScopeRecord.matchers, at: index)
            scopes.store(scope.kind, ScopeRecord.kind, at: index)
        }
        add(scopes)
        var matchers = RecordArray<MatcherRecord>(count: plan.matchers.count)
        for (index, matcher) in plan.matchers.enumerated() {
            matchers.store(strings.ref(matcher.text), MatcherRecord.text, at: index)
            matchers.store(matcher.pattern, MatcherRecord.pattern, at: index)
            matchers.store(matcher.kind, MatcherRecord.kind, at: index)
        }
        add(matchers)
    }
}

// MARK: - Models

extension TableBuilder {
    private mutating func addModels(_ plan: RoutePlan) {
        var seeds = RecordArray<ModelSeed>(count: plan.modelSeeds.count)
        for (index, seed) in plan.modelSeeds.enumerated() {
            seeds.store(seed, ModelSeed.value, at: index)
        }
        add(seeds)
        var models = RecordArray<ModelRecord>(count: plan.models.count)
        for (index, model) in plan.models.enumerated() {
            models.store(strings.ref(model.name), ModelRecord.name, at: index)
            models.store(strings.append(model.entry), ModelRecord.entry, at: index)
            models.store(model.rule, ModelRecord.rule, at: index)
            models.store(noIndex, ModelRecord.policy, at: index)
        }
        add(models)
        var rules = RecordArray<RuleRecord>(count: plan.rules.count)
        for (index, rule) in plan.rules.enumerated() {
            rules.store(rule.place, RuleRecord.place, at: index)
            rules.store(strings.ref(rule.text), RuleRecord.text, at: index)
            rules.store(strings.ref(rule.sendAs), RuleRecord.sendAs, at: index)
            rules.store(rule.pool, RuleRecord.pool, at: index)
            rules.store(rule.pattern, RuleRecord.pattern, at: index)
            rules.store(rule.starPrefix, RuleRecord.starPrefix, at: index)
            rules.store(rule.starSuffix, RuleRecord.starSuffix, at: index)
            rules.store(rule.kind, RuleRecord.kind, at: index)
            rules.store(rule.sendAsKind, RuleRecord.sendAsKind, at: index)
            rules.store(rule.course, RuleRecord.course, at: index)
            rules.store(
                rule.isListed ? 0 : RuleRecord.unlistedFlag, RuleRecord.flags, at: index)
        }
        add(rules)
        addGlobs(plan)
    }

    private mutating func addGlobs(_ plan: RoutePlan) {
        var prefixes = RecordArray<PrefixRecord>(count: plan.prefixes.count)
        for (index, group) in plan.prefixes.enumerated() {
            prefixes.store(strings.ref(bytes: group.text), PrefixRecord.text, at: index)
            prefixes.store(list(group.rules), PrefixRecord.rules, at: index)
            prefixes.store(group.parent, PrefixRecord.parent, at: index)
        }
        add(prefixes)
        var suffixes = RecordArray<SuffixRecord>(count: plan.suffixes.count)
        for (index, group) in plan.suffixes.enumerated() {
            suffixes.store(strings.ref(bytes: group.text), SuffixRecord.text, at: index)
            suffixes.store(list(group.rules), SuffixRecord.rules, at: index)
            suffixes.store(group.parent, SuffixRecord.parent, at: index)
        }
        add(suffixes)
        var patterns = RecordArray<PatternRecord>(count: plan.patterns.count)
        for (index, pattern) in plan.patterns.enumerated() {
            patterns.store(strings.ref(pattern.source), PatternRecord.source, at: index)
            patterns.store(pattern.place, PatternRecord.place, at: index)
        }
        add(patterns)
    }
}

// MARK: - Pools and endpoints

extension TableBuilder {
    private mutating func addPools(_ plan: RoutePlan) {
        var pools = RecordArray<PoolRecord>(count: plan.pools.count)
        for (index, pool) in plan.pools.enumerated() {
            pools.store(pool.stableID, PoolRecord.stableID, at: index)
            pools.store(strings.ref(pool.name), PoolRecord.name, at: index)
            pools.store(pool.place, PoolRecord.place, at: index)
            pools.store(pool.members, PoolRecord.members, at: index)
            pools.store(pool.tiers, PoolRecord.tiers, at: index)
            pools.store(pool.timeouts, PoolRecord.timeouts, at: index)
            pools.store(pool.strategy, PoolRecord.strategy, at: index)
            pools.store(pool.breaker, PoolRecord.breaker, at: index)
            pools.store(pool.retry, PoolRecord.retry, at: index)
            pools.store(pool.sticky, PoolRecord.sticky, at: index)
            pools.store(pool.isUneven ? PoolRecord.unevenFlag : 0, PoolRecord.flags, at: index)
        }
        add(pools)
        var tiers = RecordArray<TierRecord>(count: plan.tiers.count)
        for (index, tier) in plan.tiers.enumerated() {
            tiers.store(tier.members, TierRecord.members, at: index)
            tiers.store(list(tier.ring), TierRecord.ring, at: index)
            tiers.store(tier.number, TierRecord.number, at: index)
            tiers.store(list(tier.places), TierRecord.places, at: index)
        }
        add(tiers)
        var members = RecordArray<MemberRecord>(count: plan.members.count)
        for (index, member) in plan.members.enumerated() {
            members.store(member.endpoint, MemberRecord.endpoint, at: index)
            members.store(member.pool, MemberRecord.pool, at: index)
            members.store(member.weight, MemberRecord.weight, at: index)
            members.store(member.serves, MemberRecord.serves, at: index)
            members.store(
                member.isDiscovered ? MemberRecord.discoveredFlag : 0, MemberRecord.flags, at: index
            )
            members.store(member.substitutions, MemberRecord.substitutions, at: index)
            members.store(member.place, MemberRecord.place, at: index)
        }
        add(members)
        var timeouts = RecordArray<TimeoutsRecord>(count: plan.timeouts.count)
        for (index, set) in plan.timeouts.enumerated() {
            timeouts.store(set.connect ?? noMilliseconds, TimeoutsRecord.connect, at: index)
            timeouts.store(set.firstToken ?? noMilliseconds, TimeoutsRecord.firstToken, at: index)
            timeouts.store(set.answer ?? noMilliseconds, TimeoutsRecord.answer, at: index)
            timeouts.store(set.idle ?? noMilliseconds, TimeoutsRecord.idle, at: index)
            timeouts.store(set.total ?? noMilliseconds, TimeoutsRecord.total, at: index)
        }
        add(timeouts)
        var retries = RecordArray<RetryRecord>(count: plan.retries.count)
        for (index, retry) in plan.retries.enumerated() {
            retries.store(retry.attempts, RetryRecord.attempts, at: index)
            retries.store(retry.causes, RetryRecord.causes, at: index)
            retries.store(retry.backoff, RetryRecord.backoff, at: index)
            retries.store(retry.budget, RetryRecord.budget, at: index)
        }
        add(retries)
        var breakers = RecordArray<BreakerRecord>(count: plan.breakers.count)
        for (index, breaker) in plan.breakers.enumerated() {
            breakers.store(breaker.errors, BreakerRecord.errors, at: index)
            breakers.store(breaker.within, BreakerRecord.within, at: index)
            breakers.store(breaker.tryAgain, BreakerRecord.tryAgain, at: index)
        }
        add(breakers)
        var pairs = RecordArray<SubstitutionRecord>(count: plan.substitutions.count)
        for (index, pair) in plan.substitutions.enumerated() {
            pairs.store(strings.ref(pair.model), SubstitutionRecord.model, at: index)
            pairs.store(strings.ref(pair.upstream), SubstitutionRecord.upstream, at: index)
        }
        add(pairs)
    }

    private mutating func addEndpoints(_ plan: RoutePlan) {
        var endpoints = RecordArray<EndpointRecord>(count: plan.endpoints.count)
        for (index, endpoint) in plan.endpoints.enumerated() {
            endpoints.store(endpoint.stableID, EndpointRecord.stableID, at: index)
            endpoints.store(strings.ref(endpoint.name), EndpointRecord.name, at: index)
            endpoints.store(endpoint.place, EndpointRecord.place, at: index)
            endpoints.store(strings.ref(endpoint.basePath), EndpointRecord.basePath, at: index)
            endpoints.store(
                strings.ref(endpoint.credential), EndpointRecord.credential, at: index)
            endpoints.store(endpoint.headers, EndpointRecord.headers, at: index)
            endpoints.store(endpoint.upstream, EndpointRecord.upstream, at: index)
            endpoints.store(endpoint.credentialKind, EndpointRecord.credentialKind, at: index)
            endpoints.store(endpoint.kind, EndpointRecord.kind, at: index)
            endpoints.store(endpoint.health, EndpointRecord.health, at: index)
            endpoints.store(
                endpoint.drains ? EndpointRecord.drainFlag : 0, EndpointRecord.flags, at: index)
        }
        add(endpoints)
        var upstreams = RecordArray<UpstreamRecord>(count: plan.upstreams.count)
        for (index, upstream) in plan.upstreams.enumerated() {
            upstreams.store(upstream.stableID, UpstreamRecord.stableID, at: index)
            upstreams.store(strings.ref(upstream.host), UpstreamRecord.host, at: index)
            upstreams.store(strings.ref(upstream.hostField), UpstreamRecord.hostField, at: index)
            upstreams.store(upstream.kind, UpstreamRecord.kind, at: index)
            upstreams.store(upstream.port, UpstreamRecord.port, at: index)
            upstreams.store(upstream.tls, UpstreamRecord.tls, at: index)
        }
        add(upstreams)
        var tls = RecordArray<TLSRecord>(count: plan.tls.count)
        for (index, item) in plan.tls.enumerated() {
            tls.store(strings.ref(item.serverName), TLSRecord.serverName, at: index)
            tls.store(strings.ref(item.caFile), TLSRecord.caFile, at: index)
            tls.store(item.isAddress ? TLSRecord.isAddressFlag : 0, TLSRecord.flags, at: index)
        }
        add(tls)
        var headers = RecordArray<HeaderRecord>(count: plan.headers.count)
        for (index, header) in plan.headers.enumerated() {
            headers.store(strings.ref(header.name), HeaderRecord.name, at: index)
            headers.store(strings.ref(header.value), HeaderRecord.value, at: index)
            headers.store(header.source, HeaderRecord.source, at: index)
        }
        add(headers)
    }
}

// MARK: - Settings

extension TableBuilder {
    private mutating func addSettings(_ plan: RoutePlan) {
        let listen = plan.settings.listen
        let (listenKind, listenHost, listenPort) = TableBuilder.parts(listen.address)
        let (adminKind, adminHost, adminPort) = TableBuilder.parts(plan.settings.admin)
        var settings = RecordArray<SettingsRecord>(count: 1)
        settings.store(plan.salt.words.0, SettingsRecord.salt0, at: 0)
        settings.store(plan.salt.words.1, SettingsRecord.salt1, at: 0)
        settings.store(plan.salt.words.2, SettingsRecord.salt2, at: 0)
        settings.store(plan.salt.words.3, SettingsRecord.salt3, at: 0)
        settings.store(strings.ref(listenHost), SettingsRecord.listenHost, at: 0)
        settings.store(strings.ref(adminHost), SettingsRecord.adminHost, at: 0)
        settings.store(listenKind, SettingsRecord.listenKind, at: 0)
        settings.store(listenPort, SettingsRecord.listenPort, at: 0)
        settings.store(adminKind, SettingsRecord.adminKind, at: 0)
        settings.store(adminPort, SettingsRecord.adminPort, at: 0)
        settings.store(listen.maxBodyBytes, SettingsRecord.maxBodyBytes, at: 0)
        settings.store(listen.maxHeadBytes, SettingsRecord.maxHeadBytes, at: 0)
        settings.store(listen.maxConnections, SettingsRecord.maxConnections, at: 0)
        settings.store(
            listen.drainMilliseconds ?? noMilliseconds, SettingsRecord.drainMilliseconds, at: 0)
        settings.store(plan.settings.anonymousMode, SettingsRecord.anonymousMode, at: 0)
        settings.store(
            (plan.settings.anonymousMayListModels ? SettingsRecord.listModelsFlag : 0)
                | (plan.settings.anonymousMayReadStats ? SettingsRecord.readStatsFlag : 0)
                | (plan.settings.anonymousListsAll ? SettingsRecord.listAllFlag : 0),
            SettingsRecord.anonymousFlags, at: 0)
        settings.store(plan.settings.anonymousScope, SettingsRecord.anonymousScope, at: 0)
        settings.store(plan.starRule, SettingsRecord.starRule, at: 0)
        settings.store(list(listen.keyHeaders), SettingsRecord.keyHeaders, at: 0)
        settings.store(list(plan.files), SettingsRecord.files, at: 0)
        settings.store(list(plan.listing), SettingsRecord.listing, at: 0)
        settings.store(list(plan.patternRules), SettingsRecord.patternRules, at: 0)
        settings.store(plan.modelHashSeed, SettingsRecord.modelHashSeed, at: 0)
        settings.store(noIndex, SettingsRecord.policy, at: 0)
        let timeouts = listen.timeouts
        settings.store(timeouts.head, SettingsRecord.headMilliseconds, at: 0)
        settings.store(timeouts.bodyStall, SettingsRecord.bodyStallMilliseconds, at: 0)
        settings.store(timeouts.writeStall, SettingsRecord.writeStallMilliseconds, at: 0)
        settings.store(timeouts.keepAlive, SettingsRecord.keepAliveMilliseconds, at: 0)
        settings.store(
            plan.settings.responseMetadata, SettingsRecord.responseMetadata, at: 0)
        settings.store(
            plan.settings.clientFallback ? SettingsRecord.clientFallbackFlag : 0,
            SettingsRecord.flags, at: 0)
        settings.store(plan.skipped, SettingsRecord.skippedModels, at: 0)
        add(settings)
        addDiscovery(plan.settings.discovery)
    }

    private mutating func addDiscovery(_ plan: ResolvedSpec.Discovery?) {
        var discovery = RecordArray<DiscoveryRecord>(count: plan == nil ? 0 : 1)
        if let plan {
            discovery.store(plan.interval, DiscoveryRecord.interval, at: 0)
            discovery.store(plan.timeout, DiscoveryRecord.timeout, at: 0)
        }
        add(discovery)
    }

    private mutating func addHealth(_ plan: [ResolvedSpec.Health]) {
        var health = RecordArray<HealthRecord>(count: plan.count)
        for (index, probes) in plan.enumerated() {
            health.store(strings.ref(probes.path), HealthRecord.path, at: index)
            health.store(probes.interval, HealthRecord.interval, at: index)
            health.store(probes.timeout, HealthRecord.timeout, at: index)
            health.store(probes.fall, HealthRecord.fall, at: index)
            health.store(probes.rise, HealthRecord.rise, at: index)
        }
        add(health)
    }

    private mutating func addOrigins(_ origins: [String]) {
        var records = RecordArray<OriginRecord>(count: origins.count)
        for (index, origin) in origins.enumerated() {
            records.store(strings.ref(origin), OriginRecord.text, at: index)
        }
        add(records)
    }

    private static func parts(
        _ address: ResolvedSpec.Address?
    ) -> (AddressKind, String, UInt16) {
        switch address {
        case nil: (.none, "", 0)
        case .tcp(let host, let port): (.tcp, host, port)
        case .unix(let path): (.unix, path, 0)
        }
    }
}
