/// Finds what no output may show, in any source, valid or not.
///
/// Renderers ask for themselves, so that nobody can forget to tell them. Secret is every value
/// under a key that sounds like one, unless it is a well-formed reference or hash, and whatever a
/// URL holds before its `@` or after its `?`. After a syntax error the lines that were not read
/// are judged as text.
enum SecretPlaces {
    /// The places of secrets in `source`, ascending and apart, without their quotes.
    static func find(in source: SourceFile, file: Int) -> [SourceSpan] {
        guard source.bytes.count <= SourceFile.maxBytes, !source.bytes.isEmpty else { return [] }
        var ignored = Findings()
        let tree = YAMLReader.read(source, file: file, findings: &ignored)
        var walk = Walk(tree: tree)
        if let root = tree.root {
            walk.visit(root, isSecret: false, depth: 0)
        }
        var places = walk.places
        if !tree.isComplete {
            places += unread(source, file: file, from: Int(tree.nodes.last?.start ?? 0))
        }
        return merged(places)
    }

    /// Whether a key's name says that its value is secret.
    static func soundsSecret(_ key: some Sequence<UInt8>) -> Bool {
        let name = String(decoding: key.map { $0 | 0x20 }, as: UTF8.self)
        if name == "literal_secrets" || name == "key_headers" { return false }
        let exact = ["api_key", "apikey", "token", "cookie", "auth", "from"]
        let parts = ["secret", "credential", "password", "authorization", "access_token"]
        return exact.contains(name) || parts.contains { name.contains($0) }
            || name.hasSuffix("-token") || name.hasSuffix("-key")
            || NearestName.nearest(to: name, among: parts) != nil
    }

    /// Whether a text looks like the key of an API, wherever it stands.
    static func looksSecret(_ text: some Collection<UInt8>) -> Bool {
        text.count >= 12 && text.starts(with: "sk-".utf8)
    }

    /// Whether a text is a reference or a hash, which may be shown.
    static func isReference(_ text: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: text.prefix(4096), as: UTF8.self)
        if text.hasPrefix("file:/") || ["none", "client", "allow"].contains(text) { return true }
        if text.hasPrefix("env:") {
            return text.dropFirst(4).utf8.allSatisfy(isNameByte)
        }
        guard text.hasPrefix("sha256:") else { return false }
        let digits = text.dropFirst(7)
        return digits.utf8.count == 64 && digits.allSatisfy(\.isHexDigit)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || isLetter(byte) || isDigit(byte)
    }

    private struct Walk {
        let tree: NodeTree
        var places: [SourceSpan] = []
        /// A bound for what aliases make of a broken tree.
        var budget = 200_000
        /// Whether keys sound secret; most keys of a spec are the same few.
        private var judged: [ArraySlice<UInt8>: Bool] = [:]

        init(tree: NodeTree) {
            self.tree = tree
        }

        mutating func visit(_ index: Int, isSecret: Bool, depth: Int) {
            guard depth < 256 else { return }
            switch tree.kind(index) {
            case .scalar:
                let bytes = tree.bytes(index)
                if isSecret || looksSecret(bytes) {
                    if !isReference(bytes), !bytes.isEmpty { addSecret(index, bytes) }
                } else {
                    visitURL(index)
                }
            case .sequence:
                for child in tree.children(of: index) {
                    follow(child, from: index, isSecret: isSecret, depth: depth)
                }
            case .mapping:
                for (key, value) in tree.entries(of: index) {
                    let name = tree.kind(key) == .scalar ? tree.bytes(key) : []
                    let isDate = name.elementsEqual("expires".utf8)
                    let isBeneath = isSecret && !isDate || isTelling(name)
                    follow(value, from: index, isSecret: isBeneath, depth: depth)
                }
            case .alias:
                break
            }
        }

        private mutating func isTelling(_ key: ArraySlice<UInt8>) -> Bool {
            if let known = judged[key] { return known }
            let isTelling = soundsSecret(key)
            // Keys are anything in a broken spec; only so many are worth remembering.
            if judged.count < 1_000 { judged[key] = isTelling }
            return isTelling
        }

        private mutating func follow(_ child: Int, from index: Int, isSecret: Bool, depth: Int) {
            let isAliased = child < index || child >= Int(tree.nodes[index].next)
            if isAliased {
                // What an alias stands for was visited at its own place, as no secret.
                guard isSecret, budget > 0 else { return }
                budget -= 1
            }
            visit(child, isSecret: isSecret, depth: depth + 1)
        }

        /// The word before the colon of a malformed reference may be seen.
        private mutating func addSecret(_ index: Int, _ bytes: ArraySlice<UInt8>) {
            let forms = ["sha256:", "file:", "env:"]
            let form = forms.first { bytes.starts(with: $0.utf8) }
            let start = bytes.startIndex + (form?.utf8.count ?? 0)
            add(index, bytes, start..<bytes.endIndex)
        }

        private mutating func visitURL(_ index: Int) {
            let bytes = tree.bytes(index)
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
                bytes[(colon + 1)...].starts(with: [0x2F, 0x2F])
            else {
                return
            }
            let rest = colon + 3
            if let mark = bytes.firstIndex(of: UInt8(ascii: "?")), mark + 1 < bytes.endIndex {
                add(index, bytes, mark + 1..<bytes.endIndex)
            }
            let authority = bytes[rest...].prefix { $0 != UInt8(ascii: "?") }
            if let at = authority.lastIndex(of: UInt8(ascii: "@")), at > rest {
                add(index, bytes, rest..<at)
            }
        }

        private mutating func add(_ index: Int, _ bytes: ArraySlice<UInt8>, _ range: Range<Int>) {
            let base = bytes.startIndex
            places.append(
                tree.span(index, textRange: range.lowerBound - base..<range.upperBound - base))
        }
    }

    /// Judges lines that no parser understood: all that follows a telling key is secret.
    private static func unread(_ source: SourceFile, file: Int, from first: Int) -> [SourceSpan] {
        let bytes = source.bytes
        var places: [SourceSpan] = []
        var start = bytes[..<first].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        var isInList = false
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = bytes[start..<end]
            let content = line.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? end
            if let value = secretValue(in: line) {
                if value < end { places.append(SourceSpan(file: file, start: value, end: end)) }
                isInList = true
            } else if isInList, content < end, bytes[content] == UInt8(ascii: "-") {
                places.append(SourceSpan(file: file, start: content + 1, end: end))
            } else if content < end {
                isInList = false
            }
            start = end + 1
        }
        return places
    }

    /// Where the value of the first secret key of a line begins.
    private static func secretValue(in line: ArraySlice<UInt8>) -> Int? {
        var wordStart = line.startIndex
        for index in line.indices {
            switch line[index] {
            case UInt8(ascii: ":"):
                let word = line[wordStart..<index].filter { $0 != 0x22 && $0 != 0x27 }
                if soundsSecret(word) {
                    return line[(index + 1)...].firstIndex { $0 != 0x20 } ?? line.endIndex
                }
                wordStart = index + 1
            case 0x20, 0x09, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","):
                wordStart = index + 1
            default:
                break
            }
        }
        return nil
    }

    private static func merged(_ places: [SourceSpan]) -> [SourceSpan] {
        var result: [SourceSpan] = []
        for place in places.sorted(by: { $0.start < $1.start }) {
            if let last = result.last, place.start < last.end {
                result[result.count - 1].end = max(last.end, place.end)
            } else {
                result.append(place)
            }
        }
        return result
    }
}
