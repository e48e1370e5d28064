/// The rule of a Traefik router, as far as it says which key is meant.
///
/// Understood are `HeaderRegexp` and `Header` on `Authorization` (`HeadersRegexp` and `Headers` in
/// Traefik 2), one of them or several with `||`. The key is taken as it stands, byte for byte: a
/// dot that a tool wrote into the pattern without a backslash means the dot. Source:
/// https://doc.traefik.io/traefik/routing/routers/#rule
struct TraefikRule: Equatable {
    /// A key and where it stands in the rule, in bytes.
    struct Key: Equatable {
        var text: String
        var range: Range<Int>
    }

    enum Fault: Error, Equatable {
        /// A path that the router answers itself.
        case ownPath
        /// Another matcher than those above, by its name, or a sign that joins; empty where it is
        /// neither.
        case matcher(String)
        /// Another header than Authorization.
        case header
        /// The pattern is not `^Bearer KEY$`.
        case unanchored
        /// The value of a header does not begin with `Bearer `.
        case noScheme
        /// The key holds a sign that means something in a pattern.
        case pattern
        case noKey
    }

    let keys: [Key]

    static func parse(_ text: ArraySlice<UInt8>) -> Result<TraefikRule, Fault> {
        var scanner = Scanner(text)
        var keys: [Key] = []
        repeat {
            switch scanner.term() {
            case .success(let key): keys.append(key)
            case .failure(let fault): return .failure(fault)
            }
        } while scanner.takes("||")
        guard scanner.isAtEnd else { return .failure(scanner.otherMatcher("")) }
        return .success(TraefikRule(keys: keys))
    }

    private struct Scanner {
        let text: ArraySlice<UInt8>
        var position: Int

        init(_ text: ArraySlice<UInt8>) {
            self.text = text
            position = text.startIndex
        }

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return position == text.endIndex
            }
        }

        mutating func skipBlanks() {
            while position < text.endIndex, text[position] <= 0x20 { position += 1 }
        }

        mutating func takes(_ sign: String) -> Bool {
            skipBlanks()
            guard text[position...].starts(with: sign.utf8) else { return false }
            position += sign.utf8.count
            return true
        }

        /// `Name(arg, arg)`.
        mutating func term() -> Result<Key, Fault> {
            skipBlanks()
            let start = position
            while position < text.endIndex, isLetter(text[position]) { position += 1 }
            let written = String(decoding: text[start..<position], as: UTF8.self)
            let name = written.lowercased()
            guard takes("("), let first = argument() else {
                return .failure(otherMatcher(written))
            }
            if name == "path", takes(")") {
                let own = ["/v1/models", "/stats"].contains { text[first].elementsEqual($0.utf8) }
                return .failure(own ? .ownPath : otherMatcher(written))
            }
            let isPattern = name == "headerregexp" || name == "headersregexp"
            guard isPattern || name == "header" || name == "headers" else {
                return .failure(otherMatcher(written))
            }
            guard takes(","), let second = argument(), takes(")") else {
                return .failure(.matcher(""))
            }
            let header = String(decoding: text[first], as: UTF8.self).lowercased()
            guard header == "authorization" else { return .failure(.header) }
            return isPattern ? patternKey(second) : plainKey(second)
        }

        /// Names what is there; only what cannot be part of a key is named.
        mutating func otherMatcher(_ name: String) -> Fault {
            if Scanner.matchers.contains(name.lowercased()) { return .matcher(name) }
            let sign = ["&&", "!", "("].first { takes($0) }
            return .matcher(sign ?? "")
        }

        /// Those of Traefik that a rule for routerc cannot have.
        private static let matchers = [
            "clientip", "host", "hostregexp", "hostsni", "hostsniregexp", "method", "path",
            "pathprefix", "pathregexp", "query", "queryregexp",
        ]

        /// What stands between backticks or double quotes.
        private mutating func argument() -> Range<Int>? {
            skipBlanks()
            guard position < text.endIndex,
                text[position] == UInt8(ascii: "`") || text[position] == UInt8(ascii: "\"")
            else {
                return nil
            }
            let quote = text[position]
            let start = position + 1
            guard let end = text[start...].firstIndex(of: quote) else { return nil }
            position = end + 1
            return start..<end
        }

        private static let scheme = Array("Bearer ".utf8)

        private func plainKey(_ range: Range<Int>) -> Result<Key, Fault> {
            guard text[range].starts(with: Scanner.scheme) else { return .failure(.noScheme) }
            let inner = (range.lowerBound + Scanner.scheme.count)..<range.upperBound
            guard !inner.isEmpty else { return .failure(.noKey) }
            return .success(key(Array(text[inner]), inner))
        }

        private func patternKey(_ range: Range<Int>) -> Result<Key, Fault> {
            let pattern = text[range]
            guard pattern.first == UInt8(ascii: "^"), pattern.last == UInt8(ascii: "$") else {
                return .failure(.unanchored)
            }
            guard pattern.dropFirst().starts(with: Scanner.scheme) else {
                return .failure(.noScheme)
            }
            let start = range.lowerBound + 1 + Scanner.scheme.count
            let inner = start..<max(start, range.upperBound - 1)
            var bytes: [UInt8] = []
            var index = inner.lowerBound
            while index < inner.upperBound {
                var byte = text[index]
                if byte == UInt8(ascii: "\\") {
                    index += 1
                    guard index < inner.upperBound, !isLetter(text[index]), !isDigit(text[index])
                    else {
                        return .failure(.pattern)
                    }
                    byte = text[index]
                } else if "*+?()[]{}|^$".utf8.contains(byte) {
                    return .failure(.pattern)
                }
                bytes.append(byte)
                index += 1
            }
            guard !bytes.isEmpty else { return .failure(.noKey) }
            return .success(key(bytes, inner))
        }

        private func key(_ bytes: [UInt8], _ range: Range<Int>) -> Key {
            let base = text.startIndex
            return Key(
                text: String(decoding: bytes, as: UTF8.self),
                range: range.lowerBound - base..<range.upperBound - base)
        }
    }
}
