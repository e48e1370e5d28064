/// Finds secrets in lines as text: after a syntax error, and in comments.
///
/// All that follows a telling key is secret, and so is what is indented under it.
enum UnreadLines {
    /// The places of secrets from the line of byte `first` to that of byte `last`.
    static func secrets(
        _ source: SourceFile, file: Int, from first: Int, to last: Int
    ) -> [SourceSpan] {
        let lines = LineTexts(bytes: source.bytes, file: file)
        var places: [SourceSpan] = []
        var open: Open?
        var line = lines.start(of: first)
        while line < source.bytes.count, line <= last {
            let end = lines.end(of: line)
            let text = source.bytes[line..<end]
            let content = text.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? end
            if content < end {
                let isInside = open?.holds(text, content: content) ?? false
                if isInside {
                    places.append(lines.span(afterDash(text, content), end))
                    if open?.isClosed(by: text) == true { open = nil }
                } else {
                    open = nil
                    if let value = secretValue(in: text, isLine: true) {
                        if value < end { places.append(lines.span(value, end)) }
                        let key = lines.keyColumn(line)
                        open = Open(column: key, value: source.bytes[value..<end])
                    }
                }
            }
            line = nextLine(source.bytes, end)
        }
        return places
    }

    /// The places of secrets in what could be comments.
    static func commented(_ source: SourceFile, file: Int) -> [SourceSpan] {
        let bytes = source.bytes
        var places: [SourceSpan] = []
        var start = 0
        while let sign = bytes[start...].firstIndex(of: UInt8(ascii: "#")) {
            let end = bytes[sign...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            let isComment = sign == 0 || [0x20, 0x09, 0x0A].contains(bytes[sign - 1])
            if isComment, let value = secretValue(in: bytes[(sign + 1)..<end]), value < end,
                !SecretPlaces.isReference(bytes[value..<end])
            {
                places.append(SourceSpan(file: file, start: value, end: end))
            }
            start = isComment ? end : sign + 1
        }
        return places
    }

    /// Where the value of the first secret key of a text begins.
    ///
    /// The word `from` is a key in lines of YAML only.
    static func secretValue(in line: ArraySlice<UInt8>, isLine: Bool = false) -> Int? {
        var wordStart = line.startIndex
        for index in line.indices {
            switch line[index] {
            case UInt8(ascii: ":"), UInt8(ascii: "="):
                let word = line[wordStart..<index].filter { $0 != 0x22 && $0 != 0x27 }
                let isKey = isLine || !word.elementsEqual("from".utf8)
                if isKey, SecretPlaces.soundsSecret(word) {
                    return line[(index + 1)...].firstIndex { $0 != 0x20 } ?? line.endIndex
                }
                wordStart = index + 1
            case 0x20, 0x09:
                if isPlainKey(line[wordStart..<index]), wordStart == firstWord(line) {
                    // A key without a colon; what follows would have been its value.
                    let rest = line[index...]
                    let value = rest.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? line.endIndex
                    if value < line.endIndex, line[value] != UInt8(ascii: ":") { return value }
                }
                wordStart = index + 1
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","), UInt8(ascii: "?"):
                wordStart = index + 1
            default:
                break
            }
        }
        return nil
    }

    private static func isPlainKey(_ word: ArraySlice<UInt8>) -> Bool {
        ["secret", "credential", "password", "token", "authorization", "api_key", "value"]
            .contains { word.map(SecretTokens.fold).elementsEqual($0.utf8) }
    }

    private static func firstWord(_ line: ArraySlice<UInt8>) -> Int? {
        line.firstIndex { ![0x20, 0x09, UInt8(ascii: "-"), UInt8(ascii: "{")].contains($0) }
    }

    private static func afterDash(_ line: ArraySlice<UInt8>, _ content: Int) -> Int {
        let isItem = line[content] == UInt8(ascii: "-") && content + 1 < line.endIndex
        return isItem && line[content + 1] == 0x20 ? content + 2 : content
    }

    private static func nextLine(_ bytes: [UInt8], _ end: Int) -> Int {
        (bytes[end...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count) + 1
    }

    /// A secret that may go on in the lines below its key.
    private struct Open {
        /// The column of its key.
        let column: Int
        /// The quote or bracket that its text began with and did not close.
        let closing: UInt8?
        /// Whether its text begins on the next line.
        let isBelow: Bool

        init(column: Int, value: ArraySlice<UInt8>) {
            self.column = column
            let last = value.split(separator: 0x20).last?.first
            isBelow = last == nil || last == UInt8(ascii: "|") || last == UInt8(ascii: ">")
            let pairs: [UInt8: UInt8] = [0x22: 0x22, 0x27: 0x27, 0x5B: 0x5D, 0x7B: 0x7D]
            let closing = value.first.flatMap { pairs[$0] }
            self.closing = closing.flatMap { value.dropFirst().contains($0) ? nil : $0 }
        }

        func holds(_ line: ArraySlice<UInt8>, content: Int) -> Bool {
            if closing == 0x22 || closing == 0x27 { return true }
            let indentation = content - line.startIndex
            let isItem = line[content] == UInt8(ascii: "-")
            let isText = (isBelow || closing != nil) && !line.contains(UInt8(ascii: ":"))
            let isLevel = indentation == column && (isItem || closing != nil)
            return indentation > column || isLevel || isText
        }

        func isClosed(by line: ArraySlice<UInt8>) -> Bool {
            closing.map { line.contains($0) } ?? false
        }
    }
}
