/// R339: a pool whose endpoints all drain has nobody for a new request.
enum DrainedPoolCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for (pool, written) in zip(input.spec.pools, input.document.pools) {
            guard written.hasAllMembers else { continue }
            let taking = pool.members.filter { $0.weight > 0 }
            guard !taking.isEmpty,
                taking.allSatisfy({ input.spec.endpoints[$0.endpoint].drains })
            else { continue }
            findings.add(.drainedPool(pool))
        }
    }
}

extension Diagnostic {
    fileprivate static func drainedPool(_ pool: ResolvedSpec.Pool) -> Diagnostic {
        Diagnostic(
            .drainedPool, "all endpoints of \(named("pool", pool.name)) drain",
            at: Label(pool.place, "nobody here takes a request"),
            help: "delete 'drain: true' of one of them, or lead its models elsewhere first")
    }
}
