import RandomNumbers
import Testing

@testable import Wire

/// Every cause of a refusal of a request.
struct RequestFaultTests {
    static let lines: [Row<RequestFault>] = [
        Row("RFC 9112 2.1", "GET / HTTP/1.1\r\nHost: a\r\n", .headNotComplete),
        Row("RFC 9112 2.1", "", .headNotComplete),
        Row("RFC 9112 2.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET\r\n\r\n", .headNotComplete),
        Row("RFC 9112 2.1", "GET / HTTP/1.0\r\n\r\n\r\n\r\n", .headNotComplete),
        Row("RFC 9112 3", "\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3", "GET\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3", " GET / HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3", "GET  / HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3", "GET /  HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3", "GET / HTTP/1.1 \r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3, of HTTP/0.9", "GET /\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 3, of HTTP/0.9", "GET / \r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3, case", "GET / http/1.1\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3", "GET / HTTP/1.\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3", "GET / HTTP/11\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3", "GET / HTTP/1.12\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3", "GET / ICY/1.1\r\n\r\n", .malformedRequestLine),
        Row("RFC 9112 2.3", "GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
        Row("RFC 9112 2.3", "GET / HTTP/1.2\r\n\r\n", .unsupportedVersion),
        Row("RFC 9113 3.4, the preface", "PRI * HTTP/2.0\r\n\r\n", .unsupportedVersion),
        Row("RFC 9112 3.1", "G(T / HTTP/1.1\r\n\r\n", .invalidMethod),
        Row("RFC 9112 3.1", "G\tT / HTTP/1.1\r\n\r\n", .invalidMethod),
        Row("RFC 9112 3.1, limit", "ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n", .invalidMethod),
        Row("RFC 9112 3.1", "POST\u{0} / HTTP/1.1\r\n\r\n", .invalidMethod),
        Row("a TLS handshake", "\u{16}\u{3}\u{1}\u{0} \u{1} HTTP/1.1\r\n\r\n", .invalidMethod),
        Row("RFC 9112 3.2", "GET a HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2", "GET caf\u{E9} HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2", "GET /\u{0} HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2", "GET /\u{7F} HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2", "GET /a\tb HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.2", "GET ftp://a/ HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.2", "GET http:/a/ HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.2", "GET http:///p HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.2", "GET http:// HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9110 4.2.4", "GET http://u@a/ HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.3", "GET a:80 HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.3", "CONNECT /a HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.4", "GET * HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.4", "OPTIONS ** HTTP/1.1\r\n\r\n", .invalidTarget),
        Row("RFC 9112 3.2.1", "GET /a#b HTTP/1.1\r\n\r\n", .fragmentInTarget),
        Row("RFC 9112 3.2.1", "GET /a?b#c HTTP/1.1\r\n\r\n", .fragmentInTarget),
        Row("RFC 9112 2.2", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Row("RFC 9112 2.2", "GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "GET /\r HTTP/1.1\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "GET /\n HTTP/1.1\r\n\r\n", .bareLineFeed),
        Row("RFC 9112 3.2", "GET / HTTP/1.1\r\n\r\n", .missingHost),
        Row("RFC 9112 3.2", "GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
        Row(
            "RFC 6585 5, a limit", "GET / HTTP/1.0\r\n" + many("a: b\r\n") + "\r\n",
            .tooManyFields),
        Row(
            "RFC 9110 15.5.15", "GET /" + many(many("a")) + " HTTP/1.1\r\n\r\n", .targetTooLong),
    ]

    /// Refusals of what stands behind "GET / HTTP/1.1", "Host: a".
    static let fields: [Row<RequestFault>] = [
        Row("RFC 9112 5.2", "X: a\r\n b", .obsoleteFold),
        Row("RFC 9112 5.2", "X: a\r\n\tb", .obsoleteFold),
        Row("RFC 9112 5.1", "X : a", .blankBeforeColon),
        Row("RFC 9112 5.1", "X\t: a", .blankBeforeColon),
        Row("RFC 9112 5", ": a", .emptyFieldName),
        Row("RFC 9112 5, no colon", "X", .invalidFieldName),
        Row("RFC 9110 5.1", "X\u{0}: a", .invalidFieldName),
        Row("RFC 9110 5.1", "X(: a", .invalidFieldName),
        Row("RFC 9110 5.1", "caf\u{E9}: a", .invalidFieldName),
        Row("RFC 9112 2.2", "X\rY: a", .bareCarriageReturn),
        Row("RFC 9112 2.2", "X: a\rY: b", .bareCarriageReturn),
        Row("RFC 9112 2.2", "X: a\r\rY: b", .bareCarriageReturn),
        Row("RFC 9112 2.2", "X: a\r", .bareCarriageReturn),
        Row("RFC 9112 2.2", "X\nY: a", .bareLineFeed),
        Row("RFC 9112 2.2", "X: a\nY: b", .bareLineFeed),
        Row("RFC 9110 5.5", "X: a\u{0}b", .controlCharacter),
        Row("RFC 9110 5.5", "X: a\u{7F}", .controlCharacter),
        Row("RFC 9110 5.5", "X: \u{B}", .controlCharacter),
        Row("RFC 9112 3.2", "Host: a", .duplicateHost),
        Row("RFC 9112 3.2", "hOST: b", .duplicateHost),
        Row("RFC 9112 6.1", "Content-Length: 1\r\nTransfer-Encoding: chunked", .lengthAndEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: x\r\nContent-Length: 1", .lengthAndEncoding),
        Row("RFC 9112 6.3", "Content-Length: 1\r\nContent-Length: 1", .duplicateContentLength),
        Row("RFC 9112 6.3", "Content-Length: 1\r\nContent-Length: 2", .duplicateContentLength),
        Row("RFC 9112 6.3", "Content-Length: 1, 1", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length:", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length: +1", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length: -1", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length: 1 1", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length: 0x1", .invalidContentLength),
        Row("RFC 9110 8.6", "Content-Length: 1000000000000000000", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length:\t1", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length: 1\t", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length: \t 1", .invalidContentLength),
        Row("tabs, which llhttp refuses", "Content-Length: 1 \t ", .invalidContentLength),
        Row("tabs", "Transfer-Encoding:\tchunked", .unsupportedTransferEncoding),
        Row("tabs", "Transfer-Encoding: chunked\t", .unsupportedTransferEncoding),
        Row("tabs", "Transfer-Encoding:  \tchunked", .unsupportedTransferEncoding),
        Row("tabs", "Transfer-Encoding: chunked \t ", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: gzip, chunked", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: chunked, chunked", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: identity", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: chunked;a=b", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding: xchunked", .unsupportedTransferEncoding),
        Row("RFC 9112 6.1", "Transfer-Encoding:", .unsupportedTransferEncoding),
        Row(
            "RFC 9112 6.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .duplicateTransferEncoding),
        Row("RFC 9110 7.6.1", "Connection: a b", .invalidConnection),
        Row("RFC 9110 7.6.1", "Connection: a;b", .invalidConnection),
        Row("RFC 9110 7.6.1, limit", "Connection: " + many("a,"), .invalidConnection),
        Row("RFC 9110 10.1.1", "Expect: 200-ok", .expectationFailed),
        Row("RFC 9110 10.1.1", "Expect: 100-continue, a", .expectationFailed),
        Row(
            "RFC 9110 10.1.1", "Expect: 100-continue\r\nExpect: 100-continue", .expectationFailed),
    ]

    static let others: [Row<RequestFault>] = [
        Row("RFC 9112 3.2", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .invalidHost),
        Row("RFC 9112 3.2.2", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMismatch),
        Row("RFC 9112 3.2.2", "GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMismatch),
        Row("RFC 9112 3.2.2", "GET http://b HTTP/1.0\r\nHost: a\r\n\r\n", .hostMismatch),
        Row(
            "RFC 9112 6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingInVersion10),
    ]

    static func many(_ text: String) -> String { String(repeating: text, count: 129) }

    static var all: [Row<RequestFault>] {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        return lines + others
            + fields.map { Row($0.section, start + $0.text + "\r\n\r\n", $0.expected) }
    }

    @Test(arguments: all)
    func refuses(row: Row<RequestFault>) {
        #expect(fault(ofRequest: Array(row.text.utf8)) == row.expected)
    }

    @Test func everyFaultHasARow() {
        let met = Set(RequestFaultTests.all.map(\.expected))
        #expect(met == Set(RequestFault.allCases))
    }

    @Test func faultsHaveTheirStatus() {
        let special: [RequestFault: Int] = [
            .targetTooLong: 414, .expectationFailed: 417, .tooManyFields: 431,
            .unsupportedTransferEncoding: 501, .unsupportedVersion: 505,
        ]
        for fault in RequestFault.allCases {
            #expect(fault.status == special[fault, default: 400])
            #expect(fault.reason.utf8CodeUnitCount > 10)
        }
        #expect(
            Set(RequestFault.allCases.map { "\($0.reason)" }).count == RequestFault.allCases.count)
    }

    /// However a head is damaged, what is accepted has none of the ways to smuggle.
    @Test func acceptsNothingAmbiguous() throws {
        let seeds = [
            "POST /v1/a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX: y\r\n\r\n",
            "POST http://a/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ].map { Array($0.utf8) }
        let alphabet = Array("\r\n\t \u{0}:,;a1/.-\u{7F}#?%C".utf8) + [0x80, 0xFF]
        var generator = SplitMix(seed: 9112)
        var acceptedCount = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count - 4, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                default: bytes.remove(at: index)
                }
            }
            guard let parsed = try? ParsedRequest(bytes) else { continue }
            acceptedCount += 1
            let lines = parsed.lines.map { $0.lowercased() }
            let first = String(decoding: bytes.prefix { $0 != 0x0D }, as: UTF8.self)
            let lineCount = bytes.count { $0 == 0x0A }
            #expect(bytes.count { $0 == 0x0D } == lineCount)
            #expect(lineCount == parsed.fields.count + 2)
            #expect(first.split(separator: " ", omittingEmptySubsequences: false).count == 3)
            #expect(!bytes.contains(0))
            #expect(lines.count { $0.hasPrefix("host:") } <= 1)
            #expect(
                lines.count {
                    $0.hasPrefix("content-length:") || $0.hasPrefix("transfer-encoding:")
                }
                    <= 1)
        }
        #expect(acceptedCount > 1_000)
    }
}
