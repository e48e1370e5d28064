/// R309: `send_as: "*"` stands for what the star matched, so there must be one.
enum StarWithoutStarCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for rule in input.document.models {
            guard let sendAs = rule.sendAs, sendAs.value == .star else { continue }
            for matcher in rule.matchers where starCount(matcher) != 1 {
                findings.add(.starWithoutStar(at: matcher.place, sendAs: sendAs.span))
            }
        }
    }

    private static func starCount(_ matcher: Matcher) -> Int {
        guard case .glob(let glob) = matcher.kind else { return 0 }
        return glob.utf8.count { $0 == UInt8(ascii: "*") }
    }
}

extension Diagnostic {
    fileprivate static func starWithoutStar(
        at span: SourceSpan, sendAs: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .starWithoutStar,
            "send_as \"*\" is what the star matched, so a matcher has exactly one",
            at: Label(span, "not exactly one star"), also: [Label(sendAs, "asked for here")],
            help: "write the id to send, or a matcher such as 'openai/*'")
    }
}
