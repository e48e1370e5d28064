/// R318: a model that is skipped is not routed, so a rule that spells it out gets nothing.
enum SkippedRuleCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard !input.spec.skipped.isEmpty else { return }
        let skipped = MatcherSet(input.spec.skipped)
        for rule in input.spec.allRules {
            guard case .exact(let name) = rule.matcher.kind, skipped.matches(name) else { continue }
            let cause = input.spec.skipped.first { MatcherSet([$0]).matches(name) }
            findings.add(.skippedRule(name, at: rule.matcher.place, skip: cause?.place))
        }
    }
}

extension Diagnostic {
    fileprivate static func skippedRule(
        _ name: String, at span: SourceSpan, skip: SourceSpan?
    ) -> Diagnostic {
        Diagnostic(
            .skippedRule, "the model \(quoted(name)) is skipped, so its rule gets no requests",
            at: Label(span, "never reached"),
            also: skip.map { [Label($0, "skipped here")] } ?? [],
            help: "delete the rule, or take the model out of skip.models")
    }
}
