import RandomNumbers
import ReferenceParsers
import Testing
import Wire

/// Documents that are JSON, and documents that are not, in the manner of JSONTestSuite.
struct JSONCorpusTests {
    /// Values, each tried as the value of a member, as an element, and nested.
    static let values: [String] = [
        "0", "-0", "1", "-1", "10", "1.5", "-0.5", "1e1", "1E+1", "1e-10", "0e0", "0.0E0",
        "123456789012345678901234567890", "1.7976931348623157e309", "true", "false", "null",
        "[]", "{}", "[ ]", "{ }", "[\t1 ,\n2\r]", "[[],[[]],{}]", "{\"\":0}", "{\"a\":1,\"a\":1}",
        "{\"a\\u0000\":0}", "\"\"", "\" \"", "\"\u{7F}\"", "\"/\"",
        "\"\\/\\\\\\\"\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"", "\"\\uABCD\\uabcd\"", "\"\\uD800\\uDC00\"", "\"\\uDBFF\\uDFFF\"",
        "\"\\uFFFF\\uFFFE\"", "\"\\\\u0000\"", "\"\u{80}\u{7FF}\u{800}\u{FFFD}\"",
        "\"\u{FFFE}\u{FFFF}\u{10000}\u{10FFFF}\"", "\"\u{D7FF}\u{E000}\"", "\"\u{2028}\u{2029}\"",
        "\"\u{FEFF}\"", "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
        "\"中文，一段更長的話，超過六十四個位元組，然後是 ASCII text that goes on and on and on.\"",
    ]

    @Test(arguments: values)
    func acceptsValues(value: String) {
        let documents = [
            "{\"a\":\(value)}", " {\n\"a\" :\t\(value)\r, \"b\" : \(value) } ",
            "{\"a\":[\(value)]}",
            "{\"a\":[\(value),\(value)]}", "{\"a\":{\"b\":\(value)},\"user\":\(value)}",
        ]
        for document in documents {
            let bytes = Array(document.utf8)
            #expect(ReferenceJSON.accepts(bytes))
            let whole = ScanOutcome(bytes, ends: [])
            #expect(whole.fault == nil, "\(document)")
            for split in 0...bytes.count {
                #expect(ScanOutcome(bytes, ends: [split]) == whole)
            }
            #expect(ScanOutcome(bytes, ends: Array(0...bytes.count)) == whole)
            for count in bytes.indices {
                let part = Array(bytes[..<count])
                let isBlankLess = document.hasSuffix("} ") && count == bytes.count - 1
                #expect(ScanOutcome(part, ends: []).fault == (isBlankLess ? nil : .truncated))
            }
        }
    }

    /// A fault, and the offset that it is at, behind `{"a":`.
    static let invalidValues: [Row<(JSONFault, Int)>] = [
        Row("RFC 8259 3", "True", (.unexpectedByte, 5)),
        Row("RFC 8259 3", "trua", (.invalidLiteral, 5)),
        Row("RFC 8259 3", "nul", (.invalidLiteral, 5)),
        Row("RFC 8259 3", "falsy", (.invalidLiteral, 5)),
        Row("RFC 8259 3", "truex", (.unexpectedByte, 9)),
        Row("RFC 8259 3", "nan", (.invalidLiteral, 5)),
        Row("RFC 8259 3", "NaN", (.unexpectedByte, 5)),
        Row("RFC 8259 3", "'a'", (.unexpectedByte, 5)),
        Row("RFC 8259 3", "", (.unexpectedByte, 5)), Row("RFC 8259 3", ",", (.unexpectedByte, 5)),
        Row("RFC 8259 6", "+1", (.unexpectedByte, 5)),
        Row("RFC 8259 6", ".5", (.unexpectedByte, 5)),
        Row("RFC 8259 6", "01", (.unexpectedByte, 6)),
        Row("RFC 8259 6", "-01", (.unexpectedByte, 7)),
        Row("RFC 8259 6", "-", (.invalidNumber, 6)), Row("RFC 8259 6", "--1", (.invalidNumber, 6)),
        Row("RFC 8259 6", "1.", (.invalidNumber, 7)),
        Row("RFC 8259 6", "1.e1", (.invalidNumber, 7)),
        Row("RFC 8259 6", "1e", (.invalidNumber, 7)), Row("RFC 8259 6", "1e+", (.invalidNumber, 8)),
        Row("RFC 8259 6", "1e1.5", (.unexpectedByte, 8)),
        Row("RFC 8259 6", "1 2", (.unexpectedByte, 7)),
        Row("RFC 8259 6", "0x1", (.unexpectedByte, 6)),
        Row("RFC 8259 6", "-a", (.invalidNumber, 6)),
        Row("RFC 8259 6", "1.5.5", (.unexpectedByte, 8)),
        Row("RFC 8259 6", "1+1", (.unexpectedByte, 6)),
        Row("RFC 8259 6", "-Infinity", (.invalidNumber, 6)),
        Row("RFC 8259 5", "[1,]", (.unexpectedByte, 8)),
        Row("RFC 8259 5", "[,1]", (.unexpectedByte, 6)),
        Row("RFC 8259 5", "[1 1]", (.unexpectedByte, 8)),
        Row("RFC 8259 5", "[1}", (.unexpectedByte, 7)),
        Row("RFC 8259 5", "[1:1]", (.unexpectedByte, 7)),
        Row("RFC 8259 5", "]", (.unexpectedByte, 5)),
        Row("RFC 8259 4", "{,}", (.unexpectedByte, 6)),
        Row("RFC 8259 4", "{1:1}", (.unexpectedByte, 6)),
        Row("RFC 8259 4", "{\"a\":1,}", (.unexpectedByte, 12)),
        Row("RFC 8259 4", "{\"a\" 1}", (.unexpectedByte, 10)),
        Row("RFC 8259 4", "{\"a\",1}", (.unexpectedByte, 9)),
        Row("RFC 8259 4", "{\"a\":1]", (.unexpectedByte, 11)),
        Row("RFC 8259 4", "{a:1}", (.unexpectedByte, 6)),
        Row("RFC 8259 2", "\u{C}1", (.unexpectedByte, 5)),
        Row("RFC 8259 2", "\u{0}1", (.unexpectedByte, 5)),
        Row("RFC 8259 2", "\u{A0}1", (.unexpectedByte, 5)),
        Row("RFC 8259 2", "/**/1", (.unexpectedByte, 5)),
        Row("RFC 8259 7", "\"\u{0}\"", (.controlCharacter, 6)),
        Row("RFC 8259 7", "\"a\u{1F}\"", (.controlCharacter, 7)),
        Row("RFC 8259 7", "\"a\nb\"", (.controlCharacter, 7)),
        Row("RFC 8259 7", "\"\t\"", (.controlCharacter, 6)),
        Row("RFC 8259 7", "\"\\x41\"", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"\\'\"", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"\\U0041\"", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"a\\u00g0\"", (.invalidEscape, 7)),
        Row("RFC 8259 7", "\"\\u 041\"", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"\\u004\"   ", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"\\\u{0}\"", (.invalidEscape, 6)),
        Row("RFC 8259 7", "\"\\\u{E9}\"", (.invalidEscape, 6)),
        Row("RFC 8259 8.2", "\"\\uD800\"      ", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uDC00\"", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uDFFF\\uD800\"", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uD800\\uD800\"", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uD800\\u0041\"", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uD800\\n12345\"", (.loneSurrogate, 6)),
        Row("RFC 8259 8.2", "\"\\uD800\\uDC0g\"", (.loneSurrogate, 6)),
    ]

    @Test(arguments: invalidValues)
    func refusesValues(row: Row<(JSONFault, Int)>) {
        let bytes = Array("{\"a\":\(row.text)}".utf8)
        #expect(!ReferenceJSON.accepts(bytes))
        for split in 0...bytes.count {
            let outcome = ScanOutcome(bytes, ends: [split])
            #expect(outcome.fault == row.expected.0)
            #expect(outcome.faultOffset == row.expected.1)
        }
    }

    static let documents: [Row<JSONFault>] = [
        Row("RFC 8259 2", "", .truncated), Row("RFC 8259 2", " \n", .truncated),
        Row("RFC 8259 2", "{", .truncated), Row("RFC 8259 2", "{\"a\":1", .truncated),
        Row("RFC 8259 2", "{\"a\":tru", .truncated),
        Row("RFC 8259 2", "{\"a\":\"\\uD800", .truncated),
        Row("RFC 8259 8.1", "\u{FEFF}{}", .byteOrderMark), Row("RFC 8259 2", "[]", .notAnObject),
        Row("RFC 8259 2", "\"a\"", .notAnObject), Row("RFC 8259 2", "1", .notAnObject),
        Row("RFC 8259 2", "}", .notAnObject), Row("RFC 8259 2", "{}{}", .trailingBytes),
        Row("RFC 8259 2", "{} x", .trailingBytes), Row("RFC 8259 2", "{}}", .trailingBytes),
        Row("RFC 8259 2", "{}\u{0}", .trailingBytes),
        Row("RFC 8259 4", "{\"a\":1,,}", .unexpectedByte),
        Row("RFC 8259 4", "{\"a\"}", .unexpectedByte),
        Row("RFC 8259 4", "{\"a\"::1}", .unexpectedByte),
        Row("RFC 8259 6", "{\"a\":-}", .invalidNumber),
        Row("RFC 8259 3", "{\"a\":nope}", .invalidLiteral),
        Row("RFC 8259 7", "{\"\\a\":1}", .invalidEscape),
        Row("RFC 8259 8.2", "{\"\\uDEAD\":1}", .loneSurrogate),
        Row("RFC 8259 7", "{\"a\u{1}\":1}", .controlCharacter),
        Row("a limit", "{\"a\":" + String(repeating: "[", count: 128), .tooDeep),
        Row("twins", #"{"model":"a","model":"a"}"#, .duplicateModel),
        Row("twins", #"{"model":"a","x":1,"\u006dodel":"b"}"#, .duplicateModel),
        Row("twins", #"{"model":"a","MODEL":"b"}"#, .duplicateModel),
        Row("twins", #"{"model":"a","Mode\u006C":"b"}"#, .duplicateModel),
        Row("twins", #"{"Model":"a"}"#, .misspelledModel),
        Row("twins", #"{"MODEL":"a","model":"b"}"#, .misspelledModel),
        Row("twins", #"{"\u004dodel":"a"}"#, .misspelledModel),
        Row("a key that ends for C", #"{"model\u0000x":"a"}"#, .misspelledModel),
        Row("model", #"{"model":1}"#, .modelNotString),
        Row("model", #"{"model":null}"#, .modelNotString),
        Row("model", #"{"model":["a"]}"#, .modelNotString),
        Row("model", #"{"model":{"a":"b"}}"#, .modelNotString),
        Row("model", "{\"model\":\"" + String(repeating: "a", count: 257) + "\"}", .modelTooLong),
        Row("model", #"{"model":""}"#, .modelInvalid),
        Row("model", #"{"model":"a\n"}"#, .modelInvalid),
        Row("model", #"{"model":"a\u0000b"}"#, .modelInvalid),
        Row("model", "{\"model\":\"a\u{7F}\"}", .modelInvalid),
        Row("model", "{\"model\":\"a\u{85}\"}", .modelInvalid),
        Row("twins", #"{"stream":true,"stream":true}"#, .duplicateStream),
        Row("twins", #"{"stream":true,"Stream":false}"#, .duplicateStream),
        Row("twins", #"{"stream":true,"\u017Ftream":false}"#, .duplicateStream),
        Row("twins", #"{"STREAM":true}"#, .misspelledStream),
        Row("twins, as Go folds", "{\"\u{17F}tream\":true}", .misspelledStream),
        Row("stream", #"{"stream":1}"#, .streamNotBoolean),
        Row("stream", #"{"stream":"true"}"#, .streamNotBoolean),
        Row("stream", #"{"stream":[]}"#, .streamNotBoolean),
        Row("stream", #"{"stream":{}}"#, .streamNotBoolean),
    ]

    @Test(arguments: documents)
    func refusesDocuments(row: Row<JSONFault>) {
        let bytes = Array(row.text.utf8)
        let whole = ScanOutcome(bytes, ends: [])
        #expect(whole.fault == row.expected)
        for split in 0...bytes.count {
            #expect(ScanOutcome(bytes, ends: [split]) == whole)
        }
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2, 0x20], [0xC3, 0x28], [0xDF, 0xC0],
        [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE1, 0x80, 0x20], [0xE2, 0x28, 0xA1],
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF, 0xC0], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80, 0x28], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    @Test(arguments: notUTF8)
    func refusesWhatIsNotUTF8(sequence: [UInt8]) {
        for length in [0, 1, 7, 8, 63, 64, 65] {
            let padding = [UInt8](repeating: 0x61, count: length)
            for (start, end) in [("{\"a\":\"", "\"}     "), ("{\"", "\":1}     ")] {
                let bytes = Array(start.utf8) + padding + sequence + Array(end.utf8)
                #expect(!ReferenceJSON.accepts(bytes))
                for split in [0, start.utf8.count + length + 1, bytes.count - 1] {
                    let outcome = ScanOutcome(bytes, ends: [split])
                    #expect(outcome.fault == .invalidUTF8)
                    #expect(outcome.faultOffset == start.utf8.count + length)
                }
            }
        }
    }

    @Test func everyFaultHasARow() {
        var met = Set(JSONCorpusTests.documents.map(\.expected))
        met.insert(.invalidUTF8)
        // A body of 2 GiB is not worth a test.
        met.insert(.tooLong)
        #expect(met == Set(JSONFault.allCases))
        let reasons = Set(JSONFault.allCases.map { "\($0.reason)" })
        #expect(reasons.count == JSONFault.allCases.count)
    }

    /// A byte that no string may have is found wherever it lies in a block.
    @Test func findsTheEndOfTextOfEveryLength() {
        for length in 0..<200 {
            let text = [UInt8](repeating: 0x61, count: length)
            let start = Array("{\"a\":\"".utf8)
            for (byte, fault) in [(0x1F, JSONFault.controlCharacter), (0xFF, .invalidUTF8)] {
                let bytes = start + text + [UInt8(byte)] + text + Array("\"}".utf8)
                let outcome = ScanOutcome(bytes, ends: [])
                #expect(outcome.fault == fault)
                #expect(outcome.faultOffset == start.count + length)
            }
            for middle in ["", "\\n", "\u{E9}", "\\u00e9"] {
                let bytes = start + text + Array(middle.utf8) + text + Array("\"}".utf8)
                #expect(ScanOutcome(bytes, ends: []).fault == nil)
            }
        }
    }

    /// Damaged documents: the scanner, cut anywhere, agrees with the reference.
    @Test func agreesWithTheReference() {
        var generator = SplitMix(seed: 8259)
        let seed = Array(
            #"{"a":[1,-2.5e3,{"b":"x\n\u00e9\ud83d\ude00 é😀"},[]],"c":{"d":true,"e":null},"f":""} "#
                .utf8)
        let alphabet =
            Array("{}[]\",:\\u0d8 \n-+.eEtn".utf8) + [0, 0x80, 0xC3, 0xE2, 0xED, 0xF0, 0xFF]
        var acceptedCount = 0
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                default: bytes.remove(at: index)
                }
            }
            let whole = ScanOutcome(bytes, ends: [])
            let isAccepted = ReferenceJSON.accepts(bytes)
            #expect((whole.fault == nil) == isAccepted, "\(String(decoding: bytes, as: UTF8.self))")
            let ends = randomEnds(bytes.count, pieceLimit: 8, using: &generator)
            #expect(ScanOutcome(bytes, ends: ends) == whole)
            if isAccepted { acceptedCount += 1 }
        }
        #expect(acceptedCount > 500)
        #expect(acceptedCount < 19_000)
    }
}
