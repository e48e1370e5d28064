/// What is wrong with a host and port, in words: a rule that continues "the URL ...", and help.
struct HostFault {
    var rule: String
    var help: String?
}

extension HostText {
    /// What is wrong with a text that `split` refused, or whose port is below `least`.
    static func fault(_ text: Substring, least: UInt16) -> HostFault {
        if text.isEmpty { return HostFault(rule: "has a host, and this has none") }
        if text.contains("${") || text.first == "$" || text.contains("{{") {
            return HostFault(
                rule: "is written out: a spec has no variables",
                help: "write the name of the host in the place of the variable")
        }
        if text.first == "[" { return bracketFault(text, least: least) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 2 {
            guard isIPv6(text) || isIPv6(text.prefix { $0 != "%" }) else {
                return HostFault(rule: "has one colon, before the port", help: ipv6Help)
            }
            let host = text.dropLast((parts.last?.count ?? 0) + 1)
            let meant = isIPv6(host) ? "[\(host)]:\(parts.last ?? "")" : "[\(text)]:8080"
            return HostFault(
                rule: "has its IPv6 address in brackets", help: "write \(meant)")
        }
        if let fault = hostFault(parts[0]) { return fault }
        return portFault(parts.count == 2 ? parts[1] : nil, least: least)
    }

    private static let ipv6Help = "an IPv6 address stands in brackets: [::1]:8080"

    private static func bracketFault(_ text: Substring, least: UInt16) -> HostFault {
        guard let close = text.firstIndex(of: "]") else {
            return HostFault(rule: "closes the bracket of its IPv6 address", help: ipv6Help)
        }
        let host = text[text.index(after: text.startIndex)..<close]
        guard isIPv6(host) else {
            let zone = host.contains("%") ? "a zone such as %eth0 cannot stand here" : ipv6Help
            return HostFault(
                rule: "has an IPv6 address in its brackets, and \(quoted(String(host))) is none",
                help: zone)
        }
        let rest = text[text.index(after: close)...]
        if !rest.isEmpty, rest.first != ":" {
            return HostFault(rule: "has a colon and the port after its brackets", help: ipv6Help)
        }
        return portFault(rest.isEmpty ? nil : rest.dropFirst(), least: least)
    }

    private static func hostFault(_ host: Substring) -> HostFault? {
        if isName(host) || isIPv4(host) { return nil }
        let shown = quoted(String(host))
        if host.isEmpty { return HostFault(rule: "has a host before its port") }
        if host == "*" {
            return HostFault(
                rule: "has a host, and '*' is none",
                help: "write the name or address of one server")
        }
        let other = host.unicodeScalars.first { scalar in
            let byte = UInt8(truncatingIfNeeded: scalar.value)
            return !scalar.isASCII
                || !(isLetter(byte) || isDigit(byte) || "-_.".utf8.contains(byte))
        }
        if let other {
            if other == " " { return HostFault(rule: "has no space in its host") }
            let name = sign(other) ?? quoted(String(other))
            return HostFault(
                rule: "has a host of letters, digits, '-' and '.', without \(name)",
                help: other.isASCII ? nil : "write an international name in its ASCII form, xn--..."
            )
        }
        if host.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) {
            return HostFault(
                rule: "has a host, and \(shown) is no address of four numbers from 0 to 255")
        }
        return HostFault(
            rule: "has a host, and \(shown) is no name of one",
            help: "labels of at most 63 bytes, with single dots between them")
    }

    private static func portFault(_ port: Substring?, least: UInt16) -> HostFault {
        guard let port, !port.isEmpty else { return HostFault(rule: "has a port after its host") }
        let shown = quoted(String(port))
        guard port.utf8.allSatisfy(isDigit) else {
            return HostFault(rule: "has a number as its port, and \(shown) is none")
        }
        let digits = port.drop { $0 == "0" }
        guard let number = UInt64(digits.isEmpty ? "0" : digits), number <= 65535 else {
            return HostFault(rule: "has a port up to 65535, and \(port.prefix(20)) is above")
        }
        if number < UInt64(least) {
            return HostFault(rule: "has a port from 1 to 65535, and \(shown) is none")
        }
        return HostFault(
            rule: "has a port without leading zeros", help: "write \(number) for \(shown)")
    }
}
