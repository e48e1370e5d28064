/// Finds what no output may show, in any source, valid or not.
///
/// Renderers ask for themselves, so that nobody can forget to tell them; what the frontend has read
/// is not read again. Secret is every value
/// under a key that sounds like one, unless it is a well-formed reference or hash; whatever a URL
/// holds before its `@` or after its `?`; and every word that looks like a key, comments included.
/// After a syntax error the lines that were not read are judged as text, and those that it was in.
struct SecretPlaces {
    /// The places of secrets, ascending and apart, without their quotes.
    private(set) var ranges: [Range<Int>] = []
    /// Those of their texts that a message could quote: what was read, and as it was read.
    private(set) var texts: [ArraySlice<UInt8>] = []

    /// No secrets at all.
    init() {}

    /// The secrets of `source`.
    init(in source: SourceFile) {
        if let known = source.secrets {
            self = known
            return
        }
        guard source.bytes.count <= SourceFile.maxBytes else {
            self.init()
            return
        }
        var ignored = Findings()
        self.init(of: YAMLReader.read(source, file: 0, findings: &ignored))
    }

    /// The secrets of the source of `tree`, as the reader left it: repaired or cut off.
    init(of tree: NodeTree) {
        let (source, file) = (tree.source, tree.file)
        guard !source.bytes.isEmpty else { return }
        let walk = SecretWalk(tree)
        var places = walk.places
        places += SecretTokens.find(in: source.bytes[...]).map {
            SourceSpan(file: file, start: $0.lowerBound, end: $0.upperBound)
        }
        texts = places.map { source.bytes[$0.start..<$0.end] } + walk.copies
        // No message quotes a comment or a line that was not read.
        places += UnreadLines.commented(source, file: file)
        if !tree.isComplete {
            let first = Int(tree.nodes.last?.start ?? 0)
            // Findings point no further than to where reading stopped, and no other line is shown.
            let last = max(first, tree.doubts.map(\.end).max() ?? first)
            places += UnreadLines.secrets(source, file: file, from: first, to: last)
        }
        // A repair is a guess, so its lines are judged both ways; messages may quote them.
        let doubted = SecretPlaces.doubted(tree)
        let lines = LineTexts(bytes: source.bytes, file: file)
        texts += doubted.map { source.bytes[$0.start..<lines.textEnd($0.start)] }
        places += doubted
        ranges = SecretPlaces.merged(places)
    }

    /// Whether a key's name says that its value is secret.
    static func soundsSecret(_ key: some Sequence<UInt8>) -> Bool {
        // A sign that nobody sees must not make another name of it.
        let folded = key.lazy.filter { $0 < 0x80 }.map(SecretTokens.fold)
        let name = String(decoding: Array(folded), as: UTF8.self)
        if ["literal_secrets", "key_headers", "first_token"].contains(name) { return false }
        let exact = ["api_key", "apikey", "token", "cookie", "auth", "from", "bearer"]
        let parts = [
            "secret", "credential", "password", "passphrase", "authorization", "access_token",
        ]
        return exact.contains(name) || parts.contains { name.contains($0) }
            || ["-token", "_token", "-key", "_key"].contains { name.hasSuffix($0) }
            || NearestName.nearest(to: name, among: parts) != nil
    }

    /// Whether a key under a secret is a word of the language or nearly one, and so may be shown.
    static func isKnownWord(_ key: ArraySlice<UInt8>) -> Bool {
        let name = String(decoding: key, as: UTF8.self)
        let words = [
            "value", "expires", "from", "file", "env", "path", "name", "secret", "sha256",
            "credential", "authorization",
        ]
        return words.contains(name) || NearestName.nearest(to: name, among: words) != nil
    }

    /// Whether a text is a reference or a hash, which may be shown.
    static func isReference(_ text: ArraySlice<UInt8>) -> Bool {
        let text = text.prefix(4096)
        switch text.first {
        case UInt8(ascii: "f"):
            guard text.starts(with: "file:/".utf8) else { return false }
            // A sign that joins the slash makes no path of it.
            return text.dropFirst(6).first.map { $0 < 0x80 } ?? true
                || String(decoding: text, as: UTF8.self).hasPrefix("file:/")
        case UInt8(ascii: "e"):
            return text.starts(with: "env:".utf8) && text.dropFirst(4).allSatisfy(isNameByte)
        case UInt8(ascii: "s"):
            return text.count == 71 && text.starts(with: "sha256:".utf8)
                && text.dropFirst(7).allSatisfy(isHexDigit)
        default:
            return text.elementsEqual("none".utf8) || text.elementsEqual("client".utf8)
                || text.elementsEqual("allow".utf8)
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || isLetter(byte) || isDigit(byte)
    }

    /// What would be secret in the lines with syntax errors if they were read as text.
    private static func doubted(_ tree: NodeTree) -> [SourceSpan] {
        guard let first = tree.doubts.map(\.start).min() else { return [] }
        let lines = LineTexts(bytes: tree.source.bytes, file: tree.file)
        let ranges = tree.doubts.map { lines.start(of: $0.start)...lines.end(of: $0.end) }
        let last = ranges.map(\.upperBound).max() ?? first
        let secrets = UnreadLines.secrets(tree.source, file: tree.file, from: first, to: last)
        return secrets.filter { place in
            let text = tree.source.bytes[place.start..<lines.textEnd(place.start)]
            let isPlainReference = isReference(text) && !text.contains { $0 <= 0x20 }
            return !isPlainReference && ranges.contains { $0.contains(place.start) }
        }
    }

    private static func merged(_ places: [SourceSpan]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for place in places.sorted(by: { $0.start < $1.start }) {
            if let last = result.last, place.start < last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, place.end)
            } else {
                result.append(place.start..<place.end)
            }
        }
        return result
    }
}
