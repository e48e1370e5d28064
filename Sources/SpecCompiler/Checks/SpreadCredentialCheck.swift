/// R328: one credential for the hosts of two owners tells one the secret of the other.
///
/// Hosts have different owners if both are public names without a label in common, short labels
/// and the last aside; `eu.models.example` and `models.example` are of one owner.
enum SpreadCredentialCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var first: [ResolvedSpec.Credential: ResolvedSpec.Endpoint] = [:]
        for endpoint in input.spec.endpoints {
            guard let secret = endpoint.presentedSecret, endpoint.url.isPublicName,
                !endpoint.url.ownerLabels.isEmpty
            else {
                continue
            }
            guard let earlier = first[secret] else {
                first[secret] = endpoint
                continue
            }
            if endpoint.url.ownerLabels.isDisjoint(with: earlier.url.ownerLabels) {
                findings.add(.spreadCredential(secret, endpoint, earlier))
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func spreadCredential(
        _ secret: ResolvedSpec.Credential, _ endpoint: ResolvedSpec.Endpoint,
        _ earlier: ResolvedSpec.Endpoint
    ) -> Diagnostic {
        Diagnostic(
            .spreadCredential,
            "\(quoted(secret.text)) is sent to \(quoted(earlier.url.host)) "
                + "and to \(quoted(endpoint.url.host))",
            at: Label(endpoint.place, "another host"),
            also: [Label(earlier.place, "than this one's")],
            notes: ["each of them learns the secret of the other"],
            help: "give each its own credential")
    }
}
