/// Whether a path means the same to everyone who reads it (RFC 3986, 6.2.2).
public enum PathCheck {
    /// Whether a path begins with `/` and holds nothing that a server might rewrite.
    ///
    /// Refused: dot segments (also before `;`, where some servers cut parameters), empty segments
    /// other than the last, backslashes, malformed percent escapes, and escapes of `.`, `/`, `\`
    /// and control characters.
    public static func isPlain(_ path: RawSpan) -> Bool {
        let end = path.byteCount
        guard end > 0, path.byte(0) == Ascii.slash else { return false }
        guard end > 16 else { return isPlainSlowly(path) }
        // Each slash with the byte behind it, sixteen at a time; the last vector overlaps.
        var offset = 0
        while true {
            offset = min(offset, end &- 17)
            let vector = path.vector(offset)
            let next = path.vector(offset &+ 1)
            let dots = Vectors.equal(next, Ascii.slash) .| Vectors.equal(next, Ascii.dot)
            let suspects =
                (Vectors.equal(vector, Ascii.slash) .& dots)
                .| Vectors.equal(next, Ascii.percent) .| Vectors.equal(next, Ascii.backslash)
            let words = Vectors.words(suspects)
            if words.low | words.high != 0 { return isPlainSlowly(path) }
            offset &+= 16
            if offset &+ 1 >= end { return true }
        }
    }

    /// The same, slash by slash, for paths that are short or look suspicious.
    private static func isPlainSlowly(_ path: RawSpan) -> Bool {
        let end = path.byteCount
        var offset = 0
        while offset < end {
            let word = path.wordOrTail(offset)
            let stops =
                Lanes.equal(word, Ascii.slash) | Lanes.equal(word, Ascii.percent)
                | Lanes.equal(word, Ascii.backslash)
            if stops == 0 {
                offset &+= 8
                continue
            }
            offset &+= Lanes.first(stops)
            switch path.byte(offset) {
            case Ascii.slash:
                offset &+= 1
                guard isSegmentStart(path, offset) else { return false }
            case Ascii.percent:
                guard isPlainEscape(path, offset) else { return false }
                offset &+= 3
            default: return false
            }
        }
        return true
    }

    /// Whether what begins behind a slash is neither empty nor a dot segment; the last may be
    /// empty.
    @inline(always)
    private static func isSegmentStart(_ path: RawSpan, _ start: Int) -> Bool {
        guard start < path.byteCount else { return true }
        let byte = path.byte(start)
        return byte != Ascii.slash && (byte != Ascii.dot || !isDotSegment(path, start))
    }

    /// Whether `.` or `..` is all of the segment that begins with this dot.
    @inline(never)
    private static func isDotSegment(_ path: RawSpan, _ start: Int) -> Bool {
        var offset = start + 1
        if offset < path.byteCount, path.byte(offset) == Ascii.dot { offset += 1 }
        guard offset < path.byteCount else { return true }
        let byte = path.byte(offset)
        return byte == Ascii.slash || byte == Ascii.semicolon || byte == Ascii.backslash
    }

    /// Whether an escape is two digits and stands for a harmless byte.
    @inline(never)
    private static func isPlainEscape(_ path: RawSpan, _ percent: Int) -> Bool {
        guard percent + 2 < path.byteCount else { return false }
        let high = ByteClass.hexadecimal(path.byte(percent + 1))
        let low = ByteClass.hexadecimal(path.byte(percent + 2))
        guard high < 16, low < 16 else { return false }
        switch high << 4 | low {
        case 0..<0x20, Ascii.delete, Ascii.dot, Ascii.slash, Ascii.backslash: return false
        default: return true
        }
    }
}
