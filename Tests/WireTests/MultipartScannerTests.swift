import Testing
import Wire

/// What a scan made of a form.
struct FormOutcome: Equatable, CustomStringConvertible {
    var fault: MultipartFault?
    var model: String?
    var range = 0..<0
    var wantsStream = false

    var description: String {
        "\(fault.map { "\($0)" } ?? "accepted") \(model ?? "none") \(range) \(wantsStream)"
    }

    /// Scans a form, each piece in a buffer of its own.
    init(_ form: [UInt8], boundary: String, ends: [Int]) {
        guard var scanner = formScanner(boundary) else {
            Issue.record("the boundary is refused")
            return
        }
        var start = 0
        do throws(MultipartFault) {
            for end in ends {
                let piece = Array(form[start..<end])
                try scanner.scan(piece.raw)
                start = end
            }
            try scanner.finish()
        } catch {
            fault = error
            #expect(throws: error) { try scanner.scan([UInt8]().raw) }
            #expect(throws: error) { try scanner.finish() }
        }
        #expect(scanner.hasModel == !scanner.model.isEmpty)
        guard scanner.hasModel else { return }
        model = String(decoding: scanner.model, as: UTF8.self)
        range = scanner.modelRange
        wantsStream = scanner.wantsStream
        #expect(Array(form[range]) == scanner.model)
    }

    init(_ form: [UInt8], boundary: String) {
        self.init(form, boundary: boundary, ends: [form.count])
    }
}

/// A scan of a form with a boundary, or nil where that is none.
func formScanner(_ boundary: String) -> MultipartScanner? {
    MultipartScanner(boundary: Array(boundary.utf8).raw)
}

/// A part with a name and nothing else said of it.
func part(_ name: String, _ value: String) -> String {
    field("Content-Disposition: form-data; name=\"\(name)\"", value)
}

/// A part behind a delimiter with the boundary `b`, with a line or lines of fields.
func field(_ lines: String, _ value: String) -> String {
    "--b\r\n\(lines)\r\n\r\n\(value)\r\n"
}

private let disposition = "Content-Disposition: form-data; name="
private let model = part("model", "m")

/// Forms (RFC 7578), however their bytes arrive.
struct MultipartScannerTests {
    /// Forms with the boundary `b`, without their end, and the model that they name.
    static let accepted: [Row<String?>] = [
        Row("RFC 7578 4.2", model, "m"), Row("no model", part("a", "m"), nil),
        Row("other names", part("model[]", "x") + part("models", "y") + model, "m"),
        Row("empty content", part("a", "") + model, "m"),
        Row("nearly delimiters", part("a", "--\r\n-\r\n--\r\n--a\r\n-b\r\n--") + model, "m"),
        Row("line ends", part("a", "\r\n\r\n\r\r\n\n\r") + model, "m"),
        Row("RFC 2046 5.1.1", part("a", "\r\n-") + model + part("c", "\r"), "m"),
        Row("UTF-8", part("model", "caf\u{E9} \u{1F600}"), "caf\u{E9} \u{1F600}"),
        Row("blanks stay", part("model", " m "), " m "),
        Row("a token", field("content-disposition:form-data;name=model", "m"), "m"),
        Row("blanks", field("\(disposition)\"file\" \t;\tfilename=\"\"", "") + model, "m"),
        Row("a file", field("\(disposition)\"f\"; filename=\"a\u{E9}'%;.wav\"", "") + model, "m"),
        Row("RFC 5987", field("\(disposition)f; filename*=utf-8''a%22", "") + model, "m"),
        Row("backslashes", field("\(disposition)f; filename=\"C:\\a\\\\b\"", "") + model, "m"),
        Row("other fields", field("\(disposition)f\r\nX-A: \u{E9}\r\nB:", "x") + model, "m"),
        Row("RFC 7578 4.7", field("\(disposition)model\r\nContent-Type: text/plain", "m"), "m"),
        Row(
            "RFC 7578 4.5",
            field("Content-Type: Text/Plain;charset=\"UTF-8\"\r\n\(disposition)model", "m"), "m"),
        Row(
            "RFC 7578 4.5",
            field("\(disposition)model\r\nContent-Type: text/plain; charset=us-ascii", "m"), "m"),
        Row("8bit", field("\(disposition)model\r\nContent-Transfer-Encoding: 8Bit", "m"), "m"),
        Row("lengths", field("\(disposition)model\r\nContent-Length: 01", "m"), "m"),
        Row("a length of nothing", field("\(disposition)a\r\nContent-Length: 0", "") + model, "m"),
        Row("an encoded file", field("\(disposition)f\r\nContent-Encoding: x", "") + model, "m"),
    ]

    @Test func tellsWhichModelsCanStandInIt() throws {
        let scanner = try #require(formScanner("b"))
        for model in ["", "-", "--", "-b", "org-b", "--a", "b--"] {
            #expect(scanner.canHold(Array(model.utf8)), "\(model)")
        }
        for model in ["--b", "org--b", "--b--", "---b", "modell-\u{e9}"] {
            #expect(!scanner.canHold(Array(model.utf8)), "\(model)")
        }
    }

    @Test(arguments: accepted)
    func findsModelsAtEverySplit(row: Row<String?>) {
        for end in ["--b--", "--b--\r\n"] {
            let form = Array((row.text + end).utf8)
            let whole = FormOutcome(form, boundary: "b")
            #expect(whole.fault == nil)
            #expect(whole.model == row.expected)
            expectSame(form, boundary: "b", whole)
        }
    }

    /// A form without its last bytes is incomplete, wherever it ends.
    @Test(arguments: accepted)
    func refusesWhatIsCut(row: Row<String?>) {
        let form = Array((row.text + "--b--").utf8)
        for count in 0..<form.count {
            let outcome = FormOutcome(Array(form[..<count]), boundary: "b")
            #expect(outcome.fault == .incomplete)
        }
        #expect(FormOutcome(form + [0x0D], boundary: "b").fault == .incomplete)
    }

    private static let malformed: [Row<MultipartFault>] = [
        Row("preamble", "\r\n\(model)", .malformed), Row("preamble", "x\r\n\(model)", .malformed),
        Row("no parts", "", .malformed), Row("another boundary", "--c\r\n", .malformed),
        Row("padding", "--b \r\n", .malformed), Row("bare LF", "--b\n", .malformed),
        Row("bare CR", "--b\rx", .malformed), Row("one dash", "\(model)--b-x", .malformed),
        Row("longer", "\(model)--bc\r\n", .malformed), Row("once more", "--b--b", .malformed),
        Row("not on a line", part("a", "x--b"), .malformed),
        Row("not on a line", part("a", "--b"), .malformed),
        Row("not on a line", part("a", "x\r\n-" + part("c", "y")), .malformed),
        Row("behind LF", part("a", "x\n--b\r\n"), .malformed),
        Row("behind CR", part("a", "x\r--b\r\n"), .malformed),
        Row("no content", "--b\r\n\(disposition)a\r\n\r\n--b--", .malformed),
        Row("in a model", part("model", "--b"), .malformed),
        Row("in fields", field("\(disposition)a\r\nX: --b", ""), .malformed),
        Row("in fields", field("\(disposition)a\r\n--b: x", ""), .malformed),
        Row("in a name", part("--b", ""), .malformed),
        Row("no fields", "--b\r\n\r\nx\r\n", .malformed),
        Row("no disposition", field("Content-Type: text/plain", ""), .malformed),
        Row("two", field("\(disposition)a\r\n\(disposition)a", ""), .malformed),
        Row(
            "two types", field("\(disposition)a\r\nContent-Type:\r\nContent-Type:", ""),
            .malformed),
        Row(
            "two lengths", field("\(disposition)a\r\nContent-Length:1\r\nContent-Length:1", "x"),
            .malformed),
        Row("another type", field("Content-Disposition: attachment; name=a", ""), .malformed),
        Row("another type", field("Content-Disposition: Form-Data; name=a", ""), .malformed),
        Row("obs-fold", field("\(disposition)a\r\n b", ""), .malformed),
        Row("obs-fold", field("\(disposition)a;\r\n\tfilename=b", ""), .malformed),
        Row("blank", field("Content-Disposition : form-data; name=a", ""), .malformed),
        Row("no colon", field("\(disposition)a\r\nb", ""), .malformed),
        Row("no field name", field("\(disposition)a\r\n: b", ""), .malformed),
        Row("NUL", field("\(disposition)a\r\nb: \u{0}", ""), .malformed),
        Row("DEL", field("\(disposition)a\r\nb: \u{7F}", ""), .malformed),
        Row("bare LF", field("\(disposition)a\nb: c", ""), .malformed),
        Row("bare CR", field("\(disposition)a\rb: c", ""), .malformed),
        Row("bare CR", field("\(disposition)a\r\rb: c", ""), .malformed),
        Row("no name", field("Content-Disposition: form-data", ""), .malformed),
        Row("no name", field("Content-Disposition: form-data; filename=a", ""), .malformed),
        Row("two names", field("\(disposition)a; name=a", ""), .malformed),
        Row("name*", field("\(disposition)a; name*=utf-8''model", ""), .malformed),
        Row("RFC 2231 3", field("Content-Disposition: form-data; name*0=a", ""), .malformed),
        Row("letters", field("Content-Disposition: form-data; Name=a", ""), .malformed),
        Row("unknown", field("\(disposition)a; size=1", ""), .malformed),
        Row("two files", field("\(disposition)a; filename=a; filename=a", ""), .malformed),
        Row("hidden", field("\(disposition)a; filename=\";name=model\"", ""), .malformed),
        Row("hidden", field("\(disposition)a; filename=\"b Name=model\"", ""), .malformed),
        Row("hidden", field("X: Content-Disposition: \r\n\(disposition)a", ""), .malformed),
        Row("hidden", field("X-\(disposition)model\r\n\(disposition)a", "m"), .malformed),
        Row("hidden", field("\(disposition)a; filename=content-disposition", ""), .malformed),
        Row("quote", field("\(disposition)a; filename=\"a\\\"b\"", ""), .malformed),
        Row("quote", field("\(disposition)a; filename=\"a\\\"", ""), .malformed),
        Row("quote", field("\(disposition)a; filename=\"a\\\\\"", ""), .malformed),
        Row("no end", field("\(disposition)\"a", ""), .malformed),
        Row("syntax", field("\(disposition)\"a\"b", ""), .malformed),
        Row("syntax", field("\(disposition)a;", ""), .malformed),
        Row("syntax", field("Content-Disposition: form-data ; name=a", ""), .malformed),
        Row("syntax", field("\(disposition)a ", ""), .malformed),
        Row("syntax", field("\(disposition)", ""), .malformed),
        Row("syntax", field("\(disposition)a;; filename=a", ""), .malformed),
        Row("syntax", field("\(disposition)a; filename =a", ""), .malformed),
        Row("syntax", field("\(disposition)a; filename= a", ""), .malformed),
        Row("syntax", field("\(disposition)a, filename=a", ""), .malformed),
        Row("names", part("", ""), .malformed), Row("names", part("%6dodel", ""), .malformed),
        Row("names", part("mod\\el", ""), .malformed), Row("names", part("mod;el", ""), .malformed),
        Row("names", part("mod=el", ""), .malformed), Row("names", part(" model", ""), .malformed),
        Row("names", part("model ", ""), .malformed), Row("names", part("'model'", ""), .malformed),
        Row("names", part("mode\u{217C}", ""), .malformed),
        Row("names", part("model\t", ""), .malformed),
        Row("RFC 7578 4.6", part("_charset_", "utf-16"), .malformed),
        Row("RFC 7578 4.6", part("_CharSet_", "utf-16"), .malformed),
        Row("nested", field("\(disposition)a\r\nContent-Type: Multipart/x", ""), .malformed),
        Row("nested", field("\(disposition)a\r\nContent-Type: message/rfc822", ""), .malformed),
        Row("lengths", field("\(disposition)a\r\nContent-Length: 2", "x"), .malformed),
        Row("lengths", field("\(disposition)a\r\nContent-Length: 0", "x"), .malformed),
        Row("lengths", field("\(disposition)a\r\nContent-Length: +1", "x"), .malformed),
        Row("lengths", field("\(disposition)a\r\nContent-Length:", ""), .malformed),
        Row("epilogue", "\(model)--b--x", .malformed),
        Row("epilogue", "\(model)--b--\r\nx", .malformed),
        Row("epilogue", "\(model)--b--\n", .malformed),
        Row("epilogue", "\(model)--b--\r\r", .malformed),
        Row("another form", "\(model)--b--\r\n\(model)", .malformed),
    ]

    private static let ambiguous: [Row<MultipartFault>] = [
        Row("two", model + model, .ambiguousModel),
        Row("two", model + part("MODEL", "m"), .ambiguousModel),
        Row("a twin", part("Model", "m"), .ambiguousModel),
        Row("a file", field("\(disposition)model; filename=\"\"", "m"), .ambiguousModel),
        Row("a file", field("\(disposition)model; filename*=utf-8''a", "m"), .ambiguousModel),
        Row(
            "encoded", field("\(disposition)model\r\nContent-Transfer-Encoding: base64", "bQ=="),
            .ambiguousModel),
        Row("encoded", field("\(disposition)model\r\nContent-Encoding: br", ""), .ambiguousModel),
        Row("type", field("\(disposition)model\r\nContent-Type: text/html", ""), .ambiguousModel),
        Row("type", field("\(disposition)model\r\nContent-Type:", ""), .ambiguousModel),
        Row(
            "type", field("\(disposition)model\r\nContent-Type: text/plain; a=b", ""),
            .ambiguousModel),
        Row(
            "charset", field("\(disposition)model\r\nContent-Type: text/plain;charset=utf-16", ""),
            .ambiguousModel),
        Row(
            "charsets",
            field(
                "\(disposition)model\r\nContent-Type: text/plain;charset=utf-8;charset=utf-8", ""),
            .ambiguousModel),
        Row("two", part("stream", "1") + part("stream", "1"), .ambiguousStream),
        Row("a twin", part("Stream", "1"), .ambiguousStream),
        Row("a file", field("\(disposition)stream; filename=a", "1"), .ambiguousStream),
    ]

    private static let invalid: [Row<MultipartFault>] = [
        Row("empty", part("model", ""), .modelInvalid),
        Row("long", part("model", String(repeating: "m", count: 257)), .modelInvalid),
        Row("long", part("model", String(repeating: "m", count: 9_999)), .modelInvalid),
        Row("control", part("model", "a\u{0}"), .modelInvalid),
        Row("control", part("model", "\u{7F}"), .modelInvalid),
        Row("control", part("model", "\u{E9}\u{85}"), .modelInvalid),
        Row("lines", part("model", "a\r\nb"), .modelInvalid),
        Row("lines", part("model", "a\r\n"), .modelInvalid),
        Row("byte order mark", part("model", "\u{FEFF}m"), .modelInvalid),
        Row(
            "not ASCII",
            field("\(disposition)model\r\nContent-Type: text/plain; charset=US-ASCII", "\u{E9}"),
            .modelInvalid),
        Row("empty", part("stream", ""), .streamInvalid),
        Row("blank", part("stream", "true "), .streamInvalid),
        Row("letters", part("stream", "TRUE"), .streamInvalid),
        Row("a zero", part("stream", "1\u{0}"), .streamInvalid),
        Row("long", part("stream", "true12345"), .streamInvalid),
    ]

    private static let large: [Row<MultipartFault>] = [
        Row("17 fields", field("\(disposition)a" + lines(16), ""), .headersTooLarge),
        Row(
            "8,193 bytes", field("\(disposition)a\r\nb:" + filler(fields: 8_193), ""),
            .headersTooLarge),
        Row("257 parts", String(repeating: part("a", "b"), count: 257), .tooManyParts),
    ]

    static let refused = malformed + ambiguous + invalid + large

    static func lines(_ count: Int) -> String { String(repeating: "\r\nb: c", count: count) }

    /// What fills the fields of a part `a` with a field `b` to a count of bytes.
    static func filler(fields count: Int) -> String {
        String(repeating: "x", count: count - "\(disposition)a\r\nb:\r\n\r\n".utf8.count)
    }

    @Test(arguments: refused)
    func refusesAtEverySplit(row: Row<MultipartFault>) {
        let form = Array((row.text + "--b--\r\n").utf8)
        let whole = FormOutcome(form, boundary: "b")
        #expect(whole.fault == row.expected)
        expectSame(form, boundary: "b", whole)
    }

    /// The same comes of a form at every split, byte by byte, and of every third byte.
    private func expectSame(_ form: [UInt8], boundary: String, _ whole: FormOutcome) {
        // Long rows are limits; their first and last splits show as much.
        for split in 0...form.count where split < 300 || split > form.count - 100 {
            #expect(FormOutcome(form, boundary: boundary, ends: [split, form.count]) == whole)
        }
        #expect(FormOutcome(form, boundary: boundary, ends: Array(0...form.count)) == whole)
        let thirds = Array(stride(from: 0, to: form.count, by: 3)) + [form.count]
        #expect(FormOutcome(form, boundary: boundary, ends: thirds) == whole)
    }

    @Test func everyFaultHasARow() {
        let faults = Set(MultipartScannerTests.refused.map(\.expected)).union([.incomplete])
        #expect(faults == Set(MultipartFault.allCases))
        let reasons = Set(MultipartFault.allCases.map { "\($0.reason)" })
        #expect(reasons.count == MultipartFault.allCases.count)
    }

    @Test func acceptsWhatIsAtTheLimits() {
        let long = String(repeating: "m", count: MultipartScanner.modelBytesMax)
        let fields = "\(disposition)a" + MultipartScannerTests.lines(15)
        let filler = MultipartScannerTests.filler(fields: MultipartScanner.headerBytesMax)
        let parts = String(repeating: part("a", "b"), count: MultipartScanner.partMax - 3)
        let form = parts + field(fields, "") + field("\(disposition)a\r\nb:" + filler, "")
        let outcome = FormOutcome(
            Array((form + part("model", long) + "--b--").utf8), boundary: "b")
        #expect(outcome.fault == nil)
        #expect(outcome.model == long)
    }

    @Test(arguments: ["true": true, "True": true, "1": true, "false": false, "False": false])
    func readsBooleans(text: String, expected: Bool) {
        let outcome = FormOutcome(
            Array((part("stream", text) + model + "--b--").utf8), boundary: "b")
        #expect(outcome.fault == nil)
        #expect(outcome.wantsStream == expected)
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x6D, 0xE2, 0x82]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        let head = Array("--b\r\n\(disposition)model\r\n\r\n".utf8)
        let outcome = FormOutcome(head + bytes + Array("\r\n--b--".utf8), boundary: "b")
        #expect(outcome.fault == .modelInvalid)
    }

    /// The value is there once its delimiter is, whatever comes behind.
    @Test func tellsModelsEarly() throws {
        var scanner = try #require(formScanner("b"))
        try scanner.scan(Array("\(model)--b\r".utf8).raw)
        #expect(!scanner.hasModel)
        try scanner.scan([0x0A].raw)
        #expect(scanner.hasModel)
        #expect(scanner.model == [0x6D])
        let second = Array("\(disposition)model\r\n\r\n".utf8)
        #expect(throws: MultipartFault.ambiguousModel) { try scanner.scan(second.raw) }
    }

    @Test func tellsWhereTheLengthIs() throws {
        let lines = "\(disposition)model\r\nContent-Length:  1"
        let form = Array((part("a", "x") + field(lines, "m") + "--b--").utf8)
        var scanner = try #require(formScanner("b"))
        for byte in form { try scanner.scan([byte].raw) }
        try scanner.finish()
        #expect(String(decoding: form[scanner.modelLengthRange], as: UTF8.self) == "1")
        let start = scanner.modelLengthRange.lowerBound
        #expect(String(decoding: form[..<start], as: UTF8.self).hasSuffix("Content-Length:  "))
    }
}
