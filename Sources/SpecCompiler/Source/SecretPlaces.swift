/// Finds what no output may show, in any source, valid or not.
///
/// Renderers ask for themselves, so that nobody can forget to tell them. Secret is every value
/// under a key that sounds like one, unless it is a well-formed reference or hash; whatever a URL
/// holds before its `@` or after its `?`; and every word that looks like a key, comments included.
/// After a syntax error the lines that were not read are judged as text, and those that it was in.
struct SecretPlaces {
    /// The places of secrets, ascending and apart, without their quotes.
    private(set) var spans: [SourceSpan] = []
    /// Those of their texts that a message could quote: what was read, and as it was read.
    private(set) var texts: [ArraySlice<UInt8>] = []

    /// No secrets at all.
    init() {}

    /// The secrets of `source`.
    init(in source: SourceFile, file: Int) {
        guard source.bytes.count <= SourceFile.maxBytes, !source.bytes.isEmpty else { return }
        var ignored = Findings()
        let tree = YAMLReader.read(source, file: file, findings: &ignored)
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
            places += UnreadLines.secrets(source, file: file, from: first)
        }
        // A repair is a guess, so its lines are judged both ways; messages may quote them.
        let doubted = SecretPlaces.doubted(tree)
        let lines = LineTexts(bytes: source.bytes, file: file)
        texts += doubted.map { source.bytes[$0.start..<lines.textEnd($0.start)] }
        places += doubted
        spans = SecretPlaces.merged(places)
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

    /// What would be secret in the lines with syntax errors if they were read as text.
    private static func doubted(_ tree: NodeTree) -> [SourceSpan] {
        guard let first = tree.doubts.map(\.start).min() else { return [] }
        let lines = LineTexts(bytes: tree.source.bytes, file: tree.file)
        let ranges = tree.doubts.map { lines.start(of: $0.start)...lines.end(of: $0.end) }
        return UnreadLines.secrets(tree.source, file: tree.file, from: first).filter { place in
            let text = tree.source.bytes[place.start..<lines.textEnd(place.start)]
            let isPlainReference = isReference(text) && !text.contains { $0 <= 0x20 }
            return !isPlainReference && ranges.contains { $0.contains(place.start) }
        }
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
