import RandomNumbers
import ReferenceParsers
import Testing
import Wire

/// Forms that are made up, against the simple parser and at random splits.
struct MultipartPropertyTests {
    static let boundaries = ["b", "-", "--", "a--a", "-----x", "ab-ab-aab", "0123456789abcdef0123"]

    /// A form with parts that are right more often than not.
    private func form(_ boundary: String, using generator: inout SplitMix) -> [UInt8] {
        func pick(_ common: String, _ rare: [String]) -> String {
            guard Int.random(in: 0..<20, using: &generator) == 0 else { return common }
            return rare.randomElement(using: &generator) ?? common
        }
        var form: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let name = pick(
                ["model", "file", "stream", "a", "a b"].randomElement(using: &generator) ?? "a",
                ["Model", "STREAM", "mod%65l", " model", "a;b", "", "_charset_", "mod\\el"])
            let quoted = pick("\"\(name)\"", [name, "\"\(name)", "'\(name)'"])
            let more = pick(
                name == "file" ? "; filename=\"a.wav\"" : "",
                [
                    ";filename=a", "; name=model", "; filename=\"a;name=model\"", ";",
                    "; filename=\"a\\\"", "; x=y", "; filename*=utf-8''a", " ; filename=\"\\b;c\"",
                ])
            let line = pick(
                "Content-Disposition: form-data; ",
                ["content-disposition:form-data;", "Content-Disposition: form-data ;"])
            let extra = pick(
                "", ["\r\nA: b", "\r\n a", "\r\nContent-Disposition: x", "\nA:b", "\r"])
            form += Array("--\(boundary)\(pick("\r\n", [" \r\n", "\n", "x\r\n", "--\r\n"]))".utf8)
            form += Array("\(line)name=\(quoted)\(more)\(extra)\r\n\r\n".utf8)
            switch name {
            case "model": form += Array(pick("gpt", ["", "a\u{E9}", "a\u{80}", "a\u{0}"]).utf8)
            case "stream": form += Array(pick("true", ["1", "False", "yes", ""]).utf8)
            default:
                let alphabet = Array("\r\n--\(boundary)".utf8) + [0x80]
                form += (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? 0
                }
            }
            form += Array("\r\n".utf8)
        }
        return form + Array("--\(boundary)--\(pick("\r\n", ["", "\r\n\r\n", "x"]))".utf8)
    }

    /// The same verdict, model and booleans as the simple parser, and at any split.
    @Test func readsAsTheReferenceDoes() {
        var generator = SplitMix(seed: 3)
        var acceptedCount = 0
        var modelCount = 0
        for round in 0..<4_000 {
            let boundaries = MultipartPropertyTests.boundaries
            let boundary = boundaries[round % boundaries.count]
            var form = form(boundary, using: &generator)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let index = Int.random(in: 0..<form.count, using: &generator)
                let alphabet: [UInt8] = Array("\r\n\"-; =m".utf8) + [0, 0x7F, 0xFF]
                form[index] = alphabet.randomElement(using: &generator) ?? 0
            }
            let whole = FormOutcome(form, boundary: boundary)
            let ends = randomEnds(form.count, pieceLimit: 12, using: &generator)
            let split = FormOutcome(form, boundary: boundary, ends: ends)
            #expect(split == whole)
            let reference = ReferenceForm(form, boundary: boundary)
            let shown = Comment(rawValue: String(decoding: form, as: UTF8.self).debugDescription)
            #expect((reference != nil) == (whole.fault == nil), shown)
            guard let reference, whole.fault == nil else { continue }
            acceptedCount += 1
            if reference.model != nil { modelCount += 1 }
            #expect((reference.model ?? 0..<0) == whole.range, shown)
            guard reference.model != nil else { continue }
            #expect(["true", "True", "1"].contains(reference.stream) == whole.wantsStream, shown)
        }
        #expect(acceptedCount > 600)
        #expect(modelCount > 300)
    }

    /// Content of any bytes, and of just those that a delimiter has, holds no delimiter.
    @Test(arguments: [nil, "\r\n--" + "7d1e0f3a9b8c4d5e6f70", "-"])
    func passesRandomContent(alphabet: String?) {
        var generator = SplitMix(seed: 11)
        let boundary = "----7d1e0f3a9b8c4d5e6f70"
        let bytes = alphabet.map { Array($0.utf8) } ?? Array(0...255)
        var form = Array(part("model", "m").utf8).replacing("--b".utf8, with: "--\(boundary)".utf8)
        form += Array("--\(boundary)\r\nContent-Disposition: form-data; name=f\r\n\r\n".utf8)
        form.reserveCapacity(1 << 20 + 1_024)
        for _ in 0..<1 << 20 {
            form.append(bytes[Int(truncatingIfNeeded: generator.next() >> 32) % bytes.count])
        }
        form += Array("\r\n--\(boundary)--\r\n".utf8)
        let whole = FormOutcome(form, boundary: boundary)
        #expect(whole.fault == nil)
        #expect(whole.model == "m")
        let ends = randomEnds(form.count, pieceLimit: 400, using: &generator)
        #expect(FormOutcome(form, boundary: boundary, ends: ends) == whole)
    }

    /// A delimiter is found wherever it stands in content of any kind, in pieces of any size.
    @Test(arguments: MultipartPropertyTests.boundaries + [String(repeating: "-a", count: 35)])
    func findsDelimitersAnywhere(boundary: String) {
        let head = Array("--\(boundary)\r\nContent-Disposition: form-data; name=f\r\n\r\n".utf8)
        let needle = Array("--\(boundary)".utf8)
        let end = Array("\r\n--\(boundary)--".utf8)
        for (filler, offset) in [0x78, 0x0A].flatMap({ byte in (0..<100).map { (byte, $0) } }) {
            let before = [UInt8](repeating: UInt8(filler), count: offset)
            let after = [UInt8](repeating: UInt8(filler), count: 150)
            let form = head + before + needle + after + end
            let sizes = [1, 16, 61, form.count]
            for size in sizes {
                let ends = Array(stride(from: size, to: form.count, by: size)) + [form.count]
                #expect(FormOutcome(form, boundary: boundary, ends: ends).fault == .malformed)
            }
            // The same with a line end ahead is the last of the form.
            let closed = head + before + end
            for size in sizes {
                let ends = Array(stride(from: size, to: closed.count, by: size)) + [closed.count]
                #expect(FormOutcome(closed, boundary: boundary, ends: ends).fault == nil)
            }
        }
    }

    /// A delimiter behind a part of one, where only that stands at the start of a line, is none.
    @Test(arguments: MultipartPropertyTests.boundaries + [String(repeating: "-a", count: 35)])
    func refusesDelimitersBehindTheirStart(boundary: String) {
        let head = "--\(boundary)\r\nContent-Disposition: form-data; name=f\r\n\r\n"
        for count in 0..<boundary.utf8.count + 2 {
            let start = "x\r\n\("--\(boundary)".prefix(count))"
            let form = Array("\(head)\(start)\(head)y\r\n--\(boundary)--".utf8)
            let whole = FormOutcome(form, boundary: boundary)
            #expect(whole.fault == (count == 0 ? nil : .malformed))
            for split in 0...form.count {
                let outcome = FormOutcome(form, boundary: boundary, ends: [split, form.count])
                #expect(outcome == whole)
            }
        }
    }
}
