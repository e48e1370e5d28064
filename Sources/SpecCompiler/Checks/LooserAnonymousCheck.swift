/// R332: where a request without a key may do everything, no key restricts anybody.
enum LooserAnonymousCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard let anonymous = input.document.anonymous, case .allow = anonymous.value else {
            return
        }
        // One says it for all.
        for key in input.document.keys where key.pin == nil {
            let name = key.name?.value ?? ""
            if let models = key.modelsSpan {
                findings.add(.looserAnonymous("models", name, at: anonymous.span, key: models))
                return
            }
            if key.paths != nil {
                let span = key.name?.span ?? key.span
                findings.add(.looserAnonymous("paths", name, at: anonymous.span, key: span))
                return
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func looserAnonymous(
        _ what: String, _ key: String, at span: SourceSpan, key place: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .looserAnonymous,
            "without a key everything is allowed, so '\(what)' of \(named("key", key)) "
                + "restricts nobody",
            at: Label(span, "for whoever sends no key"),
            also: [Label(place, "less than that")],
            help: "write anonymous: deny, or what requests without a key may use")
    }
}
