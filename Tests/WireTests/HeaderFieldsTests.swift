import Testing

@testable import Wire

/// The names that are recognized, and what is kept of fields.
struct HeaderFieldsTests {
    static let names: [(String, FieldKind)] = [
        ("Host", .host), ("Content-Length", .contentLength),
        ("Transfer-Encoding", .transferEncoding), ("Connection", .connection),
        ("Keep-Alive", .keepAlive), ("Proxy-Connection", .proxyConnection), ("TE", .te),
        ("Trailer", .trailer), ("Upgrade", .upgrade), ("HTTP2-Settings", .http2Settings),
        ("Expect", .expect), ("Authorization", .authorization), ("x-api-key", .xAPIKey),
        ("api-key", .apiKey), ("Proxy-Authorization", .proxyAuthorization),
        ("Proxy-Authenticate", .proxyAuthenticate), ("Content-Type", .contentType),
        ("Content-Encoding", .contentEncoding), ("Date", .date), ("Server", .server),
    ]

    private func kind(_ name: String) throws -> FieldKind {
        // The shortest head there is, so that short names reach its end.
        let bytes = Array("HTTP/1.1 200 \r\n\(name):\r\n\r\n".utf8)
        let fields = HeaderFields()
        #expect(FieldLines.parse(bytes.raw, from: 15, into: fields) == nil)
        return fields[0].kind
    }

    @Test(arguments: names)
    func recognizesNamesInAnyCase(name: String, expected: FieldKind) throws {
        for spelling in [name, name.lowercased(), name.uppercased()] {
            #expect(try kind(spelling) == expected)
        }
    }

    /// A name that differs in one byte, is shorter or is longer, is another name.
    @Test(arguments: names)
    func recognizesNothingElse(name: String, expected: FieldKind) throws {
        let bytes = Array(name.utf8)
        let tokens = Array("!#$%&'*+-.^_`|~019azAZ".utf8)
        var tried = 0
        for index in bytes.indices {
            for token in tokens {
                var other = bytes
                other[index] = token
                let text = String(decoding: other, as: UTF8.self)
                guard text.lowercased() != name.lowercased() else { continue }
                tried += 1
                #expect(try kind(text) == .other, "\(text)")
            }
        }
        #expect(tried > 20)
        #expect(try kind(name + "s") == .other)
        #expect(try kind("x" + name) == .other)
        let rest = String(name.dropFirst())
        if rest.count > 1 { #expect(try kind(rest) == .other) }
    }

    @Test func everyKindHasAName() {
        let met = Set(HeaderFieldsTests.names.map(\.1.rawValue))
        #expect(met == Set(1...FieldKind.server.rawValue))
    }

    static let tabs: [Row<Bool>] = [
        Row("none", ": a", false), Row("none", ":a", false), Row("none", ":  a  ", false),
        Row("none", ": a ", false), Row("none", ":", false), Row("inside", ": a\tb", false),
        Row("inside", ":a\tb ", false), Row("ahead", ":\ta", true), Row("ahead", ": \ta", true),
        Row("ahead", ":\t a", true), Row("behind", ": a\t", true), Row("behind", ":a \t", true),
        Row("behind", ": a\t ", true), Row("alone", ":\t", true), Row("alone", ": \t ", true),
    ]

    /// Tabs around a value count, and those inside do not.
    @Test(arguments: tabs)
    func tellsTabs(row: Row<Bool>) throws {
        let bytes = Array("GET / HTTP/1.1\r\nX\(row.text)\r\n\r\n".utf8)
        let fields = HeaderFields()
        #expect(FieldLines.parse(bytes.raw, from: 16, into: fields) == nil)
        #expect(fields[0].hasTabs(bytes.raw) == row.expected)
    }

    @Test func tellsHopByHopFields() throws {
        let parsed = try ParsedRequest(
            """
            GET / HTTP/1.1\r
            Host: a\r
            X-Listed: 1\r
            Connection: x-LISTED, keep-alive, x-absent\r
            Keep-Alive: timeout=5\r
            Proxy-Connection: keep-alive\r
            TE: trailers\r
            Trailer: x\r
            Upgrade: h2c\r
            HTTP2-Settings: x\r
            Proxy-Authenticate: x\r
            Proxy-Authorization: x\r
            X-Other: 2\r
            x-listed: 3\r
            Content-Type: a/b\r
            \r\n
            """)
        let kept = (0..<parsed.fields.count).filter { !parsed.fields[$0].isHopByHop }
        #expect(
            kept.map { parsed.text(parsed.fields[$0].name) } == ["Host", "X-Other", "Content-Type"])
        #expect(parsed.fields[1].flags == .connectionListed)
        #expect(parsed.fields[parsed.fields.count - 2].flags == .connectionListed)
    }

    @Test func findsFields() throws {
        let parsed = try ParsedRequest(
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nDate: d\r\nx: 2\r\nDATE: e\r\n\r\n")
        let fields = parsed.fields
        let date = try #require(fields.first(.date))
        #expect(parsed.text(date.value) == "d")
        #expect(fields.repeats(.date))
        #expect(!fields.repeats(.host))
        #expect(fields.first(.server) == nil)
        let name = Array("X".utf8)
        let head = parsed.bytes
        #expect(fields.firstIndex(of: name.raw, in: head.raw) == 1)
        #expect(fields.firstIndex(of: name.raw, in: head.raw, from: 2) == 3)
        #expect(fields.firstIndex(of: name.raw, in: head.raw, from: 4) == nil)
        fields.removeAll()
        #expect(fields.count == 0)
        #expect(fields.first(.date) == nil)
    }

    @Test func forgetsTheHeadBefore() throws {
        let fields = HeaderFields()
        let long = Array("GET / HTTP/1.1\r\nHost: a\r\nDate: d\r\nConnection: date\r\n\r\n".utf8)
        let short = Array("GET / HTTP/1.0\r\nDate: e\r\n\r\n".utf8)
        _ = try RequestHead.parse(long.raw, fields: fields)
        _ = try RequestHead.parse(short.raw, fields: fields)
        #expect(fields.count == 1)
        #expect(!fields.contains(.host))
        #expect(fields[0].kind == .date)
        #expect(fields[0].flags.isEmpty)
        #expect(fields.first(.date)?.value == ByteRange(start: 22, end: 23))
    }

    @Test func theLastOfANameIsFound() throws {
        let bytes = Array("HTTP/1.1 200 \r\na: 1\r\nB: 2\r\nA: 3\r\nab: 4\r\n\r\n".utf8)
        let fields = HeaderFields()
        #expect(FieldLines.parse(bytes.raw, from: 15, into: fields) == nil)
        let name = Array("a".utf8)
        #expect(fields.lastIndex(of: name.raw, in: bytes.raw, before: 128) == 2)
        #expect(fields.lastIndex(of: name.raw, in: bytes.raw, before: 2) == 0)
        #expect(fields.lastIndex(of: name.raw, in: bytes.raw, before: 0) == nil)
    }

    @Test func fieldsAreDroppedByTheirBeginning() throws {
        let text = "HTTP/1.1 200 \r\nX-Ab: 1\r\nx-a: 2\r\nX-ABC: 3\r\nyx-ab: 4\r\n\r\n"
        let bytes = Array(text.utf8)
        let fields = HeaderFields()
        #expect(FieldLines.parse(bytes.raw, from: 15, into: fields) == nil)
        fields.drop(prefix: "x-ab", in: bytes.raw)
        #expect((0..<4).map { fields[$0].flags.contains(.dropped) } == [true, false, true, false])
    }
}
