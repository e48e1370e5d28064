/// Which hosts are reached over the internet, as far as their names tell.
extension HostText {
    /// Whether a host that `split` took is no machine of one's own: neither a private address, nor
    /// a name that only one's own resolver knows.
    static func isPublic(_ host: String) -> Bool {
        if host.contains(":") { return isPublicIPv6(host) }
        if isIPv4(host[...]) { return isPublicIPv4(host) }
        let labels = host.split(separator: ".")
        guard labels.count > 1, let last = labels.last else { return false }
        let own = ["internal", "local", "lan", "localhost", "home", "corp", "intranet", "test"]
        return !own.contains(String(last)) && !host.hasSuffix(".home.arpa")
            && !host.hasSuffix(".svc")
    }

    /// Private, loopback, link-local, shared by carriers, or none that one host has.
    private static func isPublicIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        return switch (parts[0], parts[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168), (224..., _): false
        case (172, 16...31), (100, 64...127), (198, 18...19): false
        default: true
        }
    }

    /// Global unicast begins with 2 or 3 (RFC 4291).
    private static func isPublicIPv6(_ host: String) -> Bool {
        let first = host.prefix { $0 != ":" }
        return first.utf8.count == 4 && (first.hasPrefix("2") || first.hasPrefix("3"))
    }
}

extension EndpointURL {
    /// Whether the host is no machine of one's own; a socket is one, and has no host.
    var isPublic: Bool { HostText.isPublic(host) }

    /// Whether the host is a public name, whose labels say whose it is.
    var isPublicName: Bool {
        isPublic && !HostText.isAddress(host)
    }

    /// The labels of the host that can name its owner: neither the last nor short ones.
    var ownerLabels: Set<Substring> {
        Set(host.split(separator: ".").dropLast().filter { $0.utf8.count > 3 })
    }
}

extension ResolvedSpec.Endpoint {
    /// The first secret that the router itself presents to it.
    var presentedSecret: ResolvedSpec.Credential? {
        switch credential {
        case .file, .env: return credential
        case .none, .client: break
        }
        for header in headers {
            switch header.value {
            case .file(let path): return .file(path)
            case .env(let name): return .env(name)
            case .literal: break
            }
        }
        return nil
    }
}

extension ResolvedSpec.Credential {
    /// As the spec writes it.
    var text: String {
        switch self {
        case .none: "none"
        case .client: "client"
        case .file(let path): "file:" + path
        case .env(let name): "env:" + name
        }
    }
}
