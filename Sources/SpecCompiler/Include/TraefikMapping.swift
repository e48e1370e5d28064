/// Writing a Traefik file for one server and one key, as `include` reads it.
package enum TraefikMapping {
    /// Why none can be written.
    package enum Fault: Error, Equatable {
        /// No client could send the key.
        case unsendableKey
        /// The name of the service, after what it may not hold was replaced.
        case badName(String)
        /// No scheme and host, or more than these.
        case badHost
        /// The host has a port of its own.
        case hostHasPort
    }

    /// The name of a service as it can stand in a file's name: all but letters, digits and `._-`
    /// becomes `_`.
    package static func serviceName(_ text: String) -> String {
        var bytes = text.utf8.map { byte in
            let isPlain = isLetter(byte) || isDigit(byte) || "._-".utf8.contains(byte)
            return isPlain ? byte : UInt8(ascii: "_")
        }
        if let first = bytes.first, !isLetter(first), !isDigit(first) {
            bytes[0] = UInt8(ascii: "_")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The URL of a server: a scheme and a host such as `http://127.0.0.1`, and a port.
    package static func url(host: String, port: UInt16) throws(Fault) -> String {
        if let range = host.firstRange(of: "://"),
            let authority = HostText.split(host[range.upperBound...].prefix { $0 != "/" }),
            authority.port != nil
        {
            throw .hostHasPort
        }
        guard case .success(let parsed) = URLText.url(host), parsed.scheme != .unix,
            parsed.basePath.isEmpty
        else {
            throw .badHost
        }
        return "\(parsed.text):\(port)"
    }

    /// The text of a file with one router and one service of the same name.
    ///
    /// `url` is as the function of that name gives it.
    package static func text(
        service: String, url: String, key: String
    ) throws(Fault) -> String {
        guard !key.isEmpty, ReferenceText.literalFault(key) == nil else { throw .unsendableKey }
        guard !service.isEmpty, NameText.fault(service) == nil else { throw .badName(service) }
        let quote = key.contains("`") ? "\"" : "`"
        guard quote == "`" || !key.contains("\"") else { throw .unsendableKey }
        let pattern = "HeaderRegexp(`Authorization`, \(quote)^Bearer \(escaped(key))$\(quote))"
        return """
            http:
              routers:
                \(service):
                  rule: '\(pattern.replacing("'", with: "''"))'
                  service: \(service)
                  entryPoints:
                    - llama-servers

              services:
                \(service):
                  loadBalancer:
                    servers:
                      - url: "\(url)"

            """
    }

    /// What a file says about a key.
    package enum Holding: Equatable {
        /// Nothing, or it is no file that could be understood.
        case none
        /// The key, and no other.
        case alone
        /// The key, and others too.
        case amongOthers
    }

    /// Whether a router of a file has this key.
    package static func holding(of key: String, in bytes: [UInt8]) -> Holding {
        var findings = Findings()
        let tree = YAMLReader.read(
            SourceFile(name: "", bytes: bytes), file: 0, findings: &findings)
        var decoder = SpecDecoder(tree: tree, findings: findings)
        let keys = decoder.traefikKeys()
        guard keys.contains(key) else { return .none }
        return keys.allSatisfy { $0 == key } ? .alone : .amongOthers
    }

    /// A key as a pattern that matches it alone.
    private static func escaped(_ key: String) -> String {
        var text = ""
        for character in key {
            if "\\.*+?()[]{}|^$".contains(character) { text.append("\\") }
            text.append(character)
        }
        return text
    }
}

extension SpecDecoder {
    /// The keys in all rules of a Traefik file, as far as they can be read.
    fileprivate mutating func traefikKeys() -> [String] {
        guard let root = tree.root, let http = value("http", of: root),
            let routers = value("routers", of: http), tree.kind(routers) == .mapping
        else {
            return []
        }
        return tree.entries(of: routers).flatMap { _, router -> [String] in
            guard let rule = value("rule", of: router), tree.kind(rule) == .scalar,
                case .success(let parsed) = TraefikRule.parse(tree.bytes(rule))
            else {
                // A router that is not understood is another one all the same.
                return [""]
            }
            return parsed.keys.map(\.text)
        }
    }

    private func value(_ name: String, of node: Int) -> Int? {
        guard tree.kind(node) == .mapping else { return nil }
        return tree.entries(of: node).first {
            tree.kind($0.key) == .scalar && tree.bytes($0.key).elementsEqual(name.utf8)
        }?.value
    }
}
