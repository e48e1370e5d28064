/// The entity tags that a client has (RFC 9110, 8.8.3 and 13.1.2).
public enum EntityTags {
    /// Whether a value of `If-None-Match` names a tag, or all: then there is nothing new to send.
    ///
    /// `tag` has its quotes. Compared weakly, as this field is.
    public static func lists(_ value: RawSpan, tag: RawSpan) -> Bool {
        var offset = 0
        while offset < value.byteCount {
            let byte = value.byte(offset)
            if byte == Ascii.comma || ByteClass.isBlank(byte) {
                offset += 1
                continue
            }
            if byte == Ascii.asterisk { return value.byteCount == 1 }
            let isWeak =
                byte == UInt8(ascii: "W") && offset + 1 < value.byteCount
                && value.byte(offset + 1) == Ascii.slash
            let start = isWeak ? offset + 2 : offset
            guard start < value.byteCount, value.byte(start) == Ascii.quote else { return false }
            var end = start + 1
            while end < value.byteCount, value.byte(end) != Ascii.quote { end += 1 }
            guard end < value.byteCount else { return false }
            if isSame(value.extracting(start..<end + 1), tag) { return true }
            offset = end + 1
        }
        return false
    }

    private static func isSame(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        for offset in 0..<left.byteCount where left.byte(offset) != right.byte(offset) {
            return false
        }
        return true
    }
}
