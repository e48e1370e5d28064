/// R322: a pool to which no rule and no pin leads serves nobody.
enum UnusedPoolCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let document = input.document
        var used = Set(document.models.lazy.flatMap(\.pools).map(\.value))
        used.formUnion(document.keys.lazy.compactMap(\.pin?.value))
        let candidates = document.pools.compactMap { pool in
            pool.models.isEmpty ? pool.name.map { ($0, pool.span) } : nil
        }.filter { !used.contains($0.0.value) }
        if candidates.isEmpty { return }
        for name in Mentions(input, findings).unused(candidates) {
            findings.add(.unusedPool(name))
        }
    }
}

extension Diagnostic {
    fileprivate static func unusedPool(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusedPool, "no model rule and no key leads to \(named("pool", name.value))",
            at: Label(name.span, "gets no requests"),
            help: "give it models, name it in a rule, or delete it")
    }
}
