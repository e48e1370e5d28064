/// A parameter of a field, by offsets into the bytes at hand.
struct MultipartParameter {
    /// The name, a token.
    var name: ByteRange
    /// The value, of a quoted string what is between the quotes, as it is.
    var value: ByteRange
}

/// The parameters of a field (RFC 2045, 5.1 and RFC 9110, 5.6.6), one after the other.
///
/// Blanks may stand around `;` and nowhere else. A quoted string ends at the first quote; one with
/// a backslash ahead is refused, since some parsers take it for an end and others do not.
struct MultipartParameters {
    /// The offset of what has not been read.
    private var offset: Int
    private let end: Int

    /// The parameters from an offset, just behind a type, to the end of a field.
    init(from offset: Int, to end: Int) {
        self.offset = offset
        self.end = end
    }

    /// The next parameter, or nil behind the last.
    mutating func next(_ bytes: RawSpan) throws(MultipartFault) -> MultipartParameter? {
        guard offset < end else { return nil }
        skipBlanks(bytes)
        try expect(Ascii.semicolon, bytes)
        skipBlanks(bytes)
        let name = token(bytes)
        guard !name.isEmpty else { throw .malformed }
        try expect(0x3D, bytes)
        if offset < end, bytes.byte(offset) == Ascii.quote {
            return MultipartParameter(name: name, value: try quoted(bytes))
        }
        let value = token(bytes)
        guard !value.isEmpty else { throw .malformed }
        return MultipartParameter(name: name, value: value)
    }

    private mutating func skipBlanks(_ bytes: RawSpan) {
        while offset < end, ByteClass.isBlank(bytes.byte(offset)) { offset &+= 1 }
    }

    private mutating func expect(_ byte: UInt8, _ bytes: RawSpan) throws(MultipartFault) {
        guard offset < end, bytes.byte(offset) == byte else { throw .malformed }
        offset &+= 1
    }

    private mutating func token(_ bytes: RawSpan) -> ByteRange {
        let start = offset
        while offset < end, ByteClass.isToken(bytes.byte(offset)) { offset &+= 1 }
        return ByteRange(start, offset)
    }

    private mutating func quoted(_ bytes: RawSpan) throws(MultipartFault) -> ByteRange {
        let start = offset &+ 1
        offset = start
        while offset < end, bytes.byte(offset) != Ascii.quote { offset &+= 1 }
        guard offset < end, bytes.byte(offset &- 1) != Ascii.backslash else { throw .malformed }
        offset &+= 1
        return ByteRange(start, offset &- 1)
    }
}
