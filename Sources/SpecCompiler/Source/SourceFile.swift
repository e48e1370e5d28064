/// A spec as it was given: a name to show and its bytes, which are not yet known to be text.
public struct SourceFile: Sendable {
    /// The name shown in diagnostics, as the person who asked wrote it.
    public let name: String
    /// The bytes of the file.
    public let bytes: [UInt8]
    /// Its path from the folder of the root spec, the same on every machine.
    let shownName: String
    /// What nobody may see of it, where that was found on the way; never said of other bytes.
    private(set) var secrets: SecretPlaces?

    /// The largest spec that is read, in bytes: room for a million keys.
    public static let maxBytes = 256 << 20

    /// How a compiled table begins.
    private static let tableMagic: [UInt8] = [0x7F] + Array("RTRCTBL".utf8)

    /// Keeps `bytes` under the name `name`.
    public init(name: String, bytes: [UInt8]) {
        self.init(name: name, bytes: bytes, pathFromRoot: FileName.last(of: name))
    }

    /// An included file.
    init(name: String, bytes: [UInt8], pathFromRoot: String) {
        self.name = name
        self.bytes = bytes
        shownName = pathFromRoot
    }

    /// Keeps the UTF-8 of `text` under the name `name`.
    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// Keeps what nobody may see of it, as its reader left it, so that it is not read again.
    mutating func keepSecrets(of tree: NodeTree) {
        precondition(tree.source.bytes == bytes, "the tree is one of another source")
        secrets = SecretPlaces(of: tree)
    }

    /// How many bytes the byte order mark at the beginning takes, which is no part of the text.
    var markWidth: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    /// Where a value begins behind its tag and its anchor, which libyaml counts to it.
    func contentStart(of span: SourceSpan) -> Int {
        var start = span.start
        while start < span.end,
            bytes[start] == UInt8(ascii: "!") || bytes[start] == UInt8(ascii: "&")
        {
            while start < span.end, bytes[start] > 0x20 { start += 1 }
            while start < span.end, bytes[start] <= 0x20 || bytes[start] == UInt8(ascii: "#") {
                let isComment = bytes[start] == UInt8(ascii: "#")
                let line = bytes[start..<span.end]
                start = isComment ? line.firstIndex(of: 0x0A) ?? span.end : start + 1
            }
        }
        return start
    }

    /// Why these bytes cannot be read as text, if they cannot.
    ///
    /// `total` is the number of bytes of all files so far, this one too.
    func refusal(file: Int, total: Int) -> Diagnostic? {
        if total > SourceFile.maxBytes {
            return .tooLarge(byteCount: total, at: SourceSpan(file: file, start: 0, end: 0))
        }
        if bytes.starts(with: SourceFile.tableMagic) {
            return .compiledTable(at: SourceSpan(file: file, start: 0, end: 0))
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return .holdsUTF16(at: SourceSpan(file: file, start: 0, end: 0))
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let range = error.byteOffsets
            let span = SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
            return .notUTF8(byte: bytes[range.lowerBound], at: span)
        }
        if let nul = bytes.firstIndex(of: 0) {
            return .holdsNUL(at: SourceSpan(file: file, start: nul, end: nul + 1))
        }
        return hiddenSign(file: file)
    }

    /// The first sign that begins a line, or turns the order of signs, where people do not see it.
    private func hiddenSign(file: Int) -> Diagnostic? {
        for (index, byte) in bytes.enumerated() where byte == 0x0D || byte == 0xC2 || byte == 0xE2 {
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            let sign: (name: String, width: Int)? =
                switch (byte, second, third) {
                case (0x0D, 0x0A, _): nil
                case (0x0D, _, _): ("a carriage return without a line feed", 1)
                case (0xC2, 0x85, _): ("U+0085, a line break that few editors show", 2)
                case (0xE2, 0x80, 0xA8...0xA9):
                    ("U+202\(third == 0xA8 ? 8 : 9), a line break that few editors show", 3)
                case (0xE2, 0x80, 0xAA...0xAE), (0xE2, 0x81, 0xA6...0xA9):
                    ("a sign that turns the direction of text", 3)
                default: nil
                }
            if let sign {
                let span = SourceSpan(file: file, start: index, end: index + sign.width)
                return .holdsHiddenSign(sign.name, at: span)
            }
        }
        return nil
    }
}

extension Diagnostic {
    fileprivate static func holdsHiddenSign(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notText, "a spec shows all that it says, and this file holds \(name)",
            at: Label(span, "here"), help: "delete it; in double quotes it is written \\uXXXX")
    }

    fileprivate static func tooLarge(byteCount: Int, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .fileTooLarge, "the spec has \(byteCount) bytes in all, and 256 MiB are the most",
            at: Label(span))
    }

    fileprivate static func notUTF8(byte: UInt8, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notText, "a spec is UTF-8, and byte 0x\(String(byte, radix: 16)) is not",
            at: Label(span, "this is not UTF-8"), help: "save the file as UTF-8")
    }

    fileprivate static func compiledTable(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notText, "this is a compiled table, and the compiler wants the spec", at: Label(span),
            help: "give it the YAML file that the table was compiled from")
    }

    fileprivate static func holdsUTF16(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notText, "a spec is UTF-8, and this file is UTF-16", at: Label(span),
            help: "save the file as UTF-8")
    }

    fileprivate static func holdsNUL(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notText, "a spec is text and holds no NUL byte", at: Label(span, "a NUL byte"),
            help: "save the file as UTF-8, not as UTF-16")
    }
}
