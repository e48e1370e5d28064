/// R323: an endpoint that no pool has gets no requests.
enum UnusedEndpointCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let document = input.document
        var used: Set<String> = []
        for member in document.pools.lazy.flatMap(\.members) {
            if case .name(let name) = member.target { used.insert(name.value) }
        }
        let candidates = document.endpoints.compactMap { endpoint in
            endpoint.name.map { ($0, endpoint.span) }
        }.filter { !used.contains($0.0.value) }
        if candidates.isEmpty { return }
        for name in Mentions(input, findings).unused(candidates) {
            findings.add(.unusedEndpoint(name))
        }
    }
}

extension Diagnostic {
    fileprivate static func unusedEndpoint(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusedEndpoint, "no pool has \(named("endpoint", name.value))",
            at: Label(name.span, "gets no requests"),
            help: "name it in 'endpoints' of a pool, or delete it")
    }
}
