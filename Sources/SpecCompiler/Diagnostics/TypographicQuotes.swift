// An editor for letters makes “these” of the quotes that were typed. YAML takes them for a part of
// the text, so what is found is a name, a path or a number that is none: whatever the finding, the
// quotes are what is to be mended.

extension Findings {
    /// Says of findings that point at a text in typographic quotes what is wrong with it.
    mutating func nameTypographicQuotes(in trees: [NodeTree]) {
        guard trees.contains(where: { $0.source.holdsTypographicQuotes }) else { return }
        let sources = Dictionary(trees.map { ($0.file, $0.source.bytes) }) { first, _ in first }
        change { finding in
            guard finding.code != .syntax, let bytes = sources[finding.primary.span.file] else {
                return
            }
            finding.nameTypographicQuotes(in: bytes)
        }
    }
}

/// Texts in quotes that look like those of YAML.
enum TypographicQuotes {
    /// What stands between such quotes; nil where a text does not begin with one.
    static func content(of text: String) -> String? {
        guard let first = text.unicodeScalars.first, isQuote(first) else { return nil }
        var rest = text.unicodeScalars.dropFirst()
        if let last = rest.last, isQuote(last) { rest = rest.dropLast() }
        return String(rest)
    }

    static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
        (0x2018...0x201F).contains(scalar.value) || scalar.value == 0xAB || scalar.value == 0xBB
    }
}

extension SourceFile {
    /// Whether the first two bytes of such a quote are anywhere; most files are ASCII.
    fileprivate var holdsTypographicQuotes: Bool {
        var rest = bytes[...]
        while let index = rest.firstIndex(where: { $0 == 0xE2 || $0 == 0xC2 }) {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if bytes[index] == 0xE2 ? next == 0x80 : next == 0xAB || next == 0xBB { return true }
            rest = bytes[(index + 1)...]
        }
        return false
    }
}

extension Diagnostic {
    fileprivate mutating func nameTypographicQuotes(in bytes: [UInt8]) {
        let span = primary.span
        guard span.start < span.end, span.end <= bytes.count else { return }
        let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self).unicodeScalars
        guard let first = text.first, let last = text.last else { return }
        let marks = [first, last].filter(TypographicQuotes.isQuote)
        guard let mark = marks.first else { return }
        help =
            "\(Character(mark)) is a typographic quote, which YAML takes for a part of the text; "
            + "write \" or '"
        fixIts = []
        guard marks.count == 2, text.count > 1, !text.contains(where: { $0 == "\"" || $0 == "\\" })
        else {
            return
        }
        var (opening, closing) = (span, span)
        opening.end = span.start + UTF8.width(first)
        closing.start = span.end - UTF8.width(last)
        fixIts = [FixIt(opening, "\"", .maybeIncorrect), FixIt(closing, "\"", .maybeIncorrect)]
    }
}
