internal import Digest
internal import Pattern
internal import TableFormat

/// Turns what a spec means into the records of a table, in their final order.
///
/// Nothing here can fail by the author's fault: names refer to something, patterns compile, limits
/// hold. Every order is total: by stable id, by name, or as in the spec.
struct Planner {
    let spec: ResolvedSpec
    /// Where a span begins, as the table says it.
    let place: (SourceSpan) -> Place
    var plan: RoutePlan

    /// Index in the table of each pool and endpoint of the spec.
    var poolIndex: [UInt32] = []
    var endpointIndex: [UInt32] = []
    /// Index in the table of each pattern, and the pattern itself.
    var patternIndex: [String: UInt32] = [:]
    var compiledPatterns: [Pattern] = []
    let skipped: MatcherSet

    /// Plans a table; `files` are the names of the sources, root first.
    static func plan(
        _ spec: ResolvedSpec, files: [String], place: @escaping (SourceSpan) -> Place
    ) -> RoutePlan {
        let settings = RoutePlan.Settings(
            listen: spec.listen, admin: spec.admin, discovery: spec.discovery,
            clientFallback: spec.clientFallback, responseMetadata: spec.responseMetadata)
        let salt = TableDigest(words: (0, 0, 0, 0))
        var planner = Planner(
            spec: spec, place: place,
            plan: RoutePlan(settings: settings, files: files, salt: salt),
            skipped: MatcherSet(spec.skipped))
        planner.planEndpoints()
        planner.planPools()
        planner.planRules()
        planner.planSkipped()
        let scopes = planner.planModels()
        planner.planCourses()
        planner.planKeys(scopes)
        planner.planSecrets()
        planner.planListing()
        planner.planAudiences()
        planner.plan.stats = spec.stats
        return planner.plan
    }

    /// The index of a pattern, numbered in order of first use.
    mutating func index(ofPattern source: String, at span: SourceSpan) -> UInt32 {
        if let known = patternIndex[source] {
            return known
        }
        guard let compiled = try? Pattern(source) else {
            preconditionFailure("the checks let a pattern through that PCRE2 refuses")
        }
        let index = UInt32(plan.patterns.count)
        plan.patterns.append(RoutePlan.Pattern(source: source, place: place(span)))
        compiledPatterns.append(compiled)
        patternIndex[source] = index
        return index
    }

    /// A number for a name that stays the same from table to table.
    static func stableID(_ kind: String, _ name: String) -> UInt64 {
        KeyFingerprint(digest: Digest.sha256(Array("\(kind)\0\(name)".utf8))).word0
    }
}

// MARK: - Endpoints and pools

extension Planner {
    mutating func planEndpoints() {
        let identities = spec.endpoints.map { Planner.upstream($0.url, ca: $0.ca) }
        var upstreams: [PlannedUpstream] = []
        var known: Set<UInt64> = []
        for upstream in identities where known.insert(upstream.record.stableID).inserted {
            upstreams.append(upstream)
        }
        upstreams.sort { $0.record.stableID < $1.record.stableID }
        var rank: [UInt64: UInt32] = [:]
        var tls = Interned<RoutePlan.TLS>()
        for (index, upstream) in upstreams.enumerated() {
            var record = upstream.record
            record.tls = upstream.tls.map { tls.index(of: $0) } ?? noIndex
            rank[record.stableID] = UInt32(index)
            plan.upstreams.append(record)
        }
        plan.tls = tls.values

        let ids = spec.endpoints.map { Planner.stableID("endpoint", $0.name) }
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        endpointIndex = [UInt32](repeating: noIndex, count: ids.count)
        var health = Interned<ResolvedSpec.Health>()
        for (rankOfEndpoint, source) in order.enumerated() {
            endpointIndex[source] = UInt32(rankOfEndpoint)
            let endpoint = spec.endpoints[source]
            let upstream = rank[identities[source].record.stableID] ?? 0
            var planned = plannedEndpoint(endpoint, id: ids[source], upstream: upstream)
            planned.health = endpoint.health.map { health.index(of: $0) } ?? noIndex
            plan.endpoints.append(planned)
        }
        plan.health = health.values
    }

    private mutating func plannedEndpoint(
        _ endpoint: ResolvedSpec.Endpoint, id: UInt64, upstream: UInt32
    ) -> RoutePlan.Endpoint {
        let first = UInt32(plan.headers.count)
        for header in endpoint.headers {
            let (source, value) = Planner.source(header.value)
            plan.headers.append(
                RoutePlan.Header(name: header.name, value: value, source: source))
        }
        let (kind, credential): (CredentialKind, String) =
            switch endpoint.credential {
            case .none: (.none, "")
            case .client: (.client, "")
            case .file(let path): (.file, path)
            case .env(let name): (.environment, name)
            }
        return RoutePlan.Endpoint(
            stableID: id, name: endpoint.name, place: place(endpoint.place),
            basePath: endpoint.url.basePath, credentialKind: kind, credential: credential,
            headers: IndexRange(first: first, count: UInt32(endpoint.headers.count)),
            upstream: upstream, kind: EndpointKind(endpoint.kind), drains: endpoint.drains)
    }

    private static func source(_ value: ResolvedSpec.Header.Value) -> (ValueSource, String) {
        switch value {
        case .literal(let text): (.literal, text)
        case .file(let path): (.file, path)
        case .env(let name): (.environment, name)
        }
    }

    private struct PlannedUpstream {
        var record: RoutePlan.Upstream
        /// Nil for one that is spoken to in plain text.
        var tls: RoutePlan.TLS?
    }

    /// Another scheme or other authorities make another upstream: no connection is shared.
    private static func upstream(_ url: EndpointURL, ca: String?) -> PlannedUpstream {
        guard url.scheme != .unix else {
            let record = RoutePlan.Upstream(
                stableID: stableID("upstream", "unix:\(url.socketPath)"), kind: .unix,
                host: url.socketPath, port: 0, hostField: "Host: localhost\r\n")
            return PlannedUpstream(record: record)
        }
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        let port = url.port == url.scheme.port ? "" : ":\(url.port)"
        var identity = "\(url.scheme)://\(host):\(url.port)"
        var tls: RoutePlan.TLS?
        if url.scheme == .https {
            if let ca { identity += "\0ca:\(ca)" }
            tls = RoutePlan.TLS(
                serverName: url.host, caFile: ca ?? "", isAddress: HostText.isAddress(url.host))
        }
        let record = RoutePlan.Upstream(
            stableID: stableID("upstream", identity), kind: .tcp, host: url.host, port: url.port,
            hostField: "Host: \(host)\(port)\r\n")
        return PlannedUpstream(record: record, tls: tls)
    }

    mutating func planPools() {
        let ids = spec.pools.map { Planner.stableID("pool", $0.name) }
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        poolIndex = [UInt32](repeating: noIndex, count: ids.count)
        var timeouts = Interned<ResolvedSpec.Timeouts>()
        var retries = Interned<ResolvedSpec.Retry>()
        var breakers = Interned<ResolvedSpec.Breaker>()
        var stickies = Interned<ResolvedSpec.Sticky>()
        for (rank, source) in order.enumerated() {
            poolIndex[source] = UInt32(rank)
            let pool = spec.pools[source]
            let first = UInt32(plan.members.count)
            plan.pools.append(
                RoutePlan.Pool(
                    stableID: ids[source], name: pool.name, place: place(pool.place),
                    members: IndexRange(first: first, count: UInt32(pool.members.count)),
                    tiers: planTiers(of: pool, rank: UInt32(rank)), strategy: pool.strategy,
                    timeouts: timeouts.index(of: pool.timeouts),
                    retry: retries.index(of: pool.retry),
                    breaker: pool.breaker.map { breakers.index(of: $0) } ?? noIndex,
                    sticky: pool.sticky.map { stickies.index(of: $0) } ?? noIndex,
                    isUneven: pool.members.contains { $0.serves != nil }))
        }
        plan.timeouts = timeouts.values
        plan.retries = retries.values
        plan.breakers = breakers.values
        plan.stickies = stickies.values
    }

    /// The members of a pool, tier after tier, each in the order of the spec.
    private mutating func planTiers(of pool: ResolvedSpec.Pool, rank: UInt32) -> IndexRange {
        let firstTier = UInt32(plan.tiers.count)
        for number in Set(pool.members.map(\.tier)).sorted() {
            let members = pool.members.filter { $0.tier == number }
            let first = UInt32(plan.members.count)
            for member in members {
                plan.members.append(plannedMember(member, pool: rank))
            }
            let weights = members.map(\.weight)
            let turns = Ring.order(weights: weights)
            let places: [Int] =
                if pool.sticky != nil {
                    Maglev.places(
                        ids: members.map {
                            plan.endpoints[Int(endpointIndex[$0.endpoint])].stableID
                        }, weights: weights)
                } else {
                    []
                }
            plan.tiers.append(
                RoutePlan.Tier(
                    number: number,
                    members: IndexRange(first: first, count: UInt32(members.count)),
                    ring: turns.map { first + UInt32($0) },
                    places: places.map { first + UInt32($0) }))
        }
        return IndexRange(first: firstTier, count: UInt32(plan.tiers.count) - firstTier)
    }

    private mutating func plannedMember(
        _ member: ResolvedSpec.Member, pool: UInt32
    ) -> RoutePlan.Member {
        let first = UInt32(plan.substitutions.count)
        let pairs = member.sendAs.sorted {
            $0.model.utf8.lexicographicallyPrecedes($1.model.utf8)
        }
        for pair in pairs {
            plan.substitutions.append((pair.model, JSONText.quoted(pair.upstream)))
        }
        return RoutePlan.Member(
            endpoint: endpointIndex[member.endpoint], pool: pool, weight: member.weight,
            isDiscovered: member.serves == .discovered,
            substitutions: IndexRange(first: first, count: UInt32(pairs.count)),
            place: place(member.place))
    }
}

/// Distinct values, numbered in order of first use.
struct Interned<Value: Hashable> {
    private(set) var values: [Value] = []
    private var indexes: [Value: UInt32] = [:]

    mutating func index(of value: Value) -> UInt32 {
        if let known = indexes[value] { return known }
        let index = UInt32(values.count)
        indexes[value] = index
        values.append(value)
        return index
    }
}
