import RandomNumbers
import Testing
import Wire

/// Chunked bodies (RFC 9112, 7.1), however their bytes arrive.
struct ChunkedDecoderTests {
    /// What a decoder made of a body that came in pieces.
    struct Outcome: Equatable, CustomStringConvertible {
        var data: [UInt8] = []
        var end: Int?
        var fault: ChunkFault?
        /// Where the position was left.
        var position = 0

        var description: String {
            "\(String(decoding: data, as: UTF8.self)) \(String(describing: end))"
                + " \(String(describing: fault)) \(position)"
        }
    }

    /// Decodes with `next`, as who forwards data does, each piece in a buffer of its own.
    static func decode(_ bytes: [UInt8], ends: [Int]) -> Outcome {
        var decoder = ChunkedDecoder()
        var outcome = Outcome()
        var start = 0
        for end in ends {
            let piece = Array(bytes[start..<end])
            var position = 0
            pieces: while true {
                do throws(ChunkFault) {
                    switch try decoder.next(piece.raw, at: &position) {
                    case .data(let from, let count):
                        #expect(count > 0)
                        #expect(from + count == position)
                        outcome.data += piece[from..<from + count]
                    case .needMore:
                        #expect(position == piece.count)
                        break pieces
                    case .end:
                        outcome.end = start + position
                        outcome.position = start + position
                        return outcome
                    }
                } catch {
                    outcome.fault = error
                    outcome.position = start + position
                    return outcome
                }
            }
            start = end
            outcome.position = start
        }
        return outcome
    }

    /// Decodes with `advance`, as who relays a message verbatim does.
    static func advance(_ bytes: [UInt8], ends: [Int]) -> Outcome {
        var decoder = ChunkedDecoder()
        var outcome = Outcome()
        var start = 0
        for end in ends {
            let piece = Array(bytes[start..<end])
            var position = 0
            do throws(ChunkFault) {
                let isEnd = try decoder.advance(piece.raw, at: &position)
                outcome.position = start + position
                if isEnd {
                    #expect(decoder.hasEnded)
                    outcome.end = start + position
                    return outcome
                }
                #expect(position == piece.count)
            } catch {
                outcome.fault = error
                outcome.position = start + position
                return outcome
            }
            start = end
        }
        return outcome
    }

    static let accepted: [Row<String>] = [
        Row("RFC 9112 7.1", "0\r\n\r\n", ""),
        Row("RFC 9112 7.1", "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", "Wikipedia"),
        Row("RFC 9112 7.1", "0000a\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", "0123456789x"),
        Row("RFC 9112 7.1", "A\r\n\r\n\r\n\r\n0\r\n\r\r\n0\r\n\r\n", "\r\n\r\n\r\n0\r\n\r"),
        Row("RFC 9112 7.1.1", "1;a;b=\"c d\" ; e\r\nx\r\n0;f\r\n\r\n", "x"),
        Row("RFC 9112 7.1.2", "1\r\nx\r\n0\r\nA: b\r\nc:\r\nd: \t\u{E9}\r\n\r\n", "x"),
    ]

    @Test(arguments: accepted)
    func decodesAtEverySplit(row: Row<String>) {
        let bytes = Array(row.text.utf8)
        let whole = bytes + Array("HTTP/1.1".utf8)
        for split in 0...whole.count {
            let data = ChunkedDecoderTests.decode(whole, ends: [split, whole.count])
            #expect(String(decoding: data.data, as: UTF8.self) == row.expected)
            #expect(data.end == bytes.count)
            let relay = ChunkedDecoderTests.advance(whole, ends: [split, whole.count])
            #expect(relay.end == bytes.count)
        }
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            #expect(ChunkedDecoderTests.advance(part, ends: Array(0...count)).end == nil)
        }
    }

    static let refused: [Row<ChunkFault>] = [
        Row("RFC 9112 7.1", "\r\n", .invalidSize), Row("RFC 9112 7.1", "g\r\n", .invalidSize),
        Row("RFC 9112 7.1", "-1\r\n", .invalidSize), Row("RFC 9112 7.1", "0x1\r\n", .invalidSize),
        Row("RFC 9112 7.1", " 1\r\n", .invalidSize), Row("RFC 9112 7.1", "1 \r\n", .invalidSize),
        Row("RFC 9112 7.1", "1 ;a\r\n", .invalidSize), Row("RFC 9112 7.1", ";a\r\n", .invalidSize),
        Row("RFC 9112 7.1", "1\r\nx\r\n\r\n", .invalidSize),
        Row("RFC 9112 7.1, overflow", "1000000000000000\r\n", .invalidSize),
        Row("RFC 9112 7.1, digits", "0000000000000001\r\nx\r\n", .invalidSize),
        Row("RFC 9112 2.2", "1\rx\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "1;a\rb\r\nx\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "0\r\n\rx", .bareCarriageReturn),
        Row("RFC 9112 2.2", "0\r\nA: b\rc\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 2.2", "1\nx\r\n", .bareLineFeed),
        Row("RFC 9112 2.2", "1;a\nx\r\n", .bareLineFeed),
        Row("RFC 9112 2.2", "0\r\n\n", .bareLineFeed),
        Row("RFC 9112 2.2", "0\r\nA: b\n\r\n", .bareLineFeed),
        Row("RFC 9112 2.2", "0\r\nA\n\r\n", .bareLineFeed),
        Row("RFC 9112 7.1.1", "1;a\u{0}\r\nx\r\n", .controlCharacter),
        Row("RFC 9110 5.5", "0\r\nA: \u{7F}\r\n\r\n", .controlCharacter),
        Row("RFC 9112 7.1", "1\r\nxy\r\n", .missingDataEnd),
        Row("RFC 9112 7.1", "1\r\nx\n0\r\n\r\n", .missingDataEnd),
        Row("RFC 9112 7.1", "1\r\nx\r0\r\n\r\n", .missingDataEnd),
        Row("RFC 9112 7.1", "2\r\nx\r\n0\r\n\r\n", .missingDataEnd),
        Row("RFC 9112 7.1.2", "0\r\n: a\r\n\r\n", .invalidTrailer),
        Row("RFC 9112 7.1.2", "0\r\n a: b\r\n\r\n", .invalidTrailer),
        Row("RFC 9112 7.1.2", "0\r\na : b\r\n\r\n", .invalidTrailer),
        Row("RFC 9112 7.1.2", "0\r\na\r\n\r\n", .invalidTrailer),
        Row("RFC 9112 7.1.2", "0\r\na: b\r\n c\r\n\r\n", .invalidTrailer),
        Row(
            "a limit", "0\r\n" + String(repeating: "a:\r\n", count: 33) + "\r\n", .tooManyTrailers),
        Row("a limit", "0\r\na:" + String(repeating: "b", count: 8_192), .trailersTooLong),
        Row("a limit", "1;" + String(repeating: "b", count: 16_384) + "\r\n", .extensionsTooLong),
        Row(
            "a limit of the message",
            String(repeating: "1;\(String(repeating: "b", count: 1_023))\r\nx\r\n", count: 16)
                + "1;\r\nx\r\n", .extensionsTooLong),
    ]

    @Test(arguments: refused)
    func refusesAtEverySplit(row: Row<ChunkFault>) {
        let bytes = Array(row.text.utf8)
        let whole = ChunkedDecoderTests.decode(bytes, ends: [bytes.count])
        #expect(whole.fault == row.expected)
        // Long rows are limits; their first splits show as much.
        for split in 0...min(bytes.count, 64) {
            let data = ChunkedDecoderTests.decode(bytes, ends: [split, bytes.count])
            #expect(data.fault == row.expected)
            #expect(data.position == whole.position)
            let relay = ChunkedDecoderTests.advance(bytes, ends: [split, bytes.count])
            #expect(relay.fault == row.expected)
        }
    }

    @Test func everyFaultHasARow() {
        #expect(Set(ChunkedDecoderTests.refused.map(\.expected)) == Set(ChunkFault.allCases))
        let reasons = Set(ChunkFault.allCases.map { "\($0.reason)" })
        #expect(reasons.count == ChunkFault.allCases.count)
    }

    @Test func acceptsWhatIsAtTheLimits() {
        let trailers = String(repeating: "a:\r\n", count: 32)
        let size = "1;" + String(repeating: "b", count: 16_383) + "\r\nx\r\n"
        let bytes = Array((size + "0\r\n" + trailers + "\r\n").utf8)
        #expect(ChunkedDecoderTests.advance(bytes, ends: [bytes.count]).end == bytes.count)
        let long = Array("0\r\na:\(String(repeating: "b", count: 8_189))\r\n\r\n".utf8)
        #expect(ChunkedDecoderTests.advance(long, ends: [long.count]).end == long.count)
        let huge = Array("fffffffffffffff\r\nx".utf8)
        #expect(ChunkedDecoderTests.advance(huge, ends: [huge.count]).fault == nil)
    }

    /// What the writer writes is what the decoder reads, cut anywhere.
    @Test func readsWhatIsWritten() {
        var generator = SplitMix(seed: 7)
        for _ in 0..<500 {
            var data: [UInt8] = []
            let pieces = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                (0..<Int.random(in: 1...300, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            }
            let bytes = written { writer in
                for piece in pieces {
                    let before = writer.count
                    ChunkWriter.writeSize(piece.count, into: &writer)
                    writer.write(piece.raw)
                    ChunkWriter.writeDataEnd(into: &writer)
                    let overhead = writer.count - before - piece.count
                    #expect(overhead <= ChunkWriter.overheadByteLimit)
                }
                ChunkWriter.writeEnd(into: &writer)
            }
            for piece in pieces { data += piece }
            let ends = randomEnds(bytes.count, pieceLimit: 12, using: &generator)
            let outcome = ChunkedDecoderTests.decode(bytes, ends: ends)
            #expect(outcome.data == data)
            #expect(outcome.end == bytes.count)
            #expect(ChunkedDecoderTests.advance(bytes, ends: ends).end == bytes.count)
        }
    }

    /// Damaged bodies: both verbs and every way to cut agree on the end, the fault and its place.
    @Test func verbsAndCutsAgree() {
        var generator = SplitMix(seed: 11)
        let seed = Array(
            "5;a=b\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nA: b\r\n\r\n".utf8)
        let alphabet = Array("\r\n 0a;:\u{0}g".utf8)
        var faults: Set<ChunkFault> = []
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] = alphabet.randomElement(using: &generator) ?? 0
            }
            let whole = ChunkedDecoderTests.decode(bytes, ends: [bytes.count])
            let ends = randomEnds(bytes.count, pieceLimit: 9, using: &generator)
            #expect(ChunkedDecoderTests.decode(bytes, ends: ends) == whole)
            for cut in [[bytes.count], ends] {
                let relay = ChunkedDecoderTests.advance(bytes, ends: cut)
                #expect(relay.end == whole.end)
                #expect(relay.fault == whole.fault)
            }
            if let fault = whole.fault { faults.insert(fault) }
        }
        #expect(faults.count >= 5)
    }
}
