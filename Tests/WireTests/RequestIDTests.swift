import RandomNumbers
import Testing
import Wire

struct RequestIDTests {
    private func digits(_ id: RequestID) -> String {
        String(
            decoding: written(capacity: RequestID.digitCount) { id.write(into: &$0) },
            as: UTF8.self)
    }

    private func isUsable(_ bytes: [UInt8]) -> Bool { RequestID.isUsable(bytes.raw) }

    @Test func hasItsDigitsInOrder() {
        let id = RequestID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(digits(id) == "0123456789abcdeffedcba9876543210")
        #expect(digits(RequestID(high: 0, low: 10)) == String(repeating: "0", count: 31) + "a")
    }

    @Test func writesWhatItsTextIs() {
        var generator = SplitMix(seed: 4)
        for _ in 0..<1_000 {
            let id = RequestID(high: generator.next(), low: generator.next() >> 20)
            #expect(digits(id) == id.text)
        }
    }

    static let usable = [
        "a", "7f6c1c0e-6c3f-4a44-9c54-1f1f4a8a6f10", "req_!#$%&()*+./:;<=>?@^`{|}~",
    ]
    static let unusable = [
        "", "a b", "a\tb", "a,b", "\"a\"", "it's", "a\\b", "\u{7F}", "\u{E9}",
        String(repeating: "x", count: 129),
    ]

    @Test(arguments: usable + [String(repeating: "x", count: 128)])
    func takesWhatCanStandAnywhere(text: String) {
        #expect(isUsable(Array(text.utf8)))
    }

    @Test(arguments: unusable)
    func takesNothingElse(text: String) {
        #expect(!isUsable(Array(text.utf8)))
    }

    @Test func everyControlCharacterIsRefused() {
        for byte in UInt8(0)...0x20 {
            #expect(!isUsable([0x61, byte, 0x61]))
        }
    }
}

struct ObjectStartTests {
    static let bodies: [(String, ObjectStart.Finding)] = [
        ("", .undecided), ("{", .undecided), ("{ \r\n\t", .undecided),
        ("{\"a\":1}", .object(isEmpty: false)), ("{ \n\"a\"", .object(isEmpty: false)),
        ("{}", .object(isEmpty: true)), ("{ }", .object(isEmpty: true)),
        ("[", .other), (" {\"a\":1}", .other), ("null", .other), ("{a", .other), ("{{", .other),
        ("{,", .other), ("\u{FEFF}{", .other),
    ]

    @Test(arguments: bodies)
    func knowsObjects(text: String, finding: ObjectStart.Finding) {
        let bytes = Array(text.utf8)
        var whole = ObjectStart()
        let found = whole.look(bytes.raw)
        #expect(found == finding)
        // The same, byte by byte.
        var start = ObjectStart()
        var last = ObjectStart.Finding.undecided
        for byte in bytes where last == .undecided {
            let piece = [byte]
            last = start.look(piece.raw)
        }
        #expect(last == finding)
    }
}
