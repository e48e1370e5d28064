import RandomNumbers
import Testing

@testable import Wire

/// The search for the end of a head, however its bytes arrive.
struct HeadScannerTests {
    static let heads: [Row<Int>] = [
        // Where the head begins; it ends with the text.
        Row("RFC 9112 2.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        Row("RFC 9112 2.1", "A / HTTP/1.0\r\n\r\n", 0),
        Row("RFC 9112 2.2", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 2),
        Row("RFC 9112 2.2", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 4),
        Row("near misses", "GET / HTTP/1.1\r\nA: \r\r\rb\n\r\n\rc\r\nd\r.\r\n\r\n", 0),
        Row("one long line", "GET /" + String(repeating: "a", count: 99) + " HTTP/1.0\r\n\r\n", 0),
    ]

    @Test(arguments: heads)
    func findsTheEndAtEverySplit(row: Row<Int>) {
        let bytes = Array(row.text.utf8)
        let whole = bytes + Array("POST /next HTTP/1.1\r\n\r\n".utf8)
        for split in 0..<bytes.count {
            var scanner = HeadScanner()
            let part = Array(bytes[..<split])
            #expect(scanner.findEnd(part.raw) == nil)
            #expect(scanner.findEnd(whole.raw) == bytes.count)
            #expect(scanner.start == row.expected)
        }
    }

    @Test(arguments: heads)
    func findsTheEndByteByByte(row: Row<Int>) {
        let bytes = Array(row.text.utf8)
        var scanner = HeadScanner()
        for round in 0..<2 {
            for count in 0..<bytes.count {
                let part = Array(bytes[..<count])
                #expect(scanner.findEnd(part.raw) == nil, "round \(round)")
            }
            #expect(scanner.findEnd(bytes.raw) == bytes.count)
            #expect(scanner.start == row.expected)
            scanner.reset()
        }
    }

    /// A naive search agrees, wherever the ends of lines lie.
    @Test func agreesWithANaiveSearch() {
        var generator = SplitMix(seed: 3)
        var foundCount = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<80, using: &generator)
            let bytes = (0..<count).map { _ in
                [0x0D, 0x0A, 0x0D, 0x0A, 0x61].randomElement(using: &generator) ?? UInt8(0)
            }
            let naive = bytes.indices.dropLast(3).first {
                Array(bytes[$0..<$0 + 4]) == [0x0D, 0x0A, 0x0D, 0x0A]
            }
            var scanner = HeadScanner(skippingEmptyLines: false)
            var found: Int?
            for end in randomEnds(count, pieceLimit: 5, using: &generator) where found == nil {
                let part = Array(bytes[..<end])
                found = scanner.findEnd(part.raw)
            }
            #expect(found == naive.map { $0 + 4 })
            if found != nil { foundCount += 1 }
        }
        #expect(foundCount > 1_000)
    }

    @Test func skipsNoEmptyLineOfAResponse() {
        let bytes = Array("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".utf8)
        var scanner = HeadScanner(skippingEmptyLines: false)
        #expect(scanner.findEnd(bytes.raw) == 4)
        #expect(scanner.start == 0)
    }

    static let prefixes: [Row<Bool>] = [
        Row("nothing yet", "", false), Row("a method", "GE", false),
        Row("half an empty line", "\r", false), Row("empty lines", "\r\n\r\n", false),
        Row("half a line", "GET / HTTP/1.1\r", false), Row("a line", "GET / HTTP/1.1\r\n", false),
        Row("a third empty line", "\r\n\r\n\r\n", true),
        Row("a TLS handshake", "\u{16}\u{3}\u{1}", true),
        Row("a bare LF", "GET / HTTP/1.1\n", true),
        Row("a bare CR", "GET / HTTP/1.1\rH", true), Row("NUL", "GET / HTTP/1.1\r\nX: \u{0}", true),
        Row("sixteen bytes", "ABCDEFGHIJKLMNOP /", false),
        Row("seventeen bytes", "ABCDEFGHIJKLMNOPQ", true), Row("no token", "{\"a\"", true),
    ]

    @Test(arguments: prefixes)
    func givesUpEarly(row: Row<Bool>) {
        let bytes = Array(row.text.utf8)
        var scanner = HeadScanner()
        #expect(scanner.findEnd(bytes.raw) == nil)
        #expect(scanner.isHopeless(bytes.raw) == row.expected)
        // Byte by byte it ends the same.
        var patient = HeadScanner()
        var isHopeless = false
        for count in 0...bytes.count where !isHopeless {
            let part = Array(bytes[..<count])
            #expect(patient.findEnd(part.raw) == nil)
            isHopeless = patient.isHopeless(part.raw)
        }
        #expect(isHopeless == row.expected)
    }

    @Test func hopesForAnAnswer() {
        var scanner = HeadScanner(skippingEmptyLines: false)
        let bytes = Array("HTTP/1.1 20".utf8)
        #expect(scanner.findEnd(bytes.raw) == nil)
        #expect(scanner.isHopeless(bytes.raw) == false)
        var other = HeadScanner(skippingEmptyLines: false)
        let garbage = Array("\u{15}\u{3}".utf8)
        #expect(other.isHopeless(garbage.raw) == true)
    }
}
