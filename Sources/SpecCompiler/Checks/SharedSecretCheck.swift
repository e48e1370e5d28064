/// R304: a secret says who somebody is, so no two keys have the same.
enum SharedSecretCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var owners: [ResolvedSpec.Secret.Value: (key: Int, place: SourceSpan)] = [:]
        owners.reserveCapacity(input.spec.keys.count)
        for (index, key) in input.spec.keys.enumerated() {
            for secret in key.secrets {
                guard let owner = owners[secret.value] else {
                    owners[secret.value] = (index, secret.place)
                    continue
                }
                if owner.key == index {
                    findings.add(.repeatedSecret(key.name, secret.place, owner.place))
                } else {
                    let other = input.spec.keys[owner.key].name
                    findings.add(.sharedSecret(key.name, other, secret.place, owner.place))
                }
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func sharedSecret(
        _ name: String, _ other: String, _ span: SourceSpan, _ earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .sharedSecret,
            name.isEmpty || other.isEmpty
                ? "two keys have one secret"
                : "keys \(quoted(other)) and \(quoted(name)) have one secret",
            at: Label(span, "the same secret"), also: [Label(earlier, "the first")],
            help: "a request is known by its secret alone: give each key its own, by "
                + "'routerc key new'")
    }

    fileprivate static func repeatedSecret(
        _ name: String, _ span: SourceSpan, _ earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .sharedSecret, "\(named("key", name)) has one secret twice",
            at: Label(span, "the second"), also: [Label(earlier, "the first")],
            help: "delete one of them")
    }
}
