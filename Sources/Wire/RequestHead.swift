/// The methods that something depends on (RFC 9110, 9.3 and RFC 5789).
public enum RequestMethod: UInt8, Sendable, BitwiseCopyable {
    /// GET
    case get
    /// HEAD
    case head
    /// POST
    case post
    /// PUT
    case put
    /// DELETE
    case delete
    /// CONNECT
    case connect
    /// OPTIONS
    case options
    /// TRACE
    case trace
    /// PATCH
    case patch
    /// Any other token; the range of the method says which.
    case other
}

/// The four forms of a request target (RFC 9112, 3.2).
public enum TargetForm: UInt8, Sendable, BitwiseCopyable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`
    case absolute
    /// `host:port`, of CONNECT
    case authority
    /// `*`, of OPTIONS
    case asterisk
}

/// How the length of a request's body is told (RFC 9112, 6.3).
public enum RequestFraming: Equatable, Sendable, BitwiseCopyable {
    /// There is no body.
    case none
    /// As many bytes as `Content-Length` says; 0 was said, too.
    case length(UInt64)
    /// Chunks (RFC 9112, 7.1).
    case chunked
}

/// What the head of a request says, by offsets into its bytes.
///
/// Invariant: ranges lie inside the `byteCount` bytes that were parsed. A head that exists is one
/// that every recipient frames alike (RFC 9112, 11.2): what can be read in two ways was refused.
public struct RequestHead: Sendable, BitwiseCopyable {
    /// The longest target, in bytes.
    @inlinable @inline(always)
    public static var targetByteLimit: Int { 8_192 }

    /// The number of bytes, with the empty line.
    public internal(set) var byteCount: Int
    /// How the body's length is told.
    public internal(set) var framing: RequestFraming
    /// The bytes of the method.
    public internal(set) var methodRange: ByteRange
    /// The target as it was sent.
    public internal(set) var target: ByteRange
    /// The path: empty where an absolute target has none, `*` in asterisk form.
    public internal(set) var path: ByteRange
    /// The query without its `?`; empty where there is none.
    public internal(set) var query: ByteRange
    /// The host, with a port where one was sent; empty only in HTTP/1.0.
    public internal(set) var host: ByteRange
    /// The method.
    public internal(set) var method: RequestMethod
    /// The form of the target.
    public internal(set) var form: TargetForm
    /// 0 or 1, of HTTP/1.0 and HTTP/1.1.
    public internal(set) var minorVersion: UInt8
    /// Whether the client wants to send another request afterwards (RFC 9112, 9.3).
    public internal(set) var keepAlive: Bool
    /// Whether the client waits for 100 (RFC 9110, 10.1.1); never in HTTP/1.0.
    public internal(set) var expectContinue: Bool
    /// Whether the client offers another protocol (RFC 9110, 7.8).
    public internal(set) var wantsUpgrade: Bool

    /// Whether the target has scheme and host.
    @inlinable @inline(always)
    public var isAbsoluteForm: Bool { form == .absolute }
}

// MARK: - Parsing

extension RequestHead {
    /// Parses a complete head, from its first byte to the empty line (RFC 9112, 2 to 6).
    ///
    /// Offsets are relative to `head`. What `fields` held before is lost, whether parsing succeeds
    /// or not. Stricter than the grammar asks for where recipients are known to disagree: see
    /// `RequestFault`.
    public static func parse(
        _ head: RawSpan, fields: HeaderFields
    ) throws(RequestFault) -> RequestHead {
        let byteCount = head.byteCount
        guard byteCount >= 4, byteCount < 1 &<< 31 else { throw .headNotComplete }
        guard head.quad(byteCount &- 4) == Ascii.headEnd else { throw .headNotComplete }
        // "A / HTTP/1.0" and CR LF twice.
        guard byteCount >= 16 else { throw .malformedRequestLine }
        let line = try RequestLine.parse(head)
        if let fault = FieldLines.parse(head, from: line.end, into: fields) {
            throw RequestFault(fault)
        }
        let host = try hostRange(head, fields, line)
        var options = ConnectionOptions()
        if fields.contains(.connection) {
            guard let found = ConnectionOptions(head, fields) else { throw .invalidConnection }
            options = found
        }
        let isCurrent = line.minorVersion == 1
        return RequestHead(
            byteCount: byteCount,
            framing: try framing(head, fields, isCurrent: isCurrent),
            methodRange: ByteRange(0, line.methodEnd),
            target: line.target, path: line.path, query: line.query, host: host,
            method: line.method, form: line.form,
            minorVersion: line.minorVersion,
            keepAlive: !options.closes && (isCurrent || options.keepsAlive),
            expectContinue: try expectsContinue(head, fields) && isCurrent,
            wantsUpgrade: options.upgrades && fields.contains(.upgrade))
    }

    /// The host of `Host`, which an absolute target must repeat (RFC 9112, 3.2).
    @inline(always)
    private static func hostRange(
        _ head: RawSpan, _ fields: HeaderFields, _ line: RequestLine
    ) throws(RequestFault) -> ByteRange {
        guard let field = fields.first(.host) else {
            if line.minorVersion == 1 { throw .missingHost }
            return line.authority
        }
        if fields.repeats(.host) { throw .duplicateHost }
        guard HostSyntax.isValid(head, field.value) else { throw .invalidHost }
        if line.form == .absolute, !isSameHost(head, field.value, line.authority) {
            throw .hostMismatch
        }
        return field.value
    }

    /// How the body's length is told (RFC 9112, 6.3).
    @inline(always)
    private static func framing(
        _ head: RawSpan, _ fields: HeaderFields, isCurrent: Bool
    ) throws(RequestFault) -> RequestFraming {
        if let encoding = fields.first(.transferEncoding) {
            if fields.contains(.contentLength) { throw .lengthAndEncoding }
            if fields.repeats(.transferEncoding) { throw .duplicateTransferEncoding }
            if !isCurrent { throw .transferEncodingInVersion10 }
            guard equalsFolded(head, encoding.value, "chunked"), !encoding.hasTabs(head) else {
                throw .unsupportedTransferEncoding
            }
            return .chunked
        }
        guard let length = fields.first(.contentLength) else { return .none }
        if fields.repeats(.contentLength) { throw .duplicateContentLength }
        guard let count = decimal(head, length.value), !length.hasTabs(head) else {
            throw .invalidContentLength
        }
        return .length(count)
    }

    /// Whether the client waits for 100 (RFC 9110, 10.1.1).
    @inline(always)
    private static func expectsContinue(
        _ head: RawSpan, _ fields: HeaderFields
    ) throws(RequestFault) -> Bool {
        guard let field = fields.first(.expect) else { return false }
        guard !fields.repeats(.expect), equalsFolded(head, field.value, "100-continue") else {
            throw .expectationFailed
        }
        return true
    }

    /// Whether two hosts are the same but for the case of letters (RFC 3986, 6.2.2.1).
    @inline(never)
    private static func isSameHost(_ head: RawSpan, _ left: ByteRange, _ right: ByteRange) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count {
            let first = head.byte(Int(left.start) + index)
            let second = head.byte(Int(right.start) + index)
            if ByteClass.folded(first) != ByteClass.folded(second) { return false }
        }
        return true
    }
}

/// The value of one to eighteen digits and nothing else (RFC 9110, 8.6), or nil.
///
/// Eighteen digits are below 2^60, so that sums of such lengths do not overflow.
@inline(always)
func decimal(_ bytes: RawSpan, _ range: ByteRange) -> UInt64? {
    guard range.count >= 1, range.count <= 18 else { return nil }
    var value: UInt64 = 0
    var offset = Int(range.start)
    while offset < Int(range.end) {
        let digit = bytes.byte(offset) &- Ascii.zero
        guard digit < 10 else { return nil }
        value = value &* 10 &+ UInt64(digit)
        offset &+= 1
    }
    return value
}
