/// The field names that something depends on.
///
/// Raw values are below 32, so that a set of kinds is one word (`FieldKinds`).
public enum FieldKind: UInt8, Sendable, BitwiseCopyable {
    /// Any name that is not below.
    case other
    /// `Host` (RFC 9112, 3.2).
    case host
    /// `Content-Length` (RFC 9112, 6.2).
    case contentLength
    /// `Transfer-Encoding` (RFC 9112, 6.1).
    case transferEncoding
    /// `Connection` (RFC 9110, 7.6.1).
    case connection
    /// `Keep-Alive`, of HTTP/1.0 and of habit.
    case keepAlive
    /// `Proxy-Connection`, which no standard defines and some clients send.
    case proxyConnection
    /// `TE` (RFC 9110, 10.1.4).
    case te
    /// `Trailer` (RFC 9110, 6.6.2).
    case trailer
    /// `Upgrade` (RFC 9110, 7.8).
    case upgrade
    /// `HTTP2-Settings` (RFC 7540, 3.2.1; obsolete).
    case http2Settings
    /// `Expect` (RFC 9110, 10.1.1).
    case expect
    /// `Authorization` (RFC 9110, 11.6.2).
    case authorization
    /// `x-api-key`, as Anthropic's clients send it.
    case xAPIKey
    /// `api-key`, as Azure's clients send it.
    case apiKey
    /// `Proxy-Authorization` (RFC 9110, 11.7.2).
    case proxyAuthorization
    /// `Proxy-Authenticate` (RFC 9110, 11.7.1).
    case proxyAuthenticate
    /// `Content-Type` (RFC 9110, 8.3).
    case contentType
    /// `Content-Encoding` (RFC 9110, 8.4).
    case contentEncoding
    /// `Date` (RFC 9110, 6.6.1).
    case date
    /// `Server` (RFC 9110, 10.2.4).
    case server
    /// `x-request-id`, by which the parties of a request find it in their logs.
    case xRequestID
}

/// A set of kinds of fields, one bit for each.
public struct FieldKinds: OptionSet, Sendable, BitwiseCopyable {
    /// Bit n stands for the kind whose raw value is n.
    public var rawValue: UInt32

    /// The set with the given bits.
    @inlinable @inline(always)
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The set of one kind.
    @inlinable @inline(always)
    public init(_ kind: FieldKind) {
        rawValue = 1 &<< UInt32(kind.rawValue)
    }

    /// Whether a kind is in the set.
    @inlinable @inline(always)
    public func contains(_ kind: FieldKind) -> Bool {
        rawValue &>> UInt32(kind.rawValue) & 1 != 0
    }

    /// What concerns one connection only and is never forwarded (RFC 9110, 7.6.1).
    @inlinable @inline(always)
    public static var hopByHop: FieldKinds {
        [
            FieldKinds(.connection), FieldKinds(.keepAlive), FieldKinds(.proxyConnection),
            FieldKinds(.te), FieldKinds(.trailer), FieldKinds(.transferEncoding),
            FieldKinds(.upgrade), FieldKinds(.http2Settings), FieldKinds(.proxyAuthenticate),
            FieldKinds(.proxyAuthorization),
        ]
    }

    /// What carries a client's key to us, and goes upstream only where the spec says so.
    @inlinable @inline(always)
    public static var credentials: FieldKinds {
        [FieldKinds(.authorization), FieldKinds(.xAPIKey), FieldKinds(.apiKey)]
    }
}

extension FieldKind {
    /// The kind of a field name; letters match in either case (RFC 9110, 5.1).
    ///
    /// The name is known to be a token, so that setting bit 5 of its bytes merges capitals with
    /// small letters and nothing with a letter, a digit or `-` that is not one. A colon and CR LF
    /// CR LF come behind it.
    @inline(always)
    static func recognize(_ head: RawSpan, at start: Int, count: Int) -> FieldKind {
        switch count {
        case 2: return head.pair(start) | 0x2020 == 0x6574 ? .te : .other
        case 4:
            if isShort(head, start, 4, "host") { return .host }
            return isShort(head, start, 4, "date") ? .date : .other
        case 6:
            if isShort(head, start, 6, "expect") { return .expect }
            return isShort(head, start, 6, "server") ? .server : .other
        case 7:
            if isShort(head, start, 7, "api-key") { return .apiKey }
            if isShort(head, start, 7, "trailer") { return .trailer }
            return isShort(head, start, 7, "upgrade") ? .upgrade : .other
        case 9: return isLong(head, start, 9, "x-api-ke", "-api-key") ? .xAPIKey : .other
        case 10:
            if isLong(head, start, 10, "connecti", "nnection") { return .connection }
            return isLong(head, start, 10, "keep-ali", "ep-alive") ? .keepAlive : .other
        case 12:
            if isLong(head, start, 12, "content-", "ent-type") { return .contentType }
            return isLong(head, start, 12, "x-reques", "quest-id") ? .xRequestID : .other
        case 13: return isLong(head, start, 13, "authoriz", "rization") ? .authorization : .other
        case 14:
            if isLong(head, start, 14, "content-", "t-length") { return .contentLength }
            return isLong(head, start, 14, "http2-se", "settings") ? .http2Settings : .other
        case 16:
            if isLong(head, start, 16, "content-", "encoding") { return .contentEncoding }
            return isLong(head, start, 16, "proxy-co", "nnection") ? .proxyConnection : .other
        case 17:
            let isWhole = head.byte(start &+ 8) == Ascii.minus
            return isWhole && isLong(head, start, 17, "transfer", "encoding")
                ? .transferEncoding : .other
        case 18:
            let isWhole = isMiddle(head, start, "authenti")
            return isWhole && isLong(head, start, 18, "proxy-au", "enticate")
                ? .proxyAuthenticate : .other
        case 19:
            let isWhole = isMiddle(head, start, "authoriz")
            return isWhole && isLong(head, start, 19, "proxy-au", "rization")
                ? .proxyAuthorization : .other
        default: return .other
        }
    }

    /// Whether a name of four to eight bytes is the one given.
    @inline(always)
    private static func isShort(
        _ head: RawSpan, _ start: Int, _ count: Int, _ text: StaticString
    ) -> Bool {
        let word = (head.word(start) | Lanes.small) & (~0 &>> UInt64(64 &- 8 &* count))
        return word == Lanes.pack(text)
    }

    /// Whether a name begins and ends with two words, which cover it up to sixteen bytes.
    @inline(always)
    private static func isLong(
        _ head: RawSpan, _ start: Int, _ count: Int, _ front: StaticString, _ back: StaticString
    ) -> Bool {
        head.word(start) | Lanes.small == Lanes.pack(front)
            && head.word(start &+ count &- 8) | Lanes.small == Lanes.pack(back)
    }

    /// Whether the eight bytes behind `proxy-` are the ones given.
    @inline(always)
    private static func isMiddle(_ head: RawSpan, _ start: Int, _ text: StaticString) -> Bool {
        head.word(start &+ 6) | Lanes.small == Lanes.pack(text)
    }
}
