/// R303: a pool whose weights are all 0 gives nothing to anybody.
enum WeightlessPoolCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for pool in input.document.pools {
            guard pool.hasAllMembers, let first = pool.members.first else { continue }
            guard pool.members.allSatisfy({ $0.weight?.value == 0 }) else { continue }
            findings.add(
                .weightlessPool(
                    pool.name?.value ?? "", at: first.weight?.span ?? first.span,
                    pool: pool.name?.span ?? pool.span))
        }
    }
}

extension Diagnostic {
    fileprivate static func weightlessPool(
        _ name: String, at span: SourceSpan, pool: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .weightlessPool, "a pool has a weight above 0, and \(named("pool", name)) has none",
            at: Label(span, "weight 0 gets no requests, and so it is for all"),
            also: [Label(pool, "this pool")])
    }
}
