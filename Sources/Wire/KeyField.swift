/// The key in a field that carries one.
public enum KeyField {
    /// The run of `head` that is the key of a field, or nil where there is none.
    ///
    /// In `Authorization`, and `Proxy-Authorization`, what follows the scheme `Bearer`, whose
    /// letters match in either case, and one or more spaces (RFC 6750, 2.1); in any other field all
    /// of the value. A key is not empty and has bytes of 0x21...0x7E only.
    public static func key(of field: HeaderField, in head: RawSpan) -> ByteRange? {
        precondition(field.value.end <= head.byteCount)
        var start = Int(field.value.start)
        let end = Int(field.value.end)
        if field.kind == .authorization || field.kind == .proxyAuthorization {
            let schemeEnd = start &+ 6
            guard schemeEnd < end, equalsFolded(head, ByteRange(start, schemeEnd), "bearer"),
                head.byte(schemeEnd) == Ascii.space
            else { return nil }
            start = schemeEnd
            while start < end, head.byte(start) == Ascii.space { start &+= 1 }
        }
        guard start < end, isPlain(head, start, end) else { return nil }
        return ByteRange(start, end)
    }

    /// Whether a run has bytes of 0x21...0x7E only.
    @inline(always)
    private static func isPlain(_ head: RawSpan, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end {
            let word = head.wordOrTail(offset)
            let stops =
                Lanes.below(word, 0x21) | word & Lanes.high | Lanes.equal(word, Ascii.delete)
            if stops != 0 { return offset &+ Lanes.first(stops) >= end }
            offset &+= 8
        }
        return true
    }
}
