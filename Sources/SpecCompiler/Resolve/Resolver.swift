internal import TableFormat

/// Gives every name what it refers to and every absent value its default.
///
/// What refers to nothing is reported and left out; the result is whole only if there are no
/// errors. Names are looked up in dictionaries: linear in the size of the spec.
struct Resolver {
    private let document: SpecDocument
    private var findings: Findings
    private var endpoints: [ResolvedSpec.Endpoint] = []
    private var endpointIndexes: [String: Int] = [:]
    /// Endpoints without a name, by the canonical text of their URL.
    private var namelessIndexes: [String: Int] = [:]
    private var poolIndexes: [String: Int] = [:]

    /// What `document` means.
    static func resolve(_ document: SpecDocument, findings: inout Findings) -> ResolvedSpec {
        var resolver = Resolver(document: document, findings: findings)
        let spec = resolver.spec()
        findings = resolver.findings
        return spec
    }

    private init(document: SpecDocument, findings: Findings) {
        self.document = document
        self.findings = findings
    }

    private mutating func spec() -> ResolvedSpec {
        defineEndpoints()
        let pools = resolvePools()
        let (rules, ownRules) = resolveRules()
        let keys = resolveKeys()
        for (index, health) in HealthOfEndpoints.settle(document, endpoints, pools, &findings) {
            endpoints[index].health = health
        }
        return ResolvedSpec(
            listen: listen(), admin: document.admin?.value, anonymous: anonymous(),
            endpoints: endpoints, pools: pools, rules: rules, ownRules: ownRules, keys: keys,
            skipped: document.skip.models, stats: document.stats, discovery: discovery(),
            clientFallback: document.clientFallback,
            responseMetadata: document.responseMetadata)
    }

    // MARK: - Endpoints

    private mutating func defineEndpoints() {
        for endpoint in document.endpoints {
            define(endpoint)
        }
        for pool in document.pools {
            for member in pool.members {
                if case .inline(let endpoint) = member.target { define(endpoint) }
            }
        }
    }

    private mutating func define(_ endpoint: SpecDocument.Endpoint) {
        if let name = endpoint.name {
            if let earlier = endpointIndexes[name.value] {
                let place = endpoints[earlier].place
                findings.add(.duplicateName("endpoints", name, earlier: place))
                return
            }
            endpointIndexes[name.value] = endpoints.count
        } else if let url = endpoint.url {
            guard namelessIndexes[url.value.text] == nil else { return }
            namelessIndexes[url.value.text] = endpoints.count
        }
        // One whose URL could not be read keeps its name, so that references to it are right.
        let url = endpoint.url?.value ?? Resolver.unreadURL
        endpoints.append(
            ResolvedSpec.Endpoint(
                name: endpoint.name?.value ?? url.text, url: url,
                credential: endpoint.credential, headers: endpoint.headers,
                ca: endpoint.ca?.value, kind: endpoint.kind, drains: endpoint.drains,
                place: endpoint.name?.span ?? endpoint.span,
                urlPlace: endpoint.url?.span ?? endpoint.span))
    }

    private static let unreadURL = EndpointURL(
        scheme: .http, host: "", port: 0, socketPath: "", basePath: "", text: "")

    private mutating func endpointIndex(_ target: SpecDocument.Member.Target) -> Int? {
        switch target {
        case .inline(let endpoint):
            if let name = endpoint.name { return endpointIndexes[name.value] }
            return endpoint.url.flatMap { namelessIndexes[$0.value.text] }
        case .name(let name):
            if let index = endpointIndexes[name.value] { return index }
            guard document.isWhole else { return nil }
            let nearest =
                findings.isFull
                ? nil
                : NearestName.nearest(
                    to: name.value, among: document.endpoints.lazy.compactMap(\.name?.value))
            findings.add(.unknownEndpoint(name, nearest: nearest))
            return nil
        }
    }

    // MARK: - Pools

    private mutating func resolvePools() -> [ResolvedSpec.Pool] {
        var pools: [ResolvedSpec.Pool] = []
        for pool in document.pools {
            if let name = pool.name {
                if let earlier = poolIndexes[name.value] {
                    let place = pools[earlier].place
                    findings.add(.duplicateName("pools", name, earlier: place))
                } else {
                    poolIndexes[name.value] = pools.count
                }
            }
            pools.append(
                ResolvedSpec.Pool(
                    name: pool.name?.value ?? "", members: members(pool.members),
                    strategy: pool.strategy, timeouts: timeouts(pool.timeouts),
                    retry: retry(pool.retry),
                    breaker: breaker(pool.breaker), sticky: sticky(pool.sticky),
                    place: pool.name?.span ?? pool.span))
        }
        return pools
    }

    /// One endpoint written twice is one member with the sum of the weights.
    private mutating func members(_ members: [SpecDocument.Member]) -> [ResolvedSpec.Member] {
        var result: [ResolvedSpec.Member] = []
        var positions: [Int: Int] = [:]
        for member in members {
            guard let endpoint = endpointIndex(member.target) else { continue }
            let weight = member.weight?.value ?? 1
            let sendAs = member.sendAs.map { (model: $0.model.value, upstream: $0.upstream.value) }
            guard let position = positions[endpoint] else {
                positions[endpoint] = result.count
                result.append(
                    ResolvedSpec.Member(
                        endpoint: endpoint, weight: weight, tier: member.tier?.value ?? 1,
                        serves: serving(member.serves),
                        sendAs: sendAs, place: member.span))
                continue
            }
            result[position].weight += weight
            if result[position].weight > 1000 {
                findings.add(.weightsTooLarge(result[position].weight, at: member.span))
            }
            let earlier = result[position]
            if !earlier.sendAs.elementsEqual(sendAs, by: ==) {
                findings.add(.differently("send_as", at: member.span, earlier: earlier.place))
            }
            if earlier.serves != member.serves?.value {
                findings.add(.differently("models", at: member.span, earlier: earlier.place))
            }
            if earlier.tier != member.tier?.value ?? 1 {
                findings.add(.differently("tier", at: member.span, earlier: earlier.place))
            }
        }
        return result
    }

    private mutating func serving(
        _ written: Spanned<ResolvedSpec.Serving>?
    ) -> ResolvedSpec.Serving? {
        if written?.value == .discovered, case .off = document.discovery, let written {
            findings.add(.nobodyAsked(at: written.span))
        }
        return written?.value
    }

    private func timeouts(_ own: SpecDocument.Timeouts) -> ResolvedSpec.Timeouts {
        let defaults = document.timeouts
        func pick(
            _ path: KeyPath<SpecDocument.Timeouts, SpecDocument.Limit?>, _ standard: UInt32?
        ) -> UInt32? {
            guard let limit = own[keyPath: path] ?? defaults[keyPath: path] else {
                return standard
            }
            return limit.milliseconds
        }
        return ResolvedSpec.Timeouts(
            connect: pick(\.connect, 2_000), firstToken: pick(\.firstToken, 120_000),
            answer: pick(\.answer, 600_000), idle: pick(\.idle, 60_000), total: pick(\.total, nil))
    }

    private func retry(_ own: SpecDocument.Retry) -> ResolvedSpec.Retry {
        let defaults = document.retry
        return ResolvedSpec.Retry(
            attempts: own.attempts ?? defaults.attempts ?? 3,
            causes: own.causes ?? defaults.causes ?? RetryCause.usual,
            backoff: own.backoff ?? defaults.backoff ?? 50,
            budget: own.budget ?? defaults.budget ?? 200)
    }

    private func breaker(_ own: SpecDocument.Breaker) -> ResolvedSpec.Breaker? {
        var breaker = ResolvedSpec.Breaker(errors: 5, within: 30_000, tryAgain: 10_000)
        var isOn = true
        for layer in [document.breaker, own] {
            switch layer {
            case .inherited: break
            case .off: isOn = false
            case .on(let errors, let within, let tryAgain):
                isOn = true
                breaker.errors = errors ?? breaker.errors
                breaker.within = within ?? breaker.within
                breaker.tryAgain = tryAgain ?? breaker.tryAgain
            }
        }
        return isOn ? breaker : nil
    }

    private func sticky(_ own: SpecDocument.Sticky) -> ResolvedSpec.Sticky? {
        var sticky = ResolvedSpec.Sticky(by: SessionName.usual, whenDown: .move)
        var isOn = false
        for layer in [document.sticky, own] {
            switch layer {
            case .inherited: break
            case .off: isOn = false
            case .on(let by, let whenDown):
                isOn = true
                sticky.by = by ?? sticky.by
                sticky.whenDown = whenDown ?? sticky.whenDown
            }
        }
        return isOn ? sticky : nil
    }

    private mutating func poolIndex(_ name: Spanned<String>) -> Int? {
        if let index = poolIndexes[name.value] { return index }
        guard document.isWhole else { return nil }
        let nearest =
            findings.isFull
            ? nil
            : NearestName.nearest(
                to: name.value, among: document.pools.lazy.compactMap(\.name?.value))
        findings.add(
            .unknownPool(name, nearest: nearest, isEndpoint: endpointIndexes[name.value] != nil))
        return nil
    }

    // MARK: - Rules and keys

    private mutating func resolveRules() -> (
        forAll: [ResolvedSpec.ModelRule], forSome: [ResolvedSpec.ModelRule]
    ) {
        var rules: [ResolvedSpec.ModelRule] = []
        var ownRules: [ResolvedSpec.ModelRule] = []
        let keys = keyIndexes()
        for rule in document.models {
            let target = target(of: rule)
            let then = rule.then.compactMap { poolIndex($0) }
            // A key that is named twice is one key.
            let named = rule.audience?.compactMap { keyIndex($0, among: keys) }
            let audience = named.map { Set($0).sorted() }
            guard let target else { continue }
            for matcher in rule.matchers {
                let resolved = ResolvedSpec.ModelRule(
                    matcher: matcher, target: target, audience: audience ?? [], then: then,
                    fallback: rule.fallback, sendAs: rule.sendAs?.value, listed: rule.listed,
                    about: rule.about, place: matcher.place)
                if audience == nil {
                    rules.append(resolved)
                } else {
                    ownRules.append(resolved)
                }
            }
        }
        for (index, pool) in document.pools.enumerated() {
            for matcher in pool.models {
                rules.append(
                    ResolvedSpec.ModelRule(
                        matcher: matcher, target: .pool(index), sendAs: nil, listed: true,
                        about: [], place: matcher.place))
            }
        }
        return (rules, ownRules)
    }

    /// The keys by their names, where a rule names some.
    private func keyIndexes() -> [String: Int] {
        guard document.models.contains(where: { $0.audience != nil }) else { return [:] }
        var indexes: [String: Int] = [:]
        for (index, key) in document.keys.enumerated() {
            if let name = key.name?.value, indexes[name] == nil { indexes[name] = index }
        }
        return indexes
    }

    private mutating func keyIndex(
        _ name: Spanned<String>, among keys: [String: Int]
    ) -> Int? {
        if let index = keys[name.value] { return index }
        guard document.isWhole else { return nil }
        let nearest =
            findings.isFull ? nil : NearestName.nearest(to: name.value, among: Array(keys.keys))
        findings.add(.unknownKeyName(name, nearest: nearest))
        return nil
    }

    private mutating func target(
        of rule: SpecDocument.ModelRule
    ) -> ResolvedSpec.ModelRule.Target? {
        if let pool = rule.pool { return poolIndex(pool).map { .pool($0) } }
        let shares = rule.split.compactMap { share in
            poolIndex(share.pool).map { (pool: $0, percent: share.percent) }
        }
        return shares.isEmpty ? nil : .split(shares)
    }

    private mutating func resolveKeys() -> [ResolvedSpec.Key] {
        var keys: [ResolvedSpec.Key] = []
        keys.reserveCapacity(document.keys.count)
        var indexes: [String: Int] = [:]
        indexes.reserveCapacity(document.keys.count)
        for key in document.keys {
            if let name = key.name {
                if let earlier = indexes[name.value] {
                    findings.add(.duplicateName("keys", name, earlier: keys[earlier].place))
                } else {
                    indexes[name.value] = keys.count
                }
            }
            keys.append(
                ResolvedSpec.Key(
                    name: key.name?.value ?? "", secrets: key.secrets, models: key.models,
                    pin: key.pin.flatMap { poolIndex($0) }, paths: key.paths,
                    expires: key.expires, admin: key.admin,
                    place: key.name?.span ?? key.span))
        }
        return keys
    }

    // MARK: - Server

    private func listen() -> ResolvedSpec.Listen {
        let listen = document.listen
        let drain = listen.drain ?? .milliseconds(600_000)
        return ResolvedSpec.Listen(
            address: listen.address?.value ?? .tcp(host: "127.0.0.1", port: 8080),
            maxBodyBytes: listen.maxBodyBytes ?? 10 << 20,
            maxHeadBytes: listen.maxHeadBytes ?? 32 << 10,
            maxConnections: listen.maxConnections ?? 20_000,
            drainMilliseconds: drain.milliseconds,
            keyHeaders: listen.keyHeaders ?? ["authorization", "x-api-key", "api-key"],
            timeouts: ResolvedSpec.ClientTimeouts(
                head: listen.timeouts.head ?? 10_000,
                bodyStall: listen.timeouts.bodyStall ?? 30_000,
                writeStall: listen.timeouts.writeStall ?? 60_000,
                keepAlive: listen.timeouts.keepAlive ?? 75_000),
            origins: listen.origins.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            trustedProxies: listen.trustedProxies)
    }

    private func discovery() -> ResolvedSpec.Discovery? {
        switch document.discovery {
        case .off: nil
        case .on(let interval, let timeout):
            ResolvedSpec.Discovery(interval: interval ?? 60_000, timeout: timeout ?? 2_000)
        case nil: ResolvedSpec.Discovery(interval: 60_000, timeout: 2_000)
        }
    }

    /// Rule 9 of the language: without anything to protect, absent means open.
    private func anonymous() -> ResolvedSpec.Anonymous {
        guard let written = document.anonymous?.value else {
            let isOpen =
                document.keys.isEmpty && !document.includes.contains { $0.mayDefineKeys }
                && !endpoints.contains(where: Resolver.hasSecret)
            return isOpen ? .open : .deny
        }
        switch written {
        case .deny: return .deny
        case .allow: return .allow
        case .some(let models, let listModels, let readsStats):
            return .some(models: models, listModels: listModels, readsStats: readsStats)
        }
    }

    private static func hasSecret(_ endpoint: ResolvedSpec.Endpoint) -> Bool {
        switch endpoint.credential {
        case .file, .env: return true
        case .none, .client: break
        }
        return endpoint.headers.contains { header in
            if case .literal = header.value { false } else { true }
        }
    }
}

extension Diagnostic {
    fileprivate static func duplicateName(
        _ kind: String, _ name: Spanned<String>, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .duplicateName, "\(kind) have different names, and \(quoted(name.value)) is here twice",
            at: Label(name.span, "the second"), also: [Label(earlier, "the first")])
    }

    fileprivate static func unknownPool(
        _ name: Spanned<String>, nearest: String?, isEndpoint: Bool
    ) -> Diagnostic {
        var diagnostic = unknown(.unknownPool, "pool", name, nearest)
        if isEndpoint {
            diagnostic.help = "\(quoted(name.value)) is an endpoint: name a pool that has it"
            diagnostic.fixIts = []
        }
        return diagnostic
    }

    fileprivate static func unknownKeyName(
        _ name: Spanned<String>, nearest: String?
    ) -> Diagnostic {
        unknown(.unknownKeyName, "key", name, nearest)
    }

    fileprivate static func unknownEndpoint(
        _ name: Spanned<String>, nearest: String?
    ) -> Diagnostic {
        var diagnostic = unknown(.unknownEndpoint, "endpoint", name, nearest)
        let hasPort = HostText.split(name.value[...])?.port != nil
        let isAddress = hasPort || HostText.isIPv4(name.value[...])
        if isAddress || (nearest == nil && (name.value.contains(".") || name.value == "localhost"))
        {
            let url = "http://\(name.value)"
            diagnostic.help = "did you mean the URL \(url)?"
            diagnostic.fixIts = [FixIt(name.span, "\"\(url)\"", .maybeIncorrect)]
        }
        return diagnostic
    }

    private static func unknown(
        _ code: DiagnosticCode, _ kind: String, _ name: Spanned<String>, _ nearest: String?
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            code, "there is no \(kind) \(quoted(name.value))",
            at: Label(name.span, "no \(kind) has this name"),
            help: "define it under '\(kind)s', or write the name of one that is there")
        if let nearest {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(name.span, nearest, .maybeIncorrect)]
        }
        return diagnostic
    }

    fileprivate static func weightsTooLarge(_ weight: UInt32, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badNumber,
            "the weights of one endpoint in a pool are at most 1000 in all, not \(weight)",
            at: Label(span))
    }

    fileprivate static func nobodyAsked(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .contradiction, "no endpoint is asked for its models, so none is discovered",
            at: Label(span, "would never be known"),
            help: "delete 'discovery: none' from defaults, or list the models")
    }

    fileprivate static func differently(
        _ name: String, at span: SourceSpan, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .contradiction, "an endpoint that is in a pool twice has one \(name)",
            at: Label(span, "differs"), also: [Label(earlier, "from this")])
    }
}
