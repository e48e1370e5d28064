internal import TableFormat

/// One source as renderers show it: lines with numbers, tabs widened, secrets masked.
struct SourcePage {
    let source: SourceFile
    let file: Int
    let lines: LineIndex
    /// Places whose text is never shown, ascending and apart.
    private let secrets: [Range<Int>]

    /// A tab is shown as this many spaces.
    private static let tabWidth = 4

    /// Indexes what `diagnostics` need to see of `source`, which has `secrets`.
    init(
        _ source: SourceFile, file: Int, for diagnostics: [Diagnostic], hiding secrets: [Range<Int>]
    ) {
        self.source = source
        self.file = file
        var limit = 0
        for diagnostic in diagnostics {
            for label in [diagnostic.primary] + diagnostic.secondary where label.span.file == file {
                limit = max(limit, label.span.end)
            }
            for fix in diagnostic.fixIts where fix.span.file == file {
                limit = max(limit, fix.span.end)
            }
        }
        lines = LineIndex(source, upTo: limit)
        self.secrets = secrets
    }

    /// Whether most of the beginning is no text, so that showing lines of it would help nobody.
    var isBinary: Bool {
        let head = source.bytes.prefix(1024)
        let strangeCount = String(decoding: head, as: UTF8.self).unicodeScalars.count { scalar in
            let isControl = scalar.value < 0x20 && !["\t", "\n", "\r"].contains(scalar)
            return isControl || scalar.value == 0xFFFD
        }
        return strangeCount * 10 > head.count
    }

    /// Line and column of a byte, both from 1.
    func place(of offset: Int) -> (line: Int, column: Int) {
        (lines.line(of: offset) + 1, lines.column(of: offset) + 1)
    }

    /// A line as it is shown, and the column at which each of its bytes is shown.
    struct ShownLine {
        var text: [Unicode.Scalar] = []
        /// The first byte of the line.
        var start = 0
        /// For each byte of the line, and its end, the index into `text`.
        var columns: [Int] = []

        /// The index into `text` at which byte `offset` of the source is shown.
        func column(of offset: Int) -> Int {
            columns[min(max(offset - start, 0), columns.count - 1)]
        }
    }

    /// A line of the source, without what nobody may see.
    func shown(line: Int) -> ShownLine {
        let range = lines.range(ofLine: line)
        var shown = ShownLine(start: range.lowerBound)
        var offset = range.lowerBound
        let text = Array(source.bytes[range])
        while offset < range.upperBound {
            if let secret = secret(at: offset), !secret.isEmpty {
                let end = min(secret.upperBound, range.upperBound)
                appendMasked(secret, from: offset, to: end, &shown)
                offset = end
                continue
            }
            if let digest = digest(text[(offset - range.lowerBound)...]) {
                appendShortened(digest, &shown)
                offset += digest.count
                continue
            }
            let width = scalarWidth(text, offset - range.lowerBound)
            let bytes = text[(offset - range.lowerBound)..<(offset - range.lowerBound + width)]
            let column = shown.text.count
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                if scalar == "\t" {
                    shown.text += [Unicode.Scalar](repeating: " ", count: SourcePage.tabWidth)
                } else {
                    shown.text += visible(scalar)
                }
            }
            shown.columns += [Int](repeating: column, count: width)
            offset += width
        }
        shown.columns.append(shown.text.count)
        return shown
    }

    /// The hash of a secret that a text begins with; nobody compares 64 digits by eye.
    private func digest(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.first == UInt8(ascii: "s"), text.starts(with: "sha256:".utf8) else { return nil }
        let digits = text.dropFirst(7).prefix(while: isHexDigit)
        return digits.count == 64 ? text[text.startIndex..<digits.endIndex] : nil
    }

    private func appendShortened(_ digest: ArraySlice<UInt8>, _ shown: inout ShownLine) {
        let column = shown.text.count
        let kept = 15
        shown.text += String(decoding: digest.prefix(kept), as: UTF8.self).unicodeScalars
        shown.text += "...".unicodeScalars
        shown.columns += (0..<digest.count).map { column + min($0, kept) }
    }

    private func appendMasked(
        _ secret: Range<Int>, from start: Int, to end: Int, _ shown: inout ShownLine
    ) {
        let column = shown.text.count
        if start == secret.lowerBound {
            let text = String(decoding: source.bytes[secret], as: UTF8.self)
            shown.text += maskedPrefix(text).unicodeScalars
        }
        shown.text += "...".unicodeScalars
        // All of a secret points at its beginning, so that carets tell nothing of its length.
        shown.columns += [Int](repeating: column, count: end - start)
    }

    private func secret(at offset: Int) -> Range<Int>? {
        let next = secrets.partitioningIndex { $0.upperBound > offset }
        guard next < secrets.count, secrets[next].lowerBound <= offset else { return nil }
        return secrets[next]
    }

    /// How many bytes the character at `index` takes; 1 for what is not UTF-8.
    private func scalarWidth(_ text: [UInt8], _ index: Int) -> Int {
        let expected =
            switch text[index] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        var width = 1
        while width < expected, index + width < text.count, text[index + width] & 0xC0 == 0x80 {
            width += 1
        }
        return width == expected ? width : 1
    }
}
