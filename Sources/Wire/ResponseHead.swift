/// How the length of a response's body is told (RFC 9112, 6.3).
public enum ResponseFraming: Equatable, Sendable, BitwiseCopyable {
    /// There is no body.
    case none
    /// As many bytes as `Content-Length` says.
    case length(UInt64)
    /// Chunks (RFC 9112, 7.1).
    case chunked
    /// All bytes until the connection closes.
    case untilClose
}

/// What the head of a response says, by offsets into its bytes.
public struct ResponseHead: Sendable, BitwiseCopyable {
    /// The number of bytes, with the empty line.
    public internal(set) var byteCount: Int
    /// How the body's length is told.
    public internal(set) var framing: ResponseFraming
    /// The reason phrase; may be empty.
    public internal(set) var reason: ByteRange
    /// 100...599, but not 101.
    public internal(set) var status: Int
    /// 0 or 1, of HTTP/1.0 and HTTP/1.1.
    public internal(set) var minorVersion: UInt8
    /// Whether the connection may serve another request afterwards (RFC 9112, 9.3).
    public internal(set) var keepAlive: Bool

    /// Whether another head follows that is the answer (RFC 9110, 15.2).
    @inlinable @inline(always)
    public var isInterim: Bool { status < 200 }
}

// MARK: - Parsing

extension ResponseHead {
    /// Parses a complete head, from its first byte to the empty line (RFC 9112, 2 and 4 to 6).
    ///
    /// Offsets are relative to `head`. What `fields` held before is lost, whether parsing succeeds
    /// or not. The space between the status and an empty reason may be missing, as many servers
    /// have it.
    public static func parse(
        _ head: RawSpan, fields: HeaderFields, requestWasHead: Bool
    ) throws(ResponseFault) -> ResponseHead {
        let byteCount = head.byteCount
        guard byteCount >= 4, byteCount < 1 &<< 31 else { throw .headNotComplete }
        guard head.quad(byteCount &- 4) == Ascii.headEnd else { throw .headNotComplete }
        // "HTTP/1.1 200" and CR LF twice.
        guard byteCount >= 16 else { throw .malformedStatusLine }
        let isCurrent = head.word(0) == Lanes.pack("HTTP/1.1")
        guard isCurrent || head.word(0) == Lanes.pack("HTTP/1.0") else {
            throw versionFault(head)
        }
        let status = try statusCode(head)
        let reason = try reasonRange(head)
        if let fault = FieldLines.parse(head, from: Int(reason.end) &+ 2, into: fields) {
            throw ResponseFault(fault)
        }
        var options = ConnectionOptions()
        if fields.contains(.connection) {
            guard let found = ConnectionOptions(head, fields) else { throw .invalidConnection }
            options = found
        }
        var framing = try announced(head, fields, isCurrent: isCurrent)
        if status < 200 || status == 204 {
            switch framing {
            case .untilClose, .length(0): framing = .none
            default: throw .bodyNotAllowed
            }
        } else if requestWasHead || status == 304 {
            framing = .none
        }
        return ResponseHead(
            byteCount: byteCount, framing: framing, reason: reason, status: status,
            minorVersion: isCurrent ? 1 : 0,
            keepAlive: !options.closes && (isCurrent || options.keepsAlive)
                && framing != .untilClose)
    }

    /// The status, three digits behind the version (RFC 9112, 4).
    @inline(always)
    private static func statusCode(_ head: RawSpan) throws(ResponseFault) -> Int {
        guard head.byte(8) == Ascii.space else { throw .malformedStatusLine }
        let hundreds = head.byte(9) &- Ascii.zero
        let tens = head.byte(10) &- Ascii.zero
        let ones = head.byte(11) &- Ascii.zero
        guard hundreds &- 1 < 5, tens < 10, ones < 10 else { throw .invalidStatus }
        let status = Int(hundreds) &* 100 &+ Int(tens) &* 10 &+ Int(ones)
        if status == 101 { throw .switchingProtocols }
        return status
    }

    /// The reason phrase, which ends where CR LF begins.
    @inline(always)
    private static func reasonRange(_ head: RawSpan) throws(ResponseFault) -> ByteRange {
        guard head.byte(12) == Ascii.space else {
            guard head.pair(12) == Ascii.lineEnd else { throw .malformedStatusLine }
            return ByteRange(12, 12)
        }
        let end = FieldLines.valueEnd(head, from: 13)
        guard head.pair(end) == Ascii.lineEnd else {
            switch head.byte(end) {
            case Ascii.carriageReturn: throw .bareCarriageReturn
            case Ascii.lineFeed: throw .bareLineFeed
            default: throw .controlCharacter
            }
        }
        return ByteRange(13, end)
    }

    /// The framing that the fields announce, whatever the status (RFC 9112, 6.3).
    @inline(always)
    private static func announced(
        _ head: RawSpan, _ fields: HeaderFields, isCurrent: Bool
    ) throws(ResponseFault) -> ResponseFraming {
        if let encoding = fields.first(.transferEncoding) {
            if fields.contains(.contentLength) { throw .lengthAndEncoding }
            if fields.repeats(.transferEncoding) { throw .duplicateTransferEncoding }
            if !isCurrent { throw .transferEncodingInVersion10 }
            guard equalsFolded(head, encoding.value, "chunked"), !encoding.hasTabs(head) else {
                throw .unsupportedTransferEncoding
            }
            return .chunked
        }
        guard let length = fields.first(.contentLength) else { return .untilClose }
        if fields.repeats(.contentLength) { throw .duplicateContentLength }
        guard let count = decimal(head, length.value), !length.hasTabs(head) else {
            throw .invalidContentLength
        }
        return .length(count)
    }

    /// Why the first eight bytes are no version that we speak.
    @inline(never)
    private static func versionFault(_ head: RawSpan) -> ResponseFault {
        let isNamed = head.word(0) & 0xFF_FFFF_FFFF == Lanes.pack("HTTP/")
        guard isNamed, ByteClass.isDigit(head.byte(5)), head.byte(6) == Ascii.dot,
            ByteClass.isDigit(head.byte(7))
        else { return .malformedStatusLine }
        return .unsupportedVersion
    }
}
