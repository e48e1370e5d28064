internal import TableFormat

/// How each endpoint is asked whether it is well: what it says itself, over what its pools say,
/// over `defaults`, leaf by leaf.
///
/// An endpoint has one state, whatever pools use it. So pools that use the same one and say
/// different things of it are a mistake, unless what they differ in the endpoint says itself.
struct HealthOfEndpoints {
    private typealias Said = (health: SpecDocument.Health, pool: SpecDocument.Pool)

    private let document: SpecDocument
    /// What endpoints say themselves, by the names that they have in the table.
    private var own: [String: SpecDocument.Health] = [:]
    /// What pools say of each endpoint; nothing from those that say nothing.
    private var ofPools: [Int: [Said]] = [:]

    /// The probes of endpoints that have some, by their index.
    static func settle(
        _ document: SpecDocument, _ endpoints: [ResolvedSpec.Endpoint],
        _ pools: [ResolvedSpec.Pool], _ findings: inout Findings
    ) -> [(endpoint: Int, health: ResolvedSpec.Health)] {
        let all = HealthOfEndpoints(document, pools)
        return endpoints.indices.compactMap { index in
            all.health(of: index, endpoints[index], &findings).map { (index, $0) }
        }
    }

    private init(_ document: SpecDocument, _ pools: [ResolvedSpec.Pool]) {
        self.document = document
        let inline = document.pools.lazy.flatMap(\.members).compactMap { member in
            if case .inline(let endpoint) = member.target { endpoint } else { nil }
        }
        for endpoint in document.endpoints + Array(inline) {
            guard let name = endpoint.name?.value ?? endpoint.url?.value.text, own[name] == nil
            else { continue }
            own[name] = endpoint.health
        }
        for (pool, written) in zip(pools, document.pools) {
            if case .inherited = written.health { continue }
            for member in pool.members {
                ofPools[member.endpoint, default: []].append((written.health, written))
            }
        }
    }

    private func health(
        of index: Int, _ endpoint: ResolvedSpec.Endpoint, _ findings: inout Findings
    ) -> ResolvedSpec.Health? {
        let said = ofPools[index] ?? []
        let own = own[endpoint.name] ?? .inherited
        let first = health(of: endpoint, [document.health, said.first?.health, own])
        var result = first
        for other in said.dropFirst() {
            let health = health(of: endpoint, [document.health, other.health, own])
            guard health != first else { continue }
            findings.add(.differentHealth(endpoint, other.pool, earlier: said[0].pool))
            // Somebody wants it to be asked, so no check says that nobody is.
            result = result ?? health
        }
        return result
    }

    private static let standard = ResolvedSpec.Health(
        path: "", interval: 10_000, timeout: 2_000, fall: 3, rise: 2)

    private func health(
        of endpoint: ResolvedSpec.Endpoint, _ layers: [SpecDocument.Health?]
    ) -> ResolvedSpec.Health? {
        let ofKind = EndpointKind(endpoint.kind).healthPath(basePath: endpoint.url.basePath)
        var path = ofKind
        var health = HealthOfEndpoints.standard
        var isOn = true
        for layer in layers {
            switch layer {
            case nil, .inherited?: break
            case .off?:
                // What switches it on again begins anew.
                isOn = false
                path = ofKind
                health = HealthOfEndpoints.standard
            case .on(let probes)?:
                isOn = true
                path = probes.path ?? path
                health.interval = probes.interval ?? health.interval
                health.timeout = probes.timeout ?? health.timeout
                health.fall = probes.fall ?? health.fall
                health.rise = probes.rise ?? health.rise
            }
        }
        guard isOn, let path else { return nil }
        health.path = path
        return health
    }
}

extension SpecDocument.Health {
    /// Where it was written.
    var span: SourceSpan? {
        switch self {
        case .inherited: nil
        case .off(let span): span
        case .on(let probes): probes.span
        }
    }
}

extension Diagnostic {
    /// R345: pools that share an endpoint and do not agree.
    fileprivate static func differentHealth(
        _ endpoint: ResolvedSpec.Endpoint, _ pool: SpecDocument.Pool,
        earlier: SpecDocument.Pool
    ) -> Diagnostic {
        Diagnostic(
            .differentHealth,
            "\(named("endpoint", endpoint.name)) is probed in one way, and two of its pools say"
                + " different things",
            at: Label(pool.health.span ?? pool.span, "this"),
            also: [
                Label(earlier.health.span ?? earlier.span, "and this"),
                Label(endpoint.place, "the endpoint"),
            ],
            help: "write 'health' where the endpoint is defined, or the same in both pools")
    }
}
