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
        } else if value.contains("://") {
            diagnostic.help = "an address has no scheme"
        } else if value.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1, value.first != "[" {
            diagnostic.help = "an IPv6 address stands in brackets: [::1]:8080"
        } else if value.first == ":" {
            diagnostic.help =
                "0.0.0.0\(value) is all of IPv4, [::]\(value) is all, "
                + "127.0.0.1\(value) is this machine only"
        } else if value.utf8.allSatisfy(isDigit) {
            diagnostic.help = "127.0.0.1:\(value) is this machine only"
        } else if !value.contains(":") {
            diagnostic.help = "the port is missing"
        }
        return diagnostic
    }
}
