internal import TableFormat

/// What of a client's text may stand in a log where no table knows it.
///
/// Pure; whether it is one of the table's keys is asked elsewhere. More may be left out than is
/// secret: what is left out costs the operator a look, what is written cannot be taken back.
enum LoggedText {
    /// How the keys of known issuers begin, in lower case.
    private static let keyPrefixes = ["sk-", "sk_", "ghp_", "hf_", "gsk_", "xai-", "aiza", "eyj"]
        .map { Array($0.utf8) }
    /// Shorter words are names.
    private static let keyByteMin = 10

    /// Whether it is visible ASCII, no longer than a record holds, and has no word like a key.
    static func isHarmless(_ text: RawSpan, byteLimit: Int) -> Bool {
        guard text.byteCount > 0, text.byteCount <= byteLimit else { return false }
        for offset in 0..<text.byteCount {
            // What is percent-encoded could be anything.
            guard (0x21...0x7E).contains(text.byte(offset)), text.byte(offset) != UInt8(ascii: "%")
            else { return false }
        }
        return !hasKey(inLowerCase(text))
    }

    /// Calls `body` with the text and with each part of it between slashes; true where one is true.
    static func isAnyPart(of text: RawSpan, _ body: (RawSpan) -> Bool) -> Bool {
        var start = 0
        for end in 0...text.byteCount
        where end == text.byteCount || text.byte(end) == UInt8(ascii: "/") {
            if end > start, body(text.extracting(start..<end)) { return true }
            start = end + 1
        }
        return body(text)
    }

    /// Whether a word that begins like a key stands anywhere in `text`, which is in lower case.
    private static func hasKey(_ text: [UInt8]) -> Bool {
        text.indices.contains { start in
            (start == 0 || !isAlphanumeric(text[start - 1]))
                && text.count - start >= keyByteMin
                && keyPrefixes.contains { text[start...].starts(with: $0) }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func inLowerCase(_ text: RawSpan) -> [UInt8] {
        (0..<text.byteCount).map { offset in
            let byte = text.byte(offset)
            return (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        }
    }
}
