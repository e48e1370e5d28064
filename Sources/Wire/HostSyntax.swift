/// The syntax of host[:port] (RFC 9110, 7.2 and RFC 3986, 3.2.2).
///
/// Narrower than the grammar: a name has letters, digits, `-`, `.`, `_` and `~`; percent escapes
/// and sub-delims, which no name of a server has, are refused, as is user information. An IP
/// literal in brackets has hexadecimal digits, `:` and `.`; zone identifiers are refused. A port
/// has at most five digits and is below 65,536.
enum HostSyntax {
    /// Whether a run of a head is host[:port]; the byte behind it is none of a host.
    @inline(always)
    static func isValid(_ head: RawSpan, _ range: ByteRange) -> Bool {
        let end = Int(range.end)
        guard !range.isEmpty else { return false }
        var offset = Int(range.start)
        if head.byte(offset) == Ascii.openBracket {
            guard let literalEnd = literalEnd(head, range) else { return false }
            offset = literalEnd
        } else {
            offset = nameEnd(head, offset)
            guard offset != Int(range.start) else { return false }
        }
        return offset == end || isPort(head, offset, end)
    }

    /// The offset of the first byte that is not of a name.
    @inline(always)
    private static func nameEnd(_ head: RawSpan, _ start: Int) -> Int {
        var offset = start
        while true {
            if offset &+ 16 <= head.byteCount {
                let vector = head.vector(offset)
                // `-` and `.` are neighbors.
                let plain =
                    Vectors.letters(vector) .| Vectors.inside(vector, Ascii.minus, count: 2)
                    .| Vectors.inside(vector, Ascii.zero, count: 10)
                if !Vectors.stop(.!plain, &offset) { continue }
            }
            guard ByteClass.isHostName(head.byte(offset)) else { return offset }
            offset &+= 1
        }
    }

    /// Whether a colon and at most five digits below 65,536 are left.
    @inline(always)
    private static func isPort(_ head: RawSpan, _ start: Int, _ end: Int) -> Bool {
        guard start < end, head.byte(start) == Ascii.colon, end &- start <= 6 else { return false }
        var port = 0
        var offset = start &+ 1
        while offset < end {
            let digit = head.byte(offset) &- Ascii.zero
            guard digit < 10 else { return false }
            port = port &* 10 &+ Int(digit)
            offset &+= 1
        }
        return port < 65_536
    }

    /// The offset behind the bracket that closes an IP literal, or nil.
    @inline(never)
    private static func literalEnd(_ head: RawSpan, _ range: ByteRange) -> Int? {
        var offset = Int(range.start) + 1
        while offset < Int(range.end) {
            let byte = head.byte(offset)
            offset += 1
            if byte == Ascii.closeBracket {
                return offset - Int(range.start) >= 4 ? offset : nil
            }
            let isAllowed =
                ByteClass.hexadecimal(byte) < 16 || byte == Ascii.colon || byte == Ascii.dot
            guard isAllowed else { return nil }
        }
        return nil
    }
}
