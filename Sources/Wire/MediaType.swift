/// What the value of `Content-Type` says about a body (RFC 9110, 8.3).
public enum MediaType: UInt8, Sendable {
    /// No value.
    case none
    /// `application/json`, or a type with the suffix `+json` (RFC 6839, 3.1), with any parameters
    /// that leave it in UTF-8.
    case json
    /// `multipart/` with any subtype, the same.
    case multipart
    /// Anything else, malformed, or in another `charset` than UTF-8.
    case other

    /// Reads a value without blanks around it; letters match in either case.
    public init(_ value: RawSpan) {
        self = MediaType.read(value)
    }

    /// Whether a value names JSON.
    public static func isJSON(_ value: RawSpan) -> Bool {
        MediaType(value) == .json
    }

    /// Whether a value names a multipart type.
    public static func isMultipart(_ value: RawSpan) -> Bool {
        MediaType(value) == .multipart
    }

    /// Whether a value names a stream of server-sent events.
    public static func isEventStream(_ value: RawSpan) -> Bool {
        let name: StaticString = "text/event-stream"
        let count = name.utf8CodeUnitCount
        return value.byteCount >= count && equalsFolded(value, ByteRange(0, count), name)
            && isParameters(value, from: count)
    }

    /// The boundary of a form (RFC 7578, 4.1), or nil where not every parser finds the same.
    ///
    /// The type must be `multipart/form-data`, with one parameter `boundary`, spelled like that, a
    /// token or a quoted string without backslashes and without commas, where some parsers end it.
    /// `boundary=` is nowhere else and `boundary` not ahead: some parsers look for just these.
    /// What bytes a boundary has is left to `MultipartScanner`; other parameters are not looked at.
    public static func multipartBoundary(_ value: RawSpan) -> ByteRange? {
        let whole = ByteRange(0, value.byteCount)
        guard mentionCount(value, whole, "boundary=") == 1 else { return nil }
        var end = 0
        while end < value.byteCount,
            value.byte(end) == Ascii.slash || ByteClass.isToken(value.byte(end))
        {
            end &+= 1
        }
        guard equalsFolded(value, ByteRange(0, end), "multipart/form-data") else { return nil }
        var parameters = MultipartParameters(from: end, to: value.byteCount)
        var boundary: ByteRange?
        do throws(MultipartFault) {
            while let parameter = try parameters.next(value) {
                guard equalsFolded(value, parameter.name, "boundary") else { continue }
                guard boundary == nil, !parameter.value.isEmpty,
                    isExactly(value, parameter.name, "boundary"),
                    mentionCount(value, ByteRange(0, Int(parameter.name.start)), "boundary") == 0
                else { return nil }
                boundary = parameter.value
            }
        } catch {
            return nil
        }
        guard let boundary,
            !boundary.offsets.contains(where: { isEscapeOrComma(value.byte($0)) })
        else { return nil }
        return boundary
    }

    private static func isEscapeOrComma(_ byte: UInt8) -> Bool {
        byte == Ascii.backslash || byte == Ascii.comma
    }

    private static func read(_ value: RawSpan) -> MediaType {
        guard value.byteCount > 0 else { return .none }
        var slash = 0
        while slash < value.byteCount, ByteClass.isToken(value.byte(slash)) { slash &+= 1 }
        guard slash > 0, slash < value.byteCount, value.byte(slash) == Ascii.slash else {
            return .other
        }
        let start = slash &+ 1
        var end = start
        while end < value.byteCount, ByteClass.isToken(value.byte(end)) { end &+= 1 }
        guard end > start, isParameters(value, from: end),
            end == value.byteCount || isUTF8(value, from: end)
        else { return .other }
        let subtype = ByteRange(start, end)
        let type = ByteRange(0, slash)
        if equalsFolded(value, type, "application"), equalsFolded(value, subtype, "json") {
            return .json
        }
        if equalsFolded(value, type, "multipart") { return .multipart }
        let suffix = ByteRange(max(start, end &- 5), end)
        return equalsFolded(value, suffix, "+json") ? .json : .other
    }

    /// Whether parameters name no encoding of characters but UTF-8, of which ASCII is a part: in
    /// another one a body says something else.
    private static func isUTF8(_ value: RawSpan, from start: Int) -> Bool {
        let rest = ByteRange(start, value.byteCount)
        let mentions = mentionCount(value, rest, "charset")
        if mentions == 0 { return true }
        var parameters = MultipartParameters(from: start, to: value.byteCount)
        var named = 0
        do throws(MultipartFault) {
            while let parameter = try parameters.next(value) {
                guard equalsFolded(value, parameter.name, "charset") else { continue }
                let isKnown =
                    equalsFolded(value, parameter.value, "utf-8")
                    || equalsFolded(value, parameter.value, "utf8")
                    || equalsFolded(value, parameter.value, "us-ascii")
                guard isKnown else { return false }
                named &+= 1
            }
        } catch {
            return false
        }
        return named == 1 && mentions == 1
    }

    /// Whether what follows a type is nothing or parameters.
    private static func isParameters(_ value: RawSpan, from start: Int) -> Bool {
        var offset = start
        while offset < value.byteCount, ByteClass.isBlank(value.byte(offset)) { offset &+= 1 }
        return offset == value.byteCount || value.byte(offset) == Ascii.semicolon
    }
}
