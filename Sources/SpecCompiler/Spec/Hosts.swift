/// Hosts and ports as they stand in addresses and URLs.
enum HostText {
    /// Takes `host:port`, `[ipv6]:port`, or either without port, apart; nil where it is neither.
    ///
    /// The host comes back in lower case and without brackets, a missing port as nil.
    static func split(_ text: Substring) -> (host: String, port: UInt16?)? {
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard isIPv6(host) else { return nil }
            if rest.isEmpty { return (host.lowercased(), nil) }
            guard rest.first == ":", let port = port(rest.dropFirst()) else { return nil }
            return (host.lowercased(), port)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, isName(parts[0]) || isIPv4(parts[0]) else { return nil }
        if parts.count == 1 { return (parts[0].lowercased(), nil) }
        guard let port = port(parts[1]) else { return nil }
        return (parts[0].lowercased(), port)
    }

    /// A port without leading zeros.
    static func port(_ text: Substring) -> UInt16? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return nil }
        guard text.utf8.count == 1 || text.first != "0" else { return nil }
        return UInt16(text)
    }

    /// Whether a host that `split` took is an IP address.
    static func isAddress(_ host: String) -> Bool {
        host.contains(":") || isIPv4(host[...])
    }

    /// Whether a host that `split` took is this machine alone, by its name or its address.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && isIPv4(host[...])
    }

    /// Four numbers; a name whose last label is a number is no name (RFC 1123 as browsers read it).
    static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                let isNumber = !part.isEmpty && part.utf8.allSatisfy(isDigit)
                let isPlain = part.utf8.count == 1 || part.first != "0"
                return isNumber && isPlain && UInt8(part) != nil
            }
    }

    /// A host name: labels of letters, digits, `-` and `_`, 253 bytes at most.
    static func isName(_ text: Substring) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let areWellFormed = labels.allSatisfy { label in
            guard !label.isEmpty, label.utf8.count <= 63 else { return false }
            guard label.first != "-", label.last != "-" else { return false }
            return label.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
        }
        guard areWellFormed, let last = labels.last else { return false }
        return !last.utf8.allSatisfy(isDigit)
    }

    /// An IPv6 address (RFC 4291, section 2.2), without zone.
    static func isIPv6(_ text: Substring) -> Bool {
        let halves = text.components(separatedBy: "::")
        guard halves.count <= 2 else { return false }
        var groupCount = 0
        for (position, half) in halves.enumerated() where !half.isEmpty {
            let groups = half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, group) in groups.enumerated() {
                let isLast = position == halves.count - 1 && index == groups.count - 1
                if isLast, group.contains(".") {
                    guard isIPv4(group) else { return false }
                    groupCount += 2
                } else {
                    guard (1...4).contains(group.utf8.count), group.allSatisfy(\.isHexDigit),
                        group.utf8.allSatisfy({ $0 < 0x80 })
                    else {
                        return false
                    }
                    groupCount += 1
                }
            }
        }
        return halves.count == 2 ? groupCount <= 7 : groupCount == 8
    }

    /// An absolute path of a socket that fits into `sockaddr_un`.
    static func isSocketPath(_ path: Substring) -> Bool {
        path.first == "/" && path.utf8.count <= 107 && path.utf8.count > 1
            && path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}

extension Substring {
    /// The parts of a text between occurrences of a separator of two characters.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
