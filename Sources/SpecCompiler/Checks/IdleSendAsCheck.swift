/// R331: a model that is sent as itself is sent as itself without `send_as` too.
enum IdleSendAsCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for member in input.document.pools.lazy.flatMap(\.members) {
            for (model, upstream) in member.sendAs where model.value == upstream.value {
                findings.add(.idleSendAs(model.value, at: upstream.span))
            }
        }
        for rule in input.document.models {
            guard let sendAs = rule.sendAs, rule.matchers.count == 1 else { continue }
            switch (rule.matchers[0].kind, sendAs.value) {
            case (.exact(let name), .constant(let id)) where name == id:
                findings.add(.idleSendAs(name, at: sendAs.span))
            case (.glob("*"), .star):
                findings.add(.idleSendAs("*", at: sendAs.span))
            default:
                break
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func idleSendAs(_ id: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .idleSendAs,
            id == "*"
                ? "what '*' matches is the whole id, so send_as \"*\" changes nothing"
                : "\(quoted(id)) is sent as \(quoted(id)), so send_as changes nothing",
            at: Label(span, "the same"),
            help: "write the id that the upstream knows, or delete send_as")
    }
}
