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
    /// `name` is the name of a service as it was given; a comment keeps it, since others could be
    /// made safe alike. `url` is as the function of that name gives it.
    package static func text(
        service name: String, url: String, key: String
    ) throws(Fault) -> String {
        let service = serviceName(name)
        guard !key.isEmpty, ReferenceText.literalFault(key) == nil else { throw .unsendableKey }
        guard !service.isEmpty, NameText.fault(service) == nil else { throw .badName(service) }
        let quote = key.contains("`") ? "\"" : "`"
        guard quote == "`" || !key.contains("\"") else { throw .unsendableKey }
        let pattern = "HeaderRegexp(`Authorization`, \(quote)^Bearer \(escaped(key))$\(quote))"
        return """
            \(originMark)\(originText(name))
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
        let keys = routers(in: bytes).flatMap(\.keys)
        guard keys.contains(key) else { return .none }
        return keys.allSatisfy { $0 == key } ? .alone : .amongOthers
    }

    /// What becomes of a file whose name a new mapping has.
    package enum Replacement: Equatable {
        /// The same service with the same key: written anew.
        case again
        /// The same service with another key, another one with the same key, or no mapping: kept
        /// under another name.
        case kept
        /// It belongs to a service of this name, in printable signs, which has another key: left
        /// alone.
        case foreign(service: String)
        /// It has routers of other keys too: left alone.
        case shared
    }

    /// What becomes of a file with these bytes where `service`, a name as it was given, registers.
    package static func replacement(
        of bytes: [UInt8], by service: String, key: String
    ) -> Replacement {
        let routers = routers(in: bytes)
        guard let first = routers.first else { return .kept }
        let isSameKey = routers.allSatisfy { $0.keys.allSatisfy { $0 == key } }
        if routers.count > 1 { return isSameKey ? .kept : .shared }
        let origin = origin(of: bytes)
        let isSameService =
            first.name == serviceName(service)
            && (origin.map { $0 == originText(service) } ?? true)
        switch (isSameService, isSameKey) {
        case (true, true): return .again
        case (true, false), (false, true): return .kept
        case (false, false): return .foreign(service: origin ?? originText(first.name))
        }
    }

    private static let originMark = "# routerc register --service "

    /// A name of a service on one line, whatever signs it has.
    private static func originText(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// What the comment of a file says of its service; nil where there is none.
    private static func origin(of bytes: [UInt8]) -> String? {
        guard bytes.starts(with: originMark.utf8) else { return nil }
        let text = bytes.dropFirst(originMark.utf8.count).prefix { (0x21...0x7E).contains($0) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func routers(in bytes: [UInt8]) -> [(name: String, keys: [String])] {
        var findings = Findings()
        let tree = YAMLReader.read(
            SourceFile(name: "", bytes: bytes), file: 0, findings: &findings)
        var decoder = SpecDecoder(tree: tree, findings: findings)
        return decoder.traefikRouters()
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
    /// The routers of a Traefik file and the keys in their rules, as far as they can be read.
    fileprivate mutating func traefikRouters() -> [(name: String, keys: [String])] {
        guard let root = tree.root, let http = value("http", of: root),
            let routers = value("routers", of: http), tree.kind(routers) == .mapping
        else {
            return []
        }
        return tree.entries(of: routers).map { name, router in
            let name = tree.kind(name) == .scalar ? tree.text(name) : ""
            guard let rule = value("rule", of: router), tree.kind(rule) == .scalar,
                case .success(let parsed) = TraefikRule.parse(tree.bytes(rule))
            else {
                // A router that is not understood is another one all the same.
                return (name, [""])
            }
            return (name, parsed.keys.map(\.text))
        }
    }

    private func value(_ name: String, of node: Int) -> Int? {
        guard tree.kind(node) == .mapping else { return nil }
        return tree.entries(of: node).first {
            tree.kind($0.key) == .scalar && tree.bytes($0.key).elementsEqual(name.utf8)
        }?.value
    }
}
