/// R310: the environment of a running process does not change, so such a secret cannot rotate.
enum EnvironmentSecretCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for key in input.spec.keys {
            for secret in key.secrets {
                if case .env(let variable) = secret.value {
                    findings.add(.environmentSecret(variable, of: key.name, at: secret.place))
                }
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func environmentSecret(
        _ variable: String, of key: String, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .environmentSecret,
            "the secret of \(named("key", key)) is read once, at the start, from "
                + quoted(variable),
            at: Label(span, "a reload does not see a new value"),
            help: "file:/path is read again at every reload")
    }
}
