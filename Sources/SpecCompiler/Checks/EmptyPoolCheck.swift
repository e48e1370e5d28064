/// R301: a pool without endpoints answers nothing.
enum EmptyPoolCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for pool in input.document.pools where pool.hasAllMembers && pool.members.isEmpty {
            findings.add(.emptyPool(pool.name?.value ?? "", at: pool.name?.span ?? pool.span))
        }
    }
}

extension Diagnostic {
    fileprivate static func emptyPool(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyPool, "a pool has at least one endpoint, and \(named("pool", name)) has none",
            at: Label(span), help: "give it an endpoint, or delete it with the rules that name it")
    }
}
