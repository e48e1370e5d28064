/// R327: what goes over the internet in plain text is read by others.
enum PlainCredentialCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for endpoint in input.spec.endpoints where endpoint.url.scheme == .http {
            guard let secret = endpoint.presentedSecret, endpoint.url.isPublic else { continue }
            findings.add(.plainCredential(endpoint, secret))
        }
    }
}

extension Diagnostic {
    fileprivate static func plainCredential(
        _ endpoint: ResolvedSpec.Endpoint, _ secret: ResolvedSpec.Credential
    ) -> Diagnostic {
        Diagnostic(
            .plainCredential,
            "\(quoted(secret.text)) is sent to \(quoted(endpoint.url.host)) without TLS",
            at: Label(endpoint.urlPlace, "begins with http://"),
            notes: ["whoever sees the traffic on its way can read the secret"],
            help: "write https://")
    }
}
