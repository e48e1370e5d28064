/// R306: one endpoint twice in a pool is one endpoint with more weight.
enum RepeatedEndpointCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for pool in input.document.pools {
            var first: [String: (place: SourceSpan, weight: UInt32)] = [:]
            for member in pool.members {
                let (identity, isNamed) = identity(of: member.target)
                let weight = member.weight?.value ?? 1
                guard let earlier = first[identity] else {
                    first[identity] = (member.span, weight)
                    continue
                }
                let sum = earlier.weight + weight
                first[identity] = (earlier.place, sum)
                findings.add(
                    .repeatedEndpoint(
                        identity, isNamed: isNamed, pool: pool.name?.value ?? "", weight: sum,
                        at: member.span, earlier: earlier.place))
            }
        }
    }

    /// What an endpoint is known by: its name, else its URL.
    private static func identity(
        of target: SpecDocument.Member.Target
    ) -> (text: String, isNamed: Bool) {
        switch target {
        case .name(let name): (name.value, true)
        case .inline(let endpoint):
            (endpoint.name?.value ?? endpoint.url?.value.text ?? "", endpoint.name != nil)
        }
    }
}

extension Diagnostic {
    fileprivate static func repeatedEndpoint(
        _ identity: String, isNamed: Bool, pool: String, weight: UInt32, at span: SourceSpan,
        earlier: SourceSpan
    ) -> Diagnostic {
        let written = isNamed ? "use: \(identity)" : "url: \"\(identity)\""
        return Diagnostic(
            .repeatedEndpoint,
            "\(named("pool", pool)) has the endpoint \(quoted(identity)) twice",
            at: Label(span, "again"), also: [Label(earlier, "the first")],
            notes: ["it counts once, with weight \(weight) and one state"],
            help: "write { \(written), weight: \(weight) } once")
    }
}
