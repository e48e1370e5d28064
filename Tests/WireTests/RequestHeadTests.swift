import Testing

@testable import Wire

/// What `RequestHead.parse` accepts and refuses; every row names its section.
struct RequestHeadTests {
    @Test func readsWhatAClientSends() throws {
        let parsed = try ParsedRequest(
            """
            POST /v1/chat/completions?api-version=1&x=? HTTP/1.1\r
            Host: router.example:8080\r
            User-Agent: \t OpenAI/Python 1.0 \t\r
            Authorization: Bearer sk-1\r
            Content-Length: 0042\r
            X-Opaque: caf\u{E9}\r
            Empty:\r
            \r\n
            """)
        let head = parsed.head
        #expect(head.byteCount == parsed.bytes.count)
        #expect(head.method == .post)
        #expect(parsed.text(head.methodRange) == "POST")
        #expect(parsed.text(head.target) == "/v1/chat/completions?api-version=1&x=?")
        #expect(parsed.text(head.path) == "/v1/chat/completions")
        #expect(parsed.text(head.query) == "api-version=1&x=?")
        #expect(parsed.text(head.host) == "router.example:8080")
        #expect(head.form == .origin)
        #expect(head.minorVersion == 1)
        #expect(head.framing == .length(42))
        #expect(head.keepAlive)
        #expect(!head.expectContinue)
        #expect(!head.wantsUpgrade)
        #expect(
            parsed.lines == [
                "Host: router.example:8080", "User-Agent: OpenAI/Python 1.0",
                "Authorization: Bearer sk-1", "Content-Length: 0042", "X-Opaque: caf\u{E9}",
                "Empty: ",
            ])
    }

    /// Offsets and bounds do not depend on where a token lies in its word.
    @Test func readsTokensOfEveryLength() throws {
        for length in 1...40 {
            let token = String(repeating: "a", count: length)
            let parsed = try ParsedRequest(
                "GET /\(token)?\(token) HTTP/1.1\r\nHost: \(token)\r\n\(token)!: \(token)\r\n\r\n")
            #expect(parsed.text(parsed.head.path) == "/" + token)
            #expect(parsed.text(parsed.head.query) == token)
            #expect(parsed.text(parsed.head.host) == token)
            #expect(parsed.lines[1] == "\(token)!: \(token)")
        }
    }

    static let methods: [Row<RequestMethod>] = [
        Row("RFC 9110 9.3.1", "GET", .get), Row("RFC 9110 9.3.2", "HEAD", .head),
        Row("RFC 9110 9.3.3", "POST", .post), Row("RFC 9110 9.3.4", "PUT", .put),
        Row("RFC 9110 9.3.5", "DELETE", .delete), Row("RFC 9110 9.3.7", "OPTIONS", .options),
        Row("RFC 9110 9.3.8", "TRACE", .trace), Row("RFC 5789 2", "PATCH", .patch),
        Row("RFC 9110 9.1, case matters", "get", .other), Row("RFC 9110 16.1", "PROPFIND", .other),
        Row("sixteen bytes", "ABCDEFGHIJKLMNOP", .other), Row("a prefix", "POS", .other),
        Row("a longer one", "POSTS", .other),
    ]

    @Test(arguments: methods)
    func readsMethods(row: Row<RequestMethod>) throws {
        let parsed = try ParsedRequest("\(row.text) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(parsed.head.method == row.expected)
        #expect(parsed.text(parsed.head.methodRange) == row.text)
    }

    static let targets: [Row<[String]>] = [
        // Form, path, query, host.
        Row("RFC 9112 3.2.1", "GET /where?q=now", ["origin", "/where", "q=now", "a"]),
        Row("RFC 9112 3.2.1, empty query", "GET /where?", ["origin", "/where", "", "a"]),
        Row("RFC 9112 3.2.2", "GET http://a/p?q", ["absolute", "/p", "q", "a"]),
        Row("RFC 9112 3.2.2, no path", "GET http://a", ["absolute", "", "", "a"]),
        Row("RFC 9112 3.2.2, query only", "GET HTTPS://A?q/r", ["absolute", "", "q/r", "a"]),
        Row("RFC 9112 3.2.3", "CONNECT www.example.com:80", ["authority", "", "", "a"]),
        Row("RFC 9112 3.2.4", "OPTIONS *", ["asterisk", "*", "", "a"]),
    ]

    @Test(arguments: targets)
    func readsTargets(row: Row<[String]>) throws {
        let parsed = try ParsedRequest("\(row.text) HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = parsed.head
        #expect(
            [
                "\(head.form)", parsed.text(head.path), parsed.text(head.query),
                parsed.text(head.host),
            ]
                == row.expected)
    }

    static let hosts: [Row<Bool>] = [
        Row("RFC 3986 3.2.2", "example.com", true), Row("RFC 3986 3.2.3", "example.com:", true),
        Row("RFC 3986 3.2.3", "example.com:65535", true), Row("RFC 3986 3.2.2", "a_b-c.d~e", true),
        Row("RFC 3986 3.2.2", "[2001:db8::1]:80", true), Row("RFC 3986 3.2.2", "[::1]", true),
        Row("a port too high", "example.com:65536", false), Row("digits", "a:8x", false),
        Row("six digits", "a:080000", false), Row("two ports", "a:1:2", false),
        Row("user information", "u@a", false), Row("a path", "a/b", false),
        Row("a blank", "a b", false), Row("a list", "a, b", false), Row("nothing", "", false),
        Row("no name", ":80", false), Row("escapes", "a%2eb", false), Row("a query", "a?b", false),
        Row("open bracket", "[::1", false), Row("empty brackets", "[]", false),
        Row("behind a bracket", "[::1]a", false), Row("a zone", "[fe80::1%25eth0]", false),
        Row("bytes above 0x7F", "caf\u{E9}", false), Row("a backslash", "a\\b", false),
    ]

    @Test(arguments: hosts)
    func checksHosts(row: Row<Bool>) {
        let bytes = Array("GET / HTTP/1.1\r\nHost: \(row.text)\r\n\r\n".utf8)
        #expect(fault(ofRequest: bytes) == (row.expected ? nil : .invalidHost))
    }

    static let connections: [Row<[Bool]>] = [
        // Keep-alive, expects 100, wants to upgrade.
        Row("RFC 9112 9.3", "1.1\r\nHost: a", [true, false, false]),
        Row("RFC 9112 9.6", "1.1\r\nHost: a\r\nConnection: close", [false, false, false]),
        Row("RFC 9112 9.6", "1.1\r\nHost: a\r\nConnection: a, Close", [false, false, false]),
        Row("RFC 9112 9.3", "1.0", [false, false, false]),
        Row("RFC 9112 9.3", "1.0\r\nConnection: Keep-Alive", [true, false, false]),
        Row(
            "RFC 9112 9.3, close wins", "1.0\r\nConnection: keep-alive\r\nconnection: close",
            [false, false, false]),
        Row("RFC 9110 5.6.1.2", "1.1\r\nHost: a\r\nConnection: , ,a ,", [true, false, false]),
        Row("RFC 9110 10.1.1", "1.1\r\nHost: a\r\nExpect: 100-Continue", [true, true, false]),
        Row("RFC 9110 10.1.1, ignored", "1.0\r\nExpect: 100-continue", [false, false, false]),
        Row(
            "RFC 9110 7.8", "1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade",
            [true, false, true]),
        Row("RFC 9110 7.8, not listed", "1.1\r\nHost: a\r\nUpgrade: h2c", [true, false, false]),
    ]

    @Test(arguments: connections)
    func readsConnections(row: Row<[Bool]>) throws {
        let head = try ParsedRequest("GET / HTTP/\(row.text)\r\n\r\n").head
        #expect([head.keepAlive, head.expectContinue, head.wantsUpgrade] == row.expected)
    }

    static let framings: [Row<RequestFraming>] = [
        Row("RFC 9112 6.3 item 7", "X: y", .none),
        Row("RFC 9112 6.3 item 6", "Content-Length: 0", .length(0)),
        Row("RFC 9110 8.6", "content-LENGTH:999999999999999999", .length(999_999_999_999_999_999)),
        Row("RFC 9112 6.3 item 4", "Transfer-Encoding: CHunked", .chunked),
    ]

    @Test(arguments: framings)
    func readsFramings(row: Row<RequestFraming>) throws {
        let parsed = try ParsedRequest("POST / HTTP/1.1\r\nHost: a\r\n\(row.text)\r\n\r\n")
        #expect(parsed.head.framing == row.expected)
    }

    @Test func holdsAsManyFieldsAsAllowed() throws {
        let line = "X: y\r\n"
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        let full = start + String(repeating: line, count: HeaderFields.limit - 1)
        #expect(try ParsedRequest(full + "\r\n").fields.count == HeaderFields.limit)
        #expect(fault(ofRequest: Array((full + line + "\r\n").utf8)) == .tooManyFields)
    }

    @Test func limitsTargets() throws {
        let target = "/" + String(repeating: "a", count: RequestHead.targetByteLimit - 1)
        let parsed = try ParsedRequest("GET \(target) HTTP/1.0\r\n\r\n")
        #expect(parsed.head.target.count == RequestHead.targetByteLimit)
        #expect(fault(ofRequest: Array("GET \(target)a HTTP/1.0\r\n\r\n".utf8)) == .targetTooLong)
    }

    /// Each byte that the grammar has no place for is refused wherever it lies in its word.
    @Test func refusesStrangeBytesEverywhere() {
        for length in 0..<20 {
            let letters = [UInt8](repeating: 0x61, count: length)
            for byte in UInt8.min...UInt8.max {
                let piece = letters + [byte] + letters
                let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
                let inValue = Array("GET / HTTP/1.0\r\nX: y".utf8) + piece + Array("\r\n\r\n".utf8)
                #expect((fault(ofRequest: inValue) != nil) == isControl)
                let inTarget = Array("GET /".utf8) + piece + Array(" HTTP/1.0\r\n\r\n".utf8)
                let isTarget = byte > 0x20 && byte < 0x7F && byte != 0x23
                #expect((fault(ofRequest: inTarget) == nil) == isTarget)
                // A colon ends the name, and the rest is a value.
                let inName = Array("GET / HTTP/1.0\r\nx".utf8) + piece + Array(":\r\n\r\n".utf8)
                let scalar = Character(UnicodeScalar(byte))
                let isName =
                    scalar.isASCII && (scalar.isLetter || scalar.isNumber)
                    || "!#$%&'*+-.^_`|~:".contains(scalar)
                #expect((fault(ofRequest: inName) == nil) == isName, "\(byte)")
            }
        }
    }
}
