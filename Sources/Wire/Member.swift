/// What a value of a JSON document is.
public enum MemberType: UInt8, Sendable, BitwiseCopyable {
    /// There is no such member.
    case absent
    /// A string
    case string
    /// A number
    case number
    /// `true`
    case `true`
    /// `false`
    case `false`
    /// `null`
    case null
    /// An array
    case array
    /// An object
    case object
}

/// A member of the top-level object that routing looks at, by offsets into the body.
public struct Member: Sendable, BitwiseCopyable {
    /// The token of the value, with the quotes of a string; of an array or object the first byte
    /// only.
    public internal(set) var token: ByteRange
    /// What the value is.
    public internal(set) var type: MemberType
    /// Whether a string has escapes, so that its text is not its bytes.
    public internal(set) var hasEscapes: Bool

    /// No member.
    @usableFromInline
    static var absent: Member { Member(token: .empty, type: .absent, hasEscapes: false) }

    /// The bytes between the quotes of a string; empty for all else.
    @inlinable
    public var content: ByteRange {
        guard type == .string else { return .empty }
        return ByteRange(start: token.start &+ 1, end: token.end &- 1)
    }

    /// Writes the text of a string, unescaped, as UTF-8; at most `content.count` bytes.
    ///
    /// `body` is the body that was scanned; writes nothing for all else.
    public func writeText(_ body: RawSpan, into writer: inout ByteWriter) {
        guard hasEscapes else {
            writer.write(body, content)
            return
        }
        precondition(content.end <= body.byteCount)
        var cursor = StringCursor(content)
        while let scalar = cursor.next(body) {
            switch scalar {
            case 0..<0x80:
                writer.write(UInt8(truncatingIfNeeded: scalar))
            case 0x80..<0x800:
                writer.write(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
            case 0x800..<0x10000:
                writer.write(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
            default:
                writer.write(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
                writer.write(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
            }
        }
    }
}
