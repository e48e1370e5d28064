/// R333: port 443 speaks TLS and port 80 does not.
enum OtherPortCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for endpoint in input.spec.endpoints {
            switch (endpoint.url.scheme, endpoint.url.port) {
            case (.http, 443), (.https, 80): findings.add(.otherPort(endpoint))
            default: break
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func otherPort(_ endpoint: ResolvedSpec.Endpoint) -> Diagnostic {
        let isPlain = endpoint.url.scheme == .http
        let (own, other) = isPlain ? ("http", "https") : ("https", "http")
        return Diagnostic(
            .otherPort,
            "port \(endpoint.url.port) is that of \(other)://, "
                + "and \(named("endpoint", endpoint.name)) has it behind \(own)://",
            at: Label(endpoint.urlPlace, "\(own):// to port \(endpoint.url.port)"),
            help: "write \(other)://, or the port at which the server speaks \(own)")
    }
}
