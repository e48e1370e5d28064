/// A walk through a whole JSON document (RFC 8259), token by token, in the order of its bytes.
///
/// Whoever walks says what he expects; what is not wanted is skipped, and validated all the same.
/// The same grammar and limits as `MemberScanner`, for documents that have come whole.
struct JSONCursor {
    /// How deep arrays and objects may nest.
    static var depthLimit: Int { MemberScanner.depthLimit }

    /// The offset of the next byte.
    private(set) var offset = 0

    /// The next byte, which must be there.
    func peek(_ body: RawSpan) throws(JSONFault) -> UInt8 {
        guard offset < body.byteCount else { throw .truncated }
        return body.byte(offset)
    }

    /// Skips white space (RFC 8259, 2).
    mutating func skipBlanks(_ body: RawSpan) {
        while offset < body.byteCount, JSONCursor.isBlank(body.byte(offset)) { offset += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == Ascii.space || byte == Ascii.lineFeed || byte == Ascii.carriageReturn
            || byte == Ascii.tab
    }

    /// Makes sure that nothing but white space is left.
    mutating func finish(_ body: RawSpan) throws(JSONFault) {
        skipBlanks(body)
        guard offset == body.byteCount else { throw .trailingBytes }
    }

    // MARK: - Arrays and objects

    /// Goes behind an opening bracket, to what is inside; false, and behind the closing one, where
    /// nothing is.
    mutating func open(_ body: RawSpan, until closing: UInt8) throws(JSONFault) -> Bool {
        offset += 1
        skipBlanks(body)
        guard try peek(body) == closing else { return true }
        offset += 1
        return false
    }

    /// Goes to what follows a value; false, and behind the closing bracket, where nothing does.
    mutating func advance(_ body: RawSpan, until closing: UInt8) throws(JSONFault) -> Bool {
        skipBlanks(body)
        let byte = try peek(body)
        guard byte == Ascii.comma || byte == closing else { throw .unexpectedByte }
        offset += 1
        guard byte == Ascii.comma else { return false }
        skipBlanks(body)
        return true
    }

    /// Reads a key and its colon; what is between its quotes.
    mutating func key(_ body: RawSpan) throws(JSONFault) -> ByteRange {
        guard try peek(body) == Ascii.quote else { throw .unexpectedByte }
        let content = try string(body)
        skipBlanks(body)
        guard try peek(body) == Ascii.colon else { throw .unexpectedByte }
        offset += 1
        skipBlanks(body)
        return content
    }

    // MARK: - Values

    /// Reads a string, from its first quote; what is between the quotes.
    mutating func string(_ body: RawSpan) throws(JSONFault) -> ByteRange {
        let start = offset + 1
        var end = start
        while true {
            end = JSONStrings.plainEnd(body, end)
            guard end < body.byteCount else { throw .truncated }
            let byte = body.byte(end)
            if byte == Ascii.quote { break }
            if byte == Ascii.backslash {
                let count = try JSONStrings.escapeCount(body, end)
                guard count > 0 else { throw .truncated }
                end += count
            } else if byte >= 0x80 {
                let run = JSONStrings.wideRun(body, end)
                guard run.isValid else { throw .invalidUTF8 }
                guard run.end > end else { throw .truncated }
                end = run.end
            } else {
                throw .controlCharacter
            }
        }
        offset = end + 1
        return ByteRange(start, end)
    }

    /// Goes behind a value of any kind; `depth` arrays and objects are open around it.
    mutating func skipValue(_ body: RawSpan, depth: Int) throws(JSONFault) {
        switch try peek(body) {
        case Ascii.quote: _ = try string(body)
        case Ascii.openBrace:
            guard depth < JSONCursor.depthLimit else { throw .tooDeep }
            var goesOn = try open(body, until: Ascii.closeBrace)
            while goesOn {
                _ = try key(body)
                try skipValue(body, depth: depth + 1)
                goesOn = try advance(body, until: Ascii.closeBrace)
            }
        case Ascii.openBracket:
            guard depth < JSONCursor.depthLimit else { throw .tooDeep }
            var goesOn = try open(body, until: Ascii.closeBracket)
            while goesOn {
                try skipValue(body, depth: depth + 1)
                goesOn = try advance(body, until: Ascii.closeBracket)
            }
        case 0x74: try skip("true", body)
        case 0x66: try skip("false", body)
        case 0x6E: try skip("null", body)
        case Ascii.minus, Ascii.zero...Ascii.nine: try skipNumber(body)
        default: throw .unexpectedByte
        }
    }

    private mutating func skip(_ word: StaticString, _ body: RawSpan) throws(JSONFault) {
        let end = offset + word.utf8CodeUnitCount
        guard end <= body.byteCount else { throw .truncated }
        guard isExactly(body, ByteRange(offset, end), word) else { throw .invalidLiteral }
        offset = end
    }

    /// A number (RFC 8259, 6).
    private mutating func skipNumber(_ body: RawSpan) throws(JSONFault) {
        if try peek(body) == Ascii.minus { offset += 1 }
        let hasZero = try peek(body) == Ascii.zero
        let count = skipDigits(body)
        guard count == 1 || count > 1 && !hasZero else { throw .invalidNumber }
        if offset < body.byteCount, body.byte(offset) == Ascii.dot {
            offset += 1
            guard skipDigits(body) > 0 else { throw .invalidNumber }
        }
        guard offset < body.byteCount, body.byte(offset) | 0x20 == 0x65 else { return }
        offset += 1
        if offset < body.byteCount,
            body.byte(offset) == Ascii.plus || body.byte(offset) == Ascii.minus
        {
            offset += 1
        }
        guard skipDigits(body) > 0 else { throw .invalidNumber }
    }

    private mutating func skipDigits(_ body: RawSpan) -> Int {
        let start = offset
        while offset < body.byteCount, ByteClass.isDigit(body.byte(offset)) { offset += 1 }
        return offset - start
    }
}
