/// R311: for a pinned key nobody looks at models, so a list of them would restrict nothing.
enum PinnedWithModelsCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for key in input.document.keys {
            guard let pin = key.pin, let models = key.modelsSpan else { continue }
            findings.add(.pinnedWithModels(key.name?.value ?? "", at: models, pin: pin.span))
        }
    }
}

extension Diagnostic {
    fileprivate static func pinnedWithModels(
        _ name: String, at span: SourceSpan, pin: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .pinnedWithModels,
            "a pinned key has no list of models, and \(named("key", name)) has one",
            at: Label(span, "this would restrict nothing"),
            also: [Label(pin, "every path and any model goes here")],
            help: "delete one of the two; paths: restricts a pinned key")
    }
}
