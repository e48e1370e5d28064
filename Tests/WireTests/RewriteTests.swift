import RandomNumbers
import Testing
import Wire

/// Heads that are rewritten, and parsed again.
struct RewriteTests {
    /// What of a rewrite a test may set.
    struct Case: Sendable {
        var prefix = ""
        var stripped = 0
        var host = "Host: up:1\r\n"
        var extra = ""
        var keepsCredentials = false
        var framing = RequestFraming.none
        var id: RequestID?
    }

    private func rewrite(_ parsed: ParsedRequest, _ how: Case) -> [UInt8] {
        let prefix = Array(how.prefix.utf8)
        let host = Array(how.host.utf8)
        let extra = Array(how.extra.utf8)
        let capacity = RequestRewrite.requestHeadCapacity(
            parsed.head, pathPrefix: prefix.raw, hostField: host.raw, extraFields: extra.raw)
        let rewrite = RequestRewrite(
            strippedPrefixCount: how.stripped, keepsCredentials: how.keepsCredentials,
            framing: how.framing, requestID: how.id)
        return written(capacity: capacity) { writer in
            rewrite.writeRequestHead(
                parsed.head, parsed.fields, bytes: parsed.bytes.raw, pathPrefix: prefix.raw,
                hostField: host.raw, extraFields: extra.raw, into: &writer)
        }
    }

    static let request = """
        POST /v1/chat?a=b HTTP/1.1\r
        Host: router\r
        Accept: */*\r
        Authorization: Bearer client\r
        X-Api-Key: client\r
        api-key: client\r
        Proxy-Authorization: Basic client\r
        X-Kept: 1\r
        Connection: keep-alive, x-listed\r
        X-Listed: 1\r
        Expect: 100-continue\r
        Content-Type: application/json\r
        Content-Length: 7\r
        \r\n
        """

    @Test func writesWhatGoesUpstream() throws {
        let parsed = try ParsedRequest(RewriteTests.request)
        let how = Case(
            prefix: "/openai", stripped: 3, extra: "Authorization: Bearer ours\r\n",
            framing: .length(9))
        #expect(
            String(decoding: rewrite(parsed, how), as: UTF8.self) == """
                POST /openai/chat?a=b HTTP/1.1\r
                Host: up:1\r
                Accept: */*\r
                X-Kept: 1\r
                Content-Type: application/json\r
                Content-Length: 9\r
                Authorization: Bearer ours\r
                \r\n
                """)
    }

    @Test func keepsCredentialsWhereTold() throws {
        let parsed = try ParsedRequest(RewriteTests.request)
        parsed.fields.drop(at: 6)
        let bytes = rewrite(parsed, Case(keepsCredentials: true, framing: .chunked))
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                POST /v1/chat?a=b HTTP/1.1\r
                Host: up:1\r
                Accept: */*\r
                Authorization: Bearer client\r
                X-Api-Key: client\r
                api-key: client\r
                Content-Type: application/json\r
                Transfer-Encoding: chunked\r
                \r\n
                """)
    }

    @Test(arguments: ["", "X-Request-ID: a\r\n", "x-request-id: a\r\nX-REQUEST-ID: b\r\n"])
    func putsAnIDInThePlaceOfTheClients(lines: String) throws {
        let parsed = try ParsedRequest(
            "GET /v1/a HTTP/1.1\r\nHost: c\r\nx-request-idx: 1\r\n\(lines)\r\n")
        let id = RequestID(high: 0x0123_4567_89AB_CDEF, low: 0xFF)
        #expect(
            String(decoding: rewrite(parsed, Case(id: id)), as: UTF8.self) == """
                GET /v1/a HTTP/1.1\r
                Host: up:1\r
                x-request-idx: 1\r
                x-request-id: 0123456789abcdef00000000000000ff\r
                \r\n
                """)
        #expect(
            String(decoding: rewrite(parsed, Case()), as: UTF8.self)
                == "GET /v1/a HTTP/1.1\r\nHost: up:1\r\nx-request-idx: 1\r\n\(lines)\r\n")
    }

    static let targets: [Row<(Case, String)>] = [
        Row("RFC 9112 3.2.1", "GET /a?b", (Case(), "GET /a?b")),
        Row("RFC 9112 3.2.1, empty query", "GET /a?", (Case(), "GET /a?")),
        Row("RFC 9112 3.2.2", "GET http://c/a?b", (Case(), "GET /a?b")),
        Row("RFC 9112 3.2.2", "GET http://c", (Case(), "GET /")),
        Row("RFC 9112 3.2.2", "GET http://c?b", (Case(), "GET /?b")),
        Row("RFC 9112 3.2.2", "GET http://c?b", (Case(prefix: "/p"), "GET /p?b")),
        Row("RFC 9112 3.2.4", "OPTIONS *", (Case(prefix: "/p"), "OPTIONS *")),
        Row("all stripped", "GET /v1", (Case(stripped: 3), "GET /")),
        Row("all stripped", "GET /v1?q", (Case(stripped: 3), "GET /?q")),
        Row("all replaced", "GET /v1?q", (Case(prefix: "/x", stripped: 3), "GET /x?q")),
        Row("put ahead", "PROPFIND /v1", (Case(prefix: "/x"), "PROPFIND /x/v1")),
    ]

    @Test(arguments: targets)
    func writesTargets(row: Row<(Case, String)>) throws {
        let parsed = try ParsedRequest("\(row.text) HTTP/1.1\r\nHost: c\r\n\r\n")
        let bytes = rewrite(parsed, row.expected.0)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == row.expected.1 + " HTTP/1.1\r\nHost: up:1\r\n\r\n")
    }

    /// Random heads: what is written parses, frames as told, and has the fields that may pass.
    @Test func writtenHeadsParse() throws {
        var generator = SplitMix(seed: 13)
        let pool = [
            "Connection: close", "Connection: x-two", "TE: trailers", "X-One: 1", "X-Two: 2",
            "Authorization: a", "api-key: b", "Accept: c", "Keep-Alive: d", "X-Empty:",
            "Expect: 100-continue", "Upgrade: h2c", "Date: e", "Proxy-Authorization: f",
        ]
        let framings: [RequestFraming] = [.none, .length(0), .length(.max), .chunked]
        let hidden: Set = [
            "connection", "te", "keep-alive", "expect", "upgrade", "proxy-authorization", "host",
        ]
        for _ in 0..<2_000 {
            let lines = pool.filter { _ in Bool.random(using: &generator) }
                .shuffled(using: &generator)
            let chosen = lines.filter { !$0.hasPrefix("Connection") || !lines.contains(pool[0]) }
            let text = (["GET /p HTTP/1.1", "Host: a"] + chosen + ["", ""]).joined(
                separator: "\r\n")
            let parsed = try ParsedRequest(text)
            let keeps = Bool.random(using: &generator)
            let framing = framings.randomElement(using: &generator) ?? .none
            let bytes = rewrite(parsed, Case(host: "", keepsCredentials: keeps, framing: framing))
            let fields = HeaderFields()
            var expected = chosen.filter { line in
                let name = line.prefix { $0 != ":" }.lowercased()
                if name == "x-two", chosen.contains(pool[1]) { return false }
                return !hidden.contains(name)
                    && (keeps || !["authorization", "api-key"].contains(name))
            }
            switch framing {
            case .none: break
            case .length(let count): expected.append("Content-Length: \(count)")
            case .chunked: expected.append("Transfer-Encoding: chunked")
            }
            let whole = ["GET /p HTTP/1.1"] + expected + ["", ""]
            #expect(String(decoding: bytes, as: UTF8.self) == whole.joined(separator: "\r\n"))
            // HTTP/1.0 to be allowed without a host; it has no transfer codings.
            if framing != .chunked, framing != .length(.max) {
                var older = bytes
                older[14] = 0x30
                let again = try RequestHead.parse(older.raw, fields: fields)
                #expect(again.framing == framing)
                #expect(fields.count == expected.count)
            }
        }
    }

    private func rewrite(
        _ parsed: ParsedResponse, _ rewrite: ResponseRewrite, extra: String = ""
    ) -> String {
        let extra = Array(extra.utf8)
        let capacity = ResponseRewrite.responseHeadCapacity(parsed.head, extraFields: extra.raw)
        let bytes = written(capacity: capacity) { writer in
            rewrite.writeResponseHead(
                parsed.head, parsed.fields, bytes: parsed.bytes.raw, extraFields: extra.raw,
                into: &writer)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func writesWhatTheClientGets() throws {
        let parsed = try ParsedResponse(
            """
            HTTP/1.0 200 OK\r
            Server: s\r
            Connection: close, x-listed\r
            Content-Length: 3\r
            X: y\r
            X-Listed: 1\r
            Keep-Alive: timeout=5\r
            \r\n
            """)
        #expect(
            rewrite(parsed, ResponseRewrite(framing: .length(3)), extra: "A: b\r\n")
                == "HTTP/1.1 200 OK\r\nServer: s\r\nX: y\r\nContent-Length: 3\r\nA: b\r\n\r\n")
        #expect(
            rewrite(parsed, ResponseRewrite(framing: .chunked, notice: .keepAlive))
                == "HTTP/1.1 200 OK\r\nServer: s\r\nX: y\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: keep-alive\r\n\r\n")
        #expect(
            rewrite(parsed, ResponseRewrite(framing: .untilClose, notice: .close))
                == "HTTP/1.1 200 OK\r\nServer: s\r\nX: y\r\nConnection: close\r\n\r\n")
    }

    @Test func nobodyElseSaysWhichWayAnAnswerCame() throws {
        let parsed = try ParsedResponse(
            """
            HTTP/1.1 200 OK\r
            X-Routerc-Pool: forged\r
            x-request-id: theirs\r
            x-routerc-: 1\r
            x-routercx: kept\r
            x-router: kept\r
            X-ROUTERC-Endpoint: forged\r
            x-upstream-request-id: kept\r
            Content-Length: 0\r
            \r\n
            """)
        parsed.fields.dropRoutersOwn(in: parsed.bytes.raw)
        #expect(
            rewrite(parsed, ResponseRewrite(framing: .length(0)), extra: "x-routerc-pool: p\r\n")
                == """
                HTTP/1.1 200 OK\r
                x-routercx: kept\r
                x-router: kept\r
                x-upstream-request-id: kept\r
                Content-Length: 0\r
                x-routerc-pool: p\r
                \r\n
                """)
    }

    static let answers: [Row<(Bool, String)>] = [
        // Whether the request was HEAD, and what the client gets.
        Row("RFC 9110 8.6", "200 OK\r\nContent-Length: 3", (true, "200 OK\r\nContent-Length: 3")),
        Row("RFC 9110 8.6", "304 -\r\nContent-Length: 3", (false, "304 -\r\nContent-Length: 3")),
        Row("RFC 9110 8.6", "204 -\r\nContent-Length: 0", (false, "204 -")),
        Row("RFC 9112 6.1", "200 -\r\nTransfer-Encoding: chunked", (true, "200 -")),
        Row("RFC 9112 4, a missing space", "304\r\nX: y", (false, "304 \r\nX: y")),
        Row("RFC 9112 4, a missing space", "304", (false, "304 ")),
        Row("RFC 9112 4", "304 ", (false, "304 ")),
    ]

    @Test(arguments: answers)
    func answersWithoutBodyKeepTheirLength(row: Row<(Bool, String)>) throws {
        let parsed = try ParsedResponse(
            "HTTP/1.1 \(row.text)\r\n\r\n", requestWasHead: row.expected.0)
        #expect(parsed.head.framing == .none)
        #expect(
            rewrite(parsed, ResponseRewrite(framing: parsed.head.framing))
                == "HTTP/1.1 \(row.expected.1)\r\n\r\n")
    }
}
