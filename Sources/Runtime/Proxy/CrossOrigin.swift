internal import TableFormat
internal import Wire

/// What a table says to browsers of other origins, as lines of heads, made when it is loaded.
///
/// Credentials are never allowed: keys stand in fields that a page sets itself, and with them `*`
/// would be refused.
struct CrossOrigin: Sendable {
    /// What stands in every answer, by the standing of the request's origin.
    private var listed: [[UInt8]] = []
    private let any: [UInt8]
    private let unlisted: [UInt8]
    /// The fields that a page may set where it does not ask for any that can be repeated.
    let usualFields: [UInt8]

    /// What a page may read beside the fields that every page may read: what official clients look
    /// at when they wait, try again or say what went wrong.
    private static let exposed = """
        allow, etag, openai-processing-ms, request-id, retry-after, retry-after-ms, \
        www-authenticate, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, \
        x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, \
        x-ratelimit-reset-requests, x-ratelimit-reset-tokens, x-request-id, x-routerc-attempts, \
        x-routerc-endpoint, x-routerc-model, x-routerc-pool, x-routerc-table, x-should-retry, \
        x-upstream-request-id
        """

    /// Nil where the table has no `cors`.
    init?(_ view: borrowing TableView, keyHeaders: [KeyHeader]) {
        let count = view.count(OriginRecord.self)
        guard count > 0 else { return nil }
        let isOpen = view.isOpenToAllOrigins
        func lines(_ origin: String) -> [UInt8] {
            // What is the same for all need not be kept apart by caches: it is said always (Fetch,
            // "CORS protocol and HTTP caches").
            let vary = isOpen ? "" : "Vary: Origin\r\n"
            return Array(
                """
                Access-Control-Allow-Origin: \(origin)\r
                \(vary)Access-Control-Expose-Headers: \(CrossOrigin.exposed)\r

                """.utf8)
        }
        any = lines("*")
        unlisted = isOpen ? any : Array("Vary: Origin\r\n".utf8)
        if !isOpen {
            for index in 0..<count {
                listed.append(lines(view.text(view.load(OriginRecord.text, at: index))))
            }
        }
        let names = keyHeaders.map { String(decoding: $0.bytes, as: UTF8.self) }
        usualFields = Array((["content-type"] + names).joined(separator: ", ").utf8)
    }

    /// Whole lines for an answer to a request whose origin has this standing.
    func lines(_ standing: OriginStanding) -> [UInt8] {
        switch standing {
        case .off: []
        case .unlisted: unlisted
        case .any: any
        case .listed(let index): listed[Int(index)]
        }
    }
}

/// What a page asks to be allowed before it sends a request (Fetch, the CORS protocol).
enum Preflight {
    /// The most bytes of a list of names that are repeated.
    static let namesBytesMax = 1024

    /// Whether a value is a list of field names, so that it can be repeated as it came.
    static func isNameList(_ value: RawSpan) -> Bool {
        guard value.byteCount > 0, value.byteCount <= namesBytesMax else { return false }
        var offset = 0
        while true {
            offset = skipBlanks(value, offset)
            let start = offset
            while offset < value.byteCount, isToken(value.byte(offset)) { offset += 1 }
            guard offset > start else { return false }
            offset = skipBlanks(value, offset)
            if offset == value.byteCount { return true }
            guard value.byte(offset) == UInt8(ascii: ",") else { return false }
            offset += 1
        }
    }

    private static func skipBlanks(_ value: RawSpan, _ start: Int) -> Int {
        var offset = start
        while offset < value.byteCount, value.byte(offset) == 0x20 || value.byte(offset) == 0x09 {
            offset += 1
        }
        return offset
    }

    /// tchar of RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
