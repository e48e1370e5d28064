internal import TableFormat

/// R346: how to ask, where nobody is asked since there is nothing to ask for.
enum IdleHealthCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let resolved = Dictionary(
            input.spec.endpoints.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let inline = input.document.pools.lazy.flatMap(\.members).compactMap { member in
            if case .inline(let endpoint) = member.target { endpoint } else { nil }
        }
        for endpoint in input.document.endpoints + Array(inline) {
            guard case .on(let probes) = endpoint.health, let name = endpoint.name?.value,
                let meant = resolved[name], meant.health == nil
            else { continue }
            findings.add(.idleHealth(probes.span, [meant]))
        }
        for (pool, written) in zip(input.spec.pools, input.document.pools) {
            guard case .on(let probes) = written.health, written.hasAllMembers else { continue }
            let members = pool.members.map { input.spec.endpoints[$0.endpoint] }
            guard !members.isEmpty, members.allSatisfy({ $0.health == nil }) else { continue }
            findings.add(.idleHealth(probes.span, members))
        }
    }
}

extension Diagnostic {
    fileprivate static func idleHealth(
        _ span: SourceSpan, _ endpoints: [ResolvedSpec.Endpoint]
    ) -> Diagnostic {
        // The others say themselves that they are not asked.
        let pathless = endpoints.map { EndpointKind($0.kind) }.filter {
            $0.healthPath(basePath: "") == nil
        }
        let kinds = Set(pathless.map { "\($0)" }).sorted()
        return Diagnostic(
            .idleHealth, "this asks no endpoint whether it is well",
            at: Label(span, "without effect"),
            notes: kinds.map { "kind \($0) has no path of its own for that" },
            help: "add 'path', or say which 'kind' the endpoint is")
    }
}
