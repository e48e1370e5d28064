/// R335: what a list names twice was meant to be something else, or is too much.
enum RepeatedMatcherCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for key in input.document.keys {
            report(key.models ?? [], "models of \(named("key", key.name?.value ?? ""))", &findings)
            report(key.paths ?? [], "paths of \(named("key", key.name?.value ?? ""))", &findings)
        }
        if case .some(let models, _, _) = input.spec.anonymous {
            report(models, "models of anonymous", &findings)
        }
    }

    private static func report(
        _ matchers: [Matcher], _ list: @autoclosure () -> String, _ findings: inout Findings
    ) {
        guard matchers.count > 1 else { return }
        var first: [Matcher.Kind: Matcher] = [:]
        for matcher in matchers {
            if let earlier = first[matcher.kind] {
                findings.add(.repeatedMatcher(list(), at: matcher.place, earlier: earlier.place))
            } else {
                first[matcher.kind] = matcher
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func repeatedMatcher(
        _ list: String, at span: SourceSpan, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .repeatedMatcher, "\(list) name one thing twice", at: Label(span, "again"),
            also: [Label(earlier, "the first")], help: "delete one, or write what was meant")
    }
}
