/// R329: a router that is its own endpoint sends a request round and round.
///
/// Only addresses and `localhost` are looked at, and only beside a written `listen.address`.
enum OwnAddressCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var own: [(name: String, address: Spanned<ResolvedSpec.Address>)] = []
        if let listen = input.document.listen.address { own.append(("listen.address", listen)) }
        if let admin = input.document.admin { own.append(("admin.address", admin)) }
        for endpoint in input.spec.endpoints {
            for (name, address) in own where isSame(endpoint.url, address.value) {
                findings.add(.ownAddress(endpoint, name, at: address.span))
            }
        }
    }

    private static func isSame(_ url: EndpointURL, _ address: ResolvedSpec.Address) -> Bool {
        switch address {
        case .unix(let path):
            return url.scheme == .unix && url.socketPath == path
        case .tcp(let host, let port):
            guard url.scheme != .unix, port != 0, url.port == port else { return false }
            if url.host == host { return true }
            // Who listens on all addresses of this machine listens on its own.
            return HostText.isLoopback(url.host) && (host == "0.0.0.0" || host == "::")
                || url.host == "localhost" && (host == "127.0.0.1" || host == "::1")
        }
    }
}

extension Diagnostic {
    fileprivate static func ownAddress(
        _ endpoint: ResolvedSpec.Endpoint, _ name: String, at own: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .ownAddress,
            "\(named("endpoint", endpoint.name)) is the router itself, which has this \(name)",
            at: Label(endpoint.place, "a request would come back"),
            also: [Label(own, "the same address")],
            help: "write the address of the model server, or give the router another port")
    }
}
