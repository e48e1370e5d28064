/// Addresses to listen on.
extension SpecDecoder {
    /// `host:port`, `[ipv6]:port` or `unix:/path`.
    mutating func address(_ node: Int, _ what: String) -> Spanned<ResolvedSpec.Address>? {
        guard let text = text(node, what) else { return nil }
        guard let address = AddressText.address(text.value) else {
            findings.add(.badAddress(what, text))
            return nil
        }
        return Spanned(address, at: text.span)
    }
}

/// What makes a text an address.
enum AddressText {
    static func address(_ text: String) -> ResolvedSpec.Address? {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            return HostText.isSocketPath(path) ? .unix(path: String(path)) : nil
        }
        guard let (host, port) = HostText.split(Substring(text)), let port else { return nil }
        return .tcp(host: host, port: port)
    }
}

extension Diagnostic {
    fileprivate static func badAddress(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badAddress,
            "\(what) is host:port, [ipv6]:port or unix:/path, not "
                + quoted(text.value),
            at: Label(text.span))
        let value = text.value
        if value.hasPrefix("unix:") {
            diagnostic.help = "the path of a socket is absolute and has at most 107 bytes"
        } else if let scheme = value.firstRange(of: "://") {
            diagnostic.help = "an address has no scheme"
            let rest = value[scheme.upperBound...]
            if AddressText.address(String(rest)) != nil {
                diagnostic.help = "an address has no scheme: \(rest)"
                diagnostic.fixIts = [FixIt(text.span, "\"\(rest)\"", .maybeIncorrect)]
            }
        } else if value.first == ":", HostText.port(value.dropFirst()) != nil {
            diagnostic.help =
                "0.0.0.0\(value) is all of IPv4, [::]\(value) is all, "
                + "127.0.0.1\(value) is this machine only"
        } else if value.hasPrefix("*:"), HostText.port(value.dropFirst(2)) != nil {
            let port = value.dropFirst()
            diagnostic.help = "0.0.0.0\(port) is all of IPv4, [::]\(port) is all"
        } else if HostText.port(value[...]) != nil {
            diagnostic.help = "127.0.0.1:\(value) is this machine only"
        } else {
            let fault = HostText.fault(value.prefix { $0 != "/" }, least: 0)
            let isPath = value.contains("/")
            diagnostic.primary.text =
                isPath ? "an address has no path" : "an address " + fault.rule
            diagnostic.help = isPath ? nil : fault.help
            if !isPath, AddressText.address(value + ":8080") != nil {
                diagnostic.primary.text = "an address has a port"
                diagnostic.help = "write \(value):8080, or another port"
            }
        }
        return diagnostic
    }
}
