internal import TableFormat

/// `listen.trusted_proxies`: who may say whom it speaks for.
extension SpecDecoder {
    /// The networks of the list, in the order of the table and none in another.
    mutating func networks(_ node: Int?) -> [IPNetwork] {
        let networks = each(node, "listen.trusted_proxies") { $0.network($1) }
        // The larger ones first, so that what is in another comes behind it.
        let order = networks.indices.sorted {
            let (left, right) = (networks[$0].value, networks[$1].value)
            return left == right ? $0 < $1 : IPNetwork.precedes(left, right)
        }
        var kept: [Spanned<IPNetwork>] = []
        for network in order.map({ networks[$0] }) {
            if network.value.isWhole { findings.add(.trustedEverybody(network)) }
            if let larger = kept.last, larger.value.contains(network.value) {
                findings.add(.networkInAnother(network, larger))
            } else {
                kept.append(network)
            }
        }
        return kept.map(\.value)
    }

    private mutating func network(_ node: Int) -> Spanned<IPNetwork>? {
        guard let text = text(node, "a network") else { return nil }
        switch NetworkText.network(text.value) {
        case .success(let network): return Spanned(network, at: text.span)
        case .failure(let fault):
            findings.add(.badNetwork(fault, text))
            return nil
        }
    }
}

/// What makes a text a network: an address, or one with a slash and the length of its prefix.
enum NetworkText {
    enum Fault: Error, Equatable {
        /// No address before the slash, or at all; what was probably meant.
        case address(meant: String?)
        case name
        case zone
        case socket
        /// The length is no number up to this.
        case prefix(limit: Int)
        /// A mask in the place of the length; the network that it makes.
        case mask(meant: String?)
        /// Bits behind the prefix are set: the network that the address is in, and the address.
        case hostBits(network: String, address: String)
    }

    static func network(_ text: String) -> Result<IPNetwork, Fault> {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if text.hasPrefix("unix:") || text.hasPrefix("/") { return .failure(.socket) }
        guard let address = address(parts[0]) else { return .failure(fault(text, parts[0])) }
        guard parts.count == 2 else { return .success(IPNetwork(of: address, prefix: 128)) }
        // Four numbers have 32 bits, however they are kept.
        let isShort = address.isIPv4 && !parts[0].contains(":")
        let limit = isShort ? 32 : 128
        let digits = parts[1]
        let isPlain = digits.utf8.allSatisfy(isDigit) && (digits.count == 1 || digits.first != "0")
        guard isPlain, let length = Int(digits), length <= limit else {
            if isShort, let mask = self.address(digits), mask.isIPv4 {
                return .failure(.mask(meant: network(of: address, mask: mask)?.text))
            }
            return .failure(.prefix(limit: limit))
        }
        let network = IPNetwork(of: address, prefix: isShort ? length + 96 : length)
        guard network.first == address else {
            return .failure(.hostBits(network: network.text, address: address.text))
        }
        return .success(network)
    }

    private static func address(_ text: Substring) -> IPAddress? {
        let bytes = Array(text.utf8)
        return IPAddress(bytes.rawSpan)
    }

    /// The network of a mask such as 255.255.0.0.
    private static func network(of address: IPAddress, mask: IPAddress) -> IPNetwork? {
        let bits = UInt32(truncatingIfNeeded: mask.bits)
        let length = (~bits).leadingZeroBitCount
        guard length == 32 || bits << length == 0 else { return nil }
        return IPNetwork(of: address, prefix: 96 + length)
    }

    /// Why a text has no address where it should.
    private static func fault(_ text: String, _ host: Substring) -> Fault {
        if host.contains("%"), address(host.prefix { $0 != "%" }) != nil { return .zone }
        let inner = host.drop { $0 == "[" }.prefix { $0 != "]" }
        if host.first == "[", let found = address(inner) {
            return .address(meant: found.text)
        }
        if let (name, port) = HostText.split(host), port != nil, let found = address(name[...]) {
            return .address(meant: found.text)
        }
        if let network = starred(host) { return .address(meant: network.text) }
        return HostText.isName(host) && text == host ? .name : .address(meant: nil)
    }

    /// The network that `10.1.*` was meant for.
    private static func starred(_ text: Substring) -> IPNetwork? {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let known = parts.prefix { $0 != "*" }
        guard known.count < parts.count, !known.isEmpty, parts.count <= 4,
            parts[known.count...].allSatisfy({ $0 == "*" })
        else { return nil }
        parts = known + Array(repeating: "0", count: 4 - known.count)
        return address(Substring(parts.joined(separator: ".")))
            .map { IPNetwork(of: $0, prefix: 96 + 8 * known.count) }
    }
}

extension IPNetwork {
    /// Whether all addresses of its kind are in it.
    fileprivate var isWhole: Bool { prefix == (isIPv4 ? 96 : 0) }
}

extension Diagnostic {
    fileprivate static func trustedEverybody(_ network: Spanned<IPNetwork>) -> Diagnostic {
        Diagnostic(
            .trustedEverybody,
            "\(quoted(network.value.text)) is every address, so whoever connects may say that it "
                + "is another", at: Label(network.span, "everybody is a trusted proxy"),
            help: "write the addresses of your proxies")
    }

    fileprivate static func networkInAnother(
        _ network: Spanned<IPNetwork>, _ larger: Spanned<IPNetwork>
    ) -> Diagnostic {
        let shown = quoted(network.value.text)
        let isSame = network.value == larger.value
        return Diagnostic(
            .repeatedEntry,
            isSame ? "\(shown) is listed already" : "\(shown) is in \(quoted(larger.value.text))",
            at: Label(network.span, isSame ? "the second" : "trusted already"),
            also: [Label(larger.span, isSame ? "the first" : "by this")],
            help: "delete one of them")
    }

    fileprivate static func badNetwork(
        _ fault: NetworkText.Fault, _ text: Spanned<String>
    ) -> Diagnostic {
        var fixes: [String] = []
        let what = quoted(text.value)
        let (rule, help): (String, String)
        switch fault {
        case .address(let meant):
            rule = "a trusted proxy is an IP address or a network, not \(what)"
            help = meant.map { "write \($0)" } ?? "10.0.0.0/8, fd00::/8 and 127.0.0.1 are such"
            fixes = [meant].compactMap(\.self)
        case .name:
            rule = "a trusted proxy is an IP address or a network, and \(what) is a name"
            help =
                text.value == "localhost"
                ? "127.0.0.0/8 and ::1 are this machine"
                : "write its address: who answers for a name could make itself trusted"
        case .zone:
            rule = "the address of a trusted proxy has no zone, and \(what) has one"
            help = "delete what begins with %; fe80::/10 are all link-local addresses"
        case .socket:
            rule = "a trusted proxy is an IP address or a network, not \(what)"
            help =
                "delete it: connections over a unix socket are trusted as soon as the list has "
                + "an entry"
        case .prefix(let limit):
            rule = "behind the slash stands a number from 0 to \(limit), unlike in \(what)"
            help = limit == 32 ? "10.0.0.0/8 is a network" : "fd00::/8 is a network"
        case .mask(let meant):
            rule = "behind the slash stands how many bits count, and \(what) has a mask there"
            help = meant.map { "write \($0)" } ?? "10.0.0.0/8 is a network"
            fixes = [meant].compactMap(\.self)
        case .hostBits(let network, let address):
            rule = "a network is written by its first address, and that of \(what) is another"
            help = "write \(network) for the whole network, or \(address) for the one address"
            fixes = [network, address]
        }
        return Diagnostic(
            .badNetwork, rule, at: Label(text.span), help: help,
            fixIts: fixes.map { FixIt(text.span, "\"\($0)\"", .maybeIncorrect) })
    }
}
