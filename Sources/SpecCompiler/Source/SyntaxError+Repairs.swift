// What a mistake was probably meant to be, as replacements. The reader makes them in a copy of the
// text and reads on, so they are tried before they are shown; one that does not help is not.

extension SyntaxError {
    /// The value from `start` in single quotes.
    func quoting(_ start: Int, isFlow: Bool? = nil) -> [Diagnostic.FixIt] {
        let isFlow = isFlow ?? FlowLook(lines, at: start).isFlow
        let end = lines.valueEnd(start, isFlow: isFlow)
        guard start < end else { return [] }
        let text = String(decoding: lines.bytes[start..<end], as: UTF8.self)
        let quoted = "'" + text.replacing("'", with: "''") + "'"
        return [.init(lines.span(start, end), quoted, .maybeIncorrect)]
    }

    /// The value that holds `place` in single quotes; none where that is the first of its line.
    func quotingValue(at place: Int) -> [Diagnostic.FixIt] {
        let look = FlowLook(lines, at: place)
        let line = lines.start(of: place)
        guard look.valueStart > line + lines.keyColumn(line) else { return [] }
        return quoting(look.valueStart, isFlow: look.isFlow)
    }

    func insertion(_ text: String, at offset: Int) -> [Diagnostic.FixIt] {
        [.init(lines.span(offset, offset), text, .maybeIncorrect)]
    }

    func deletion(_ start: Int, _ end: Int) -> [Diagnostic.FixIt] {
        start < end ? [.init(lines.span(start, end), "", .maybeIncorrect)] : []
    }

    /// Signs of a line that look like others, as the others.
    func plainSigns(from start: Int) -> [Diagnostic.FixIt] {
        var fixes: [Diagnostic.FixIt] = []
        var offset = start
        let text = lines.bytes[start..<lines.end(of: start)]
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            let width = UTF8.width(scalar)
            if let plain = plainSign(scalar) {
                fixes.append(.init(lines.span(offset, offset + width), plain, .maybeIncorrect))
            }
            offset += width
        }
        return fixes
    }

    /// The closing quote where the text of a line ends.
    func closingQuote(_ quote: SourceSpan) -> [Diagnostic.FixIt] {
        guard let sign = lines.byte(quote.start), quote.start + 1 < lines.count else { return [] }
        let look = FlowLook(lines, at: quote.start)
        let end = lines.valueEnd(quote.start + 1, isFlow: look.isFlow)
        return insertion(String(Character(Unicode.Scalar(sign))), at: end)
    }

    /// Brackets for all that are open in the line of `opening` or were opened below it, behind the
    /// last line that is indented deeper.
    func closingBrackets(_ opening: Int) -> [Diagnostic.FixIt] {
        let first = lines.start(of: opening)
        var last = first
        for line in lines.contentLines(after: first) {
            guard lines.indentation(line) > lines.indentation(first) else { break }
            last = line
        }
        let end = lines.textEnd(last + lines.indentation(last))
        let look = FlowLook(lines, at: end)
        guard look.quote == nil else { return [] }
        let closing = look.open.filter { $0 >= first }.reversed().map {
            lines.byte($0) == UInt8(ascii: "[") ? "]" : "}"
        }
        return closing.isEmpty ? [] : insertion(closing.joined(), at: end)
    }

    /// A pattern with brackets in quotes, the closing bracket that is missing, or a comma.
    func missingComma(_ close: String) -> [Diagnostic.FixIt] {
        guard let byte = lines.byte(place.start) else { return [] }
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            let before = lines.byte(place.start - 1)
            return lines.isBlank(place.start - 1) || before == UInt8(ascii: "]")
                ? insertion(", ", at: place.start) : quotingValue(at: place.start)
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            return insertion(close, at: place.start)
        default:
            return insertion(", ", at: place.start)
        }
    }

    /// Both readings of a backslash: a text that has no escapes goes in single quotes, in another
    /// the backslash is doubled.
    func plainBackslash() -> [Diagnostic.FixIt] {
        guard let start = context?.span.start, lines.byte(start) == UInt8(ascii: "\"") else {
            return []
        }
        let inner = lines.bytes[(start + 1)..<lines.end(of: start)]
        if let end = inner.firstIndex(of: UInt8(ascii: "\"")), end > place.start,
            inner[end - 1] != UInt8(ascii: "\\"),
            !inner[..<end].contains(where: { $0 == UInt8(ascii: "'") }),
            !String(decoding: inner[..<end], as: UTF8.self).contains("\\\\")
        {
            let text = String(decoding: inner[..<end], as: UTF8.self)
            return [.init(lines.span(start, end + 1), "'\(text)'", .maybeIncorrect)]
        }
        return insertion("\\", at: place.start)
    }

    /// A key that has lost its colon.
    func keyColon(_ content: SourceSpan) -> [Diagnostic.FixIt] {
        let start = lines.start(of: content.start)
        let key = start + lines.keyColumn(start)
        let word = lines.bytes[min(key, lines.count)...].prefix {
            isLetter($0) || $0 == UInt8(ascii: "_")
        }
        guard !word.isEmpty, lines.isBlank(word.endIndex) else { return [] }
        return insertion(":", at: word.endIndex)
    }

    /// A list with dashes in the line of its key, in brackets.
    func bracketsForDash() -> [Diagnostic.FixIt] {
        let line = lines.start(of: place.start)
        let end = lines.textEnd(place.start)
        let next = lines.contentLine(after: line)
        let isLast = next.map { lines.indentation($0) <= lines.indentation(line) } ?? true
        guard isLast, lines.byte(place.start + 1) == UInt8(ascii: " "), end > place.start + 2
        else {
            return []
        }
        return [.init(lines.span(place.start, place.start + 2), "[", .maybeIncorrect)]
            + insertion("]", at: end)
    }

    // MARK: - Indentation

    /// `line` and those after it as long as `belongs`, moved by `count` columns.
    func shifting(
        _ line: Int, by count: Int, while belongs: (Int) -> Bool
    ) -> [Diagnostic.FixIt] {
        var fixes = shift(line, count)
        for next in lines.contentLines(after: line) {
            guard belongs(next) else { break }
            fixes += shift(next, count)
        }
        return fixes
    }

    private func shift(_ line: Int, _ count: Int) -> [Diagnostic.FixIt] {
        let start = line + lines.indentation(line)
        if count < 0 { return deletion(max(line, start + count), start) }
        return insertion(String(repeating: " ", count: count), at: start)
    }

    /// Spaces for the tabs of a line and of those after it that have tabs too.
    func spaces(from line: Int) -> [Diagnostic.FixIt] {
        let width = tabWidth(line)
        var fixes = spaces(line, width)
        for next in lines.contentLines(after: line) {
            let own = spaces(next, width)
            if own.isEmpty { break }
            fixes += own
        }
        return fixes
    }

    private func spaces(_ line: Int, _ width: Int) -> [Diagnostic.FixIt] {
        let blank = lines.blankPrefix(line)
        guard lines.bytes[blank].contains(0x09) else { return [] }
        let text = String(repeating: " ", count: lines.columns(blank, tab: width))
        return [.init(lines.span(blank.lowerBound, blank.upperBound), text, .maybeIncorrect)]
    }

    /// The width of a tab that puts a line under one of those above it.
    private func tabWidth(_ line: Int) -> Int {
        let blank = lines.blankPrefix(line)
        var above = lines.contentBefore(line)
        var columns: [Int] = []
        for _ in 0..<20 {
            guard let line = above else { break }
            columns += [lines.keyColumn(line), lines.indentation(line)]
            above = lines.contentBefore(line)
        }
        if let before = lines.contentBefore(line), lines.opensBlock(before) {
            columns.insert(lines.keyColumn(before) + 2, at: 0)
        }
        for column in columns {
            for width in [2, 4, 8, 1] where lines.columns(blank, tab: width) == column {
                return width
            }
        }
        return 2
    }

    private func plainSign(_ scalar: Unicode.Scalar) -> String? {
        guard sign(scalar) != nil else { return nil }
        return switch scalar.value {
        case 0x2018, 0x2019, 0x201A, 0x201B: "'"
        case 0x201C, 0x201D, 0x201E, 0x201F: "\""
        case 0x2010...0x2015, 0x2212: "-"
        case 0xFF1A: ":"
        case 0xFF0A, 0x2217: "*"
        case 0x00A0, 0x202F, 0x3000, 0x2000...0x200A, 0x205F, 0x1680: " "
        default: ""
        }
    }
}

extension LineTexts {
    /// The lines behind `line` that hold more than a comment, at most a thousand.
    func contentLines(after line: Int) -> [Int] {
        var found: [Int] = []
        var line = line
        while found.count < 1_000, let next = contentLine(after: line) {
            found.append(next)
            line = next
        }
        return found
    }

    /// The first line behind `line` that holds more than a comment.
    func contentLine(after line: Int) -> Int? {
        var line = line
        while let lineFeed = bytes[end(of: line)...].firstIndex(of: 0x0A), lineFeed + 1 < count {
            line = lineFeed + 1
            let content = blankPrefix(line).upperBound
            let isEmpty = content >= end(of: line)
            if !isEmpty, bytes[content] != UInt8(ascii: "#") { return line }
        }
        return nil
    }

    /// The spaces and tabs that a line begins with.
    fileprivate func blankPrefix(_ line: Int) -> Range<Int> {
        let end = bytes[line...].firstIndex { $0 != 0x20 && $0 != 0x09 } ?? bytes.count
        return line..<end
    }

    /// How wide spaces and tabs are, with tabs of `width` columns.
    fileprivate func columns(_ blank: Range<Int>, tab width: Int) -> Int {
        bytes[blank].reduce(0) { $0 + ($1 == 0x09 ? width : 1) }
    }

    /// Whether a line ends with a colon, so that what belongs to it stands below.
    func opensBlock(_ line: Int) -> Bool {
        let end = contentEnd(line)
        return end > line && bytes[end - 1] == UInt8(ascii: ":")
    }
}
