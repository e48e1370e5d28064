/// Lines of a source as a person sees them: what is indented how, where colons and quotes are.
///
/// A line is known by the offset of its first byte.
struct LineTexts {
    let bytes: [UInt8]
    let file: Int

    var count: Int { bytes.count }

    func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    /// Whether nothing, a space or a line break stands at a place.
    func isBlank(_ offset: Int) -> Bool {
        [nil, 0x20, 0x09, 0x0A, 0x0D].contains(byte(offset))
    }

    func span(_ start: Int, _ end: Int) -> SourceSpan {
        let start = min(start, bytes.count)
        return SourceSpan(file: file, start: start, end: min(max(start, end), bytes.count))
    }

    /// The first line begins behind the byte order mark.
    private var first: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    func start(of offset: Int) -> Int {
        let before = bytes[..<min(offset, bytes.count)]
        return before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? first
    }

    func end(of offset: Int) -> Int {
        let offset = min(offset, bytes.count)
        let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        return end > offset && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }

    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        bytes[range].firstIndex(of: byte)
    }

    /// How many spaces a line begins with.
    func indentation(_ line: Int) -> Int {
        bytes[line...].prefix { $0 == UInt8(ascii: " ") }.count
    }

    /// Whether nothing but spaces stands before `offset` in its line.
    func isFirst(_ offset: Int) -> Bool {
        let line = start(of: offset)
        return line + indentation(line) >= offset
    }

    /// The last line before `line` that is neither empty nor a comment.
    func contentBefore(_ line: Int) -> Int? {
        var line = line
        for _ in 0..<50 where line > first {
            line = start(of: line - 1)
            let content = line + indentation(line)
            if content < end(of: line), bytes[content] != UInt8(ascii: "#") { return line }
        }
        return nil
    }

    /// The last line up to `place` that begins with a sign of its own.
    func topLevelLine(before place: Int) -> Int {
        var line = start(of: place)
        for _ in 0..<10_000 {
            guard isBlank(line) || byte(line) == UInt8(ascii: "#") || goesOn(line) else { break }
            let before = start(of: max(line - 1, 0))
            guard before < line else { break }
            line = before
        }
        return line
    }

    /// Whether a line that is not indented goes on with what stands above: it begins with a bracket
    /// that closes, or is an element of a list.
    private func goesOn(_ line: Int) -> Bool {
        byte(line) == UInt8(ascii: "]") || byte(line) == UInt8(ascii: "}")
            || byte(line) == UInt8(ascii: "-")
    }

    /// What a line holds besides its indentation and its comment.
    func contentSpan(_ offset: Int) -> SourceSpan {
        let line = start(of: offset)
        return span(line + indentation(line), contentEnd(line))
    }

    /// Where a line ends without its comment and the spaces before that.
    ///
    /// Unlike `textEnd` it sees the line from its beginning, so a `#` in double quotes begins no
    /// comment. Tabs are text.
    func contentEnd(_ line: Int) -> Int {
        let whole = line..<end(of: line)
        var isQuoted = false
        var end = whole.upperBound
        for offset in whole {
            if bytes[offset] == UInt8(ascii: "\"") { isQuoted.toggle() }
            let isSign = bytes[offset] == UInt8(ascii: "#") && !isQuoted
            if isSign, offset == line || bytes[offset - 1] == UInt8(ascii: " ") {
                end = offset
                break
            }
        }
        while end > line, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return end
    }

    /// Where the text from `start` ends in its line, without a comment and the blanks before it.
    ///
    /// Unlike `contentEnd` it may begin anywhere in the line, so it knows of no quotes: any `#`
    /// behind a blank begins a comment. Tabs are blanks.
    func textEnd(_ start: Int) -> Int {
        let lineEnd = end(of: start)
        var end = start
        while end < lineEnd, bytes[end] != UInt8(ascii: "#") || end == start || !isBlank(end - 1) {
            end += 1
        }
        while end > start, isBlank(end - 1) { end -= 1 }
        return end
    }

    /// The column of the first key of a line, behind the dashes of lists.
    func keyColumn(_ line: Int) -> Int {
        var offset = line + indentation(line)
        while byte(offset) == UInt8(ascii: "-"), byte(offset + 1) == UInt8(ascii: " ") {
            offset += 1
            while byte(offset) == UInt8(ascii: " ") { offset += 1 }
        }
        return offset - line
    }

    /// Whether a colon that ends a key stands in a part of a line.
    func hasColon(_ range: Range<Int>) -> Bool {
        range.contains { offset in
            bytes[offset] == UInt8(ascii: ":") && isBlank(offset + 1)
        }
    }

    /// The colon right after a word at the beginning of a line that has no space behind it.
    func tightColon(_ line: Int) -> SourceSpan? {
        let start = line + keyColumn(line)
        let word = bytes[start...].prefix { isLetter($0) || $0 == UInt8(ascii: "_") }
        guard !word.isEmpty, byte(word.endIndex) == UInt8(ascii: ":"),
            !isBlank(word.endIndex + 1), byte(word.endIndex + 1) != UInt8(ascii: "/"),
            !["http", "https", "unix", "file", "env", "re", "id"].contains(
                String(decoding: word, as: UTF8.self))
        else {
            return nil
        }
        return span(word.endIndex, word.endIndex + 1)
    }

    /// Whether a line is an element of a list that is no mapping, or the end of a collection.
    func isPlainItem(_ line: Int) -> Bool {
        let content = contentSpan(line)
        let text = bytes[content.start..<content.end]
        let item = line + keyColumn(line)
        let isItem =
            text.first == UInt8(ascii: "-") && item <= content.end
            && !bytes[item..<content.end].contains(UInt8(ascii: " "))
        return isItem || text.contains { "[]{},\"'|>".utf8.contains($0) }
    }

    /// A character that looks like another, outside of quotes and comments.
    func strangeSign(in range: Range<Int>) -> (name: String, span: SourceSpan)? {
        var offset = range.lowerBound
        var (isComment, isQuoted) = (false, false)
        for scalar in String(decoding: bytes[range], as: UTF8.self).unicodeScalars {
            if scalar == "\n" { (isComment, isQuoted) = (false, false) }
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == "#" { isComment = true }
            let width = UTF8.width(scalar)
            if !isComment, !isQuoted, let name = sign(scalar) {
                return (name, span(offset, offset + width))
            }
            offset += width
        }
        return nil
    }

    /// The last double quote of the nearest line above that has an odd number of them, where the
    /// line of `place` closed it: it has an odd number of them before `place`.
    func oddQuote(before place: SourceSpan) -> SourceSpan? {
        var line = start(of: place.start)
        let own = quotes(in: line).filter { $0 < place.start }
        guard own.count % 2 == 1 else { return nil }
        for _ in 0..<200 {
            guard let before = contentBefore(line) else { return nil }
            line = before
            let quotes = quotes(in: line)
            if quotes.count % 2 == 1, let last = quotes.last { return span(last, last + 1) }
        }
        return nil
    }

    /// Whether the word before a colon is the form of a secret.
    func isForm(before colon: Int) -> Bool {
        ["sha256", "file", "env"].contains { form in
            bytes[..<min(colon, bytes.count)].suffix(form.utf8.count).elementsEqual(form.utf8)
        }
    }

    /// The double quotes of a line that no backslash escapes.
    private func quotes(in line: Int) -> [Int] {
        (line..<end(of: line)).filter { offset in
            bytes[offset] == UInt8(ascii: "\"")
                && (offset == line || bytes[offset - 1] != UInt8(ascii: "\\"))
        }
    }
}
