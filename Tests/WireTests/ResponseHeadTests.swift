import Testing

@testable import Wire

/// What `ResponseHead.parse` accepts and refuses; every row names its section.
struct ResponseHeadTests {
    @Test func readsWhatAServerSends() throws {
        let parsed = try ParsedResponse(
            """
            HTTP/1.1 200 OK\r
            Content-Type: application/json\r
            content-length: 600\r
            Connection: keep-alive\r
            \r\n
            """)
        let head = parsed.head
        #expect(head.byteCount == parsed.bytes.count)
        #expect(head.status == 200)
        #expect(parsed.text(head.reason) == "OK")
        #expect(head.minorVersion == 1)
        #expect(head.framing == .length(600))
        #expect(head.keepAlive)
        #expect(!head.isInterim)
        #expect(
            parsed.lines == [
                "Content-Type: application/json", "content-length: 600", "Connection: keep-alive",
            ])
    }

    struct Outcome: Sendable {
        let framing: ResponseFraming
        let keepAlive: Bool
        var requestWasHead = false
    }

    static let rows: [Row<Outcome>] = [
        Row("RFC 9112 6.3 item 8", "1.1 200 OK", Outcome(framing: .untilClose, keepAlive: false)),
        Row("RFC 9112 4", "1.1 200 ", Outcome(framing: .untilClose, keepAlive: false)),
        Row("a missing space", "1.1 200", Outcome(framing: .untilClose, keepAlive: false)),
        Row(
            "RFC 9112 4", "1.1 599 caf\u{E9} \t!\r\nContent-Length: 1",
            Outcome(framing: .length(1), keepAlive: true)),
        Row(
            "RFC 9112 6.3 item 4", "1.1 200 OK\r\nTransfer-Encoding: Chunked",
            Outcome(framing: .chunked, keepAlive: true)),
        Row(
            "RFC 9112 9.6", "1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close",
            Outcome(framing: .chunked, keepAlive: false)),
        Row(
            "RFC 9112 9.3", "1.0 200 OK\r\nContent-Length: 1",
            Outcome(framing: .length(1), keepAlive: false)),
        Row(
            "RFC 9112 9.3", "1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive",
            Outcome(framing: .length(1), keepAlive: true)),
        Row("RFC 9110 15.2.1", "1.1 100 Continue", Outcome(framing: .none, keepAlive: true)),
        Row("RFC 9110 15.3.5", "1.1 204 No Content", Outcome(framing: .none, keepAlive: true)),
        Row(
            "zero is none", "1.1 204 -\r\nContent-Length: 0",
            Outcome(framing: .none, keepAlive: true)),
        Row(
            "RFC 9110 15.4.5", "1.1 304 Not Modified\r\nContent-Length: 9",
            Outcome(framing: .none, keepAlive: true)),
        Row(
            "RFC 9110 9.3.2", "1.1 200 OK\r\nContent-Length: 9",
            Outcome(framing: .none, keepAlive: true, requestWasHead: true)),
        Row(
            "RFC 9110 9.3.2", "1.1 200 OK\r\nTransfer-Encoding: chunked",
            Outcome(framing: .none, keepAlive: true, requestWasHead: true)),
    ]

    @Test(arguments: rows)
    func readsFramings(row: Row<Outcome>) throws {
        let expected = row.expected
        let head = try ParsedResponse(
            "HTTP/\(row.text)\r\n\r\n", requestWasHead: expected.requestWasHead
        ).head
        #expect(head.framing == expected.framing)
        #expect(head.keepAlive == expected.keepAlive)
        #expect(head.isInterim == (head.status < 200))
    }

    static let refused: [Row<ResponseFault>] = [
        Row("RFC 9112 2.1", "HTTP/1.1 200 OK\r\n", .headNotComplete),
        Row("RFC 9112 2.1", "HTTP/1.1 200 OK\r\n\r\n\r\n\r\n", .headNotComplete),
        Row("RFC 9112 2.1", "", .headNotComplete),
        Row("RFC 9112 4", "ICY 200 OK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 4", "http/1.1 200 OK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 4", "\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 4", "HTTP/1.1\t200 OK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 4", "HTTP/1.1 2000 OK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 4", "HTTP/1.1 200\tOK\r\n\r\n", .malformedStatusLine),
        Row("RFC 9112 2.3", "HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        Row("RFC 9112 2.3", "HTTP/0.9 200 OK\r\n\r\n", .unsupportedVersion),
        Row("RFC 9110 15", "HTTP/1.1 099 OK\r\n\r\n", .invalidStatus),
        Row("RFC 9110 15", "HTTP/1.1 600 OK\r\n\r\n", .invalidStatus),
        Row("RFC 9110 15", "HTTP/1.1 20 OK\r\n\r\n", .invalidStatus),
        Row("RFC 9110 15", "HTTP/1.1  200 OK\r\n\r\n", .invalidStatus),
        Row("RFC 9110 15", "HTTP/1.1 2:0 OK\r\n\r\n", .invalidStatus),
        Row("RFC 9110 15.2.2", "HTTP/1.1 101 Switching\r\n\r\n", .switchingProtocols),
        Row("RFC 9112 2.2", "HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "HTTP/1.1 200 O\nK\r\n\r\n", .bareLineFeed),
        Row("RFC 9112 4", "HTTP/1.1 200 O\u{0}K\r\n\r\n", .controlCharacter),
    ]

    /// Refusals of what stands behind "HTTP/1.1 200 OK".
    static let fields: [Row<ResponseFault>] = [
        Row("RFC 9112 11.1", "X: a\r\rSet-Cookie: b", .bareCarriageReturn),
        Row("RFC 9112 11.1", "X: a\nSet-Cookie: b", .bareLineFeed),
        Row("RFC 9110 5.5", "X: a\u{1}", .controlCharacter),
        Row("RFC 9112 5.2", "X: a\r\n b", .obsoleteFold),
        Row("RFC 9112 5.1", "X : a", .blankBeforeColon),
        Row("RFC 9112 5", ": a", .emptyFieldName),
        Row("RFC 9112 5", "X", .invalidFieldName),
        Row("a limit", String(repeating: "X: a\r\n", count: 128) + "X: a", .tooManyFields),
        Row("RFC 9112 6.3", "Content-Length: 1\r\nTransfer-Encoding: chunked", .lengthAndEncoding),
        Row("RFC 9112 6.3", "Content-Length: 1\r\nContent-Length: 1", .duplicateContentLength),
        Row("RFC 9112 6.3", "Content-Length: 1, 1", .invalidContentLength),
        Row("RFC 9112 6.3", "Content-Length: -1", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length:\t1", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length: 1 \t", .invalidContentLength),
        Row("tabs, as llhttp", "Transfer-Encoding: \tchunked", .unsupportedTransferEncoding),
        Row("tabs, as llhttp", "Transfer-Encoding: chunked\t", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: gzip", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: gzip, chunked", .unsupportedTransferEncoding),
        Row(
            "RFC 9112 6.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .duplicateTransferEncoding),
        Row("RFC 9110 7.6.1", "Connection: (", .invalidConnection),
    ]

    static let others: [Row<ResponseFault>] = [
        Row(
            "RFC 9112 6.1", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingInVersion10),
        Row("RFC 9110 8.6", "HTTP/1.1 204 -\r\nContent-Length: 1\r\n\r\n", .bodyNotAllowed),
        Row(
            "RFC 9112 6.1", "HTTP/1.1 103 -\r\nTransfer-Encoding: chunked\r\n\r\n",
            .bodyNotAllowed),
    ]

    static var allRefused: [Row<ResponseFault>] {
        let start = "HTTP/1.1 200 OK\r\n"
        return refused + others
            + fields.map { Row($0.section, start + $0.text + "\r\n\r\n", $0.expected) }
    }

    @Test(arguments: allRefused)
    func refuses(row: Row<ResponseFault>) {
        #expect(fault(ofResponse: Array(row.text.utf8)) == row.expected)
        // That there is no body to frame excuses nothing.
        #expect(fault(ofResponse: Array(row.text.utf8), requestWasHead: true) == row.expected)
    }

    @Test func everyFaultHasARow() {
        #expect(Set(ResponseHeadTests.allRefused.map(\.expected)) == Set(ResponseFault.allCases))
        let reasons = Set(ResponseFault.allCases.map { "\($0.reason)" })
        #expect(reasons.count == ResponseFault.allCases.count)
    }

    @Test func readsEveryStatus() throws {
        for status in 100...599 where status != 101 {
            #expect(try ParsedResponse("HTTP/1.1 \(status) x\r\n\r\n").head.status == status)
        }
    }
}
