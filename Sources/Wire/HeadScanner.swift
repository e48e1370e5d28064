/// A search for the end of a head that goes on where it stopped.
///
/// The caller collects bytes in one contiguous buffer and asks after each read. However few bytes
/// come at a time, all searches together look at each byte a constant number of times. Offsets are
/// from the start of the bytes given, which must be the same start until `reset()`.
public struct HeadScanner: Sendable {
    /// Where the head begins: after the empty lines that were skipped.
    public private(set) var start: Int = 0
    /// No end begins before this offset.
    private var searched: Int = 0
    /// No bare line feed is before this offset.
    private var checked: Int = 0
    private let skipsEmptyLines: Bool

    /// A search at offset 0.
    ///
    /// A server skips at most two empty lines ahead of a request line (RFC 9112, 2.2); a client
    /// skips none ahead of a status line.
    @inlinable
    public init(skippingEmptyLines: Bool = true) {
        self.init(skips: skippingEmptyLines)
    }

    @usableFromInline
    init(skips: Bool) {
        skipsEmptyLines = skips
    }

    /// Begins anew, for the next head.
    public mutating func reset() {
        start = 0
        searched = 0
        checked = 0
    }

    /// The offset just after the CR LF CR LF that ends the head, or nil where it has not come yet.
    public mutating func findEnd(_ bytes: RawSpan) -> Int? {
        if searched == start, !skipEmptyLines(bytes) { return nil }
        let end = bytes.byteCount
        var offset = searched
        // CR at a byte and at the next but one: rare, but for the end.
        while offset &+ 18 <= end {
            let first = Vectors.equal(bytes.vector(offset), Ascii.carriageReturn)
            let second = Vectors.equal(bytes.vector(offset &+ 2), Ascii.carriageReturn)
            if Vectors.stop(first .& second, &offset) {
                // The last LF may be still to come.
                if offset &+ 4 > end { break }
                if bytes.quad(offset) == Ascii.headEnd { return offset &+ 4 }
                offset &+= 1
            }
        }
        while offset &+ 4 <= end {
            if bytes.quad(offset) == Ascii.headEnd { return offset &+ 4 }
            offset &+= 1
        }
        searched = max(offset, start)
        return nil
    }

    /// Whether no further bytes can make an acceptable head of these; asked after `findEnd` found
    /// none.
    ///
    /// It answers early what the parser would refuse in the end, such as a TLS handshake on a plain
    /// port or lines that end with a bare line feed, so that a client need not wait for a timeout.
    public mutating func isHopeless(_ bytes: RawSpan) -> Bool {
        let end = bytes.byteCount
        // A method has at most 16 bytes of a token; "HTTP/1.1" is read as one byte less strictly.
        let prefixEnd = min(start + HeadScanner.methodByteLimit + 1, end)
        var offset = start
        while offset < prefixEnd, bytes.byte(offset) != Ascii.space {
            let byte = bytes.byte(offset)
            let isPartOfEmptyLine =
                skipsEmptyLines && offset == start && end == start + 1
                && byte == Ascii.carriageReturn
            let isAllowed = ByteClass.isToken(byte) || !skipsEmptyLines && byte == Ascii.slash
            if !isAllowed, !isPartOfEmptyLine { return true }
            offset += 1
        }
        if offset == start + HeadScanner.methodByteLimit + 1 { return true }
        while checked < end {
            let byte = bytes.byte(checked)
            let follows = checked > 0 && bytes.byte(checked - 1) == Ascii.carriageReturn
            if byte == 0 || (byte == Ascii.lineFeed) != follows { return true }
            checked += 1
        }
        return false
    }

    /// The longest method or version that begins a head.
    static let methodByteLimit = 16

    /// Moves `start` behind empty lines; false where the rest of one may still come.
    private mutating func skipEmptyLines(_ bytes: RawSpan) -> Bool {
        while skipsEmptyLines, start < 4, start &+ 2 <= bytes.byteCount,
            bytes.pair(start) == Ascii.lineEnd
        {
            start &+= 2
        }
        searched = start
        return start < bytes.byteCount
    }
}
