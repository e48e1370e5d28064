import Testing
import Wire

/// Forms as clients write them, and the boundaries that they announce.
///
/// Those of httpx, requests and curl were captured; the others follow what is known of each client:
/// its boundaries, the order and the fields of its parts.
struct MultipartClientTests {
    /// A form that a client sent, with `|` for its boundary and `#` for the bytes of its file.
    struct Capture: Sendable, CustomTestStringConvertible {
        let client: String
        let boundary: String
        /// The value of `Content-Type`, with `|` for the boundary.
        let type: String
        let form: String
        let wantsStream: Bool

        init(
            _ client: String, _ boundary: String, type: String = "multipart/form-data; boundary=|",
            wantsStream: Bool = false, _ form: String
        ) {
            self.client = client
            self.boundary = boundary
            self.type = type
            self.form = form
            self.wantsStream = wantsStream
        }

        var testDescription: String { client }

        /// The bytes of the form, with a file that has all that a delimiter is made of.
        var bytes: [UInt8] {
            var file = Array("RIFF\0\r\n-\r\n--\r\n".utf8) + Array(0...255)
            file += Array("\r\n--\(boundary.dropLast())".utf8)
            return form.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case 0x7C: Array(boundary.utf8)
                case 0x23: file
                case 0x0A: [0x0D, 0x0A]
                default: [byte]
                }
            }
        }
    }

    private static let model = #"""
        --|
        Content-Disposition: form-data; name="model"

        whisper-1

        """#
    private static let file = #"""
        --|
        Content-Disposition: form-data; name="file"; filename="a.wav"
        Content-Type: audio/wav

        #

        """#
    private static let stream = #"""
        --|
        Content-Disposition: form-data; name="stream"

        true

        """#
    private static let end = "--|--\n"

    static let captures = [
        Capture(
            "httpx 0.28, as openai", "1d51c69cb1248ef0c55b75920b405c2c", wantsStream: true,
            model + stream + file + end),
        Capture("requests 2.32", "01e7c4db9b2bf27a20d2b5f486b04a69", model + file + end),
        Capture("curl -F 7.88", "------------------------7ccaa5b77093e26e", model + file + end),
        Capture("curl -F 7.88", "------------------------ab6ad753976e5152", file + model + end),
        Capture(
            "Chromium and WebKit", "----WebKitFormBoundary7MA4YWxkTrZu0gW", file + model + end),
        Capture(
            "Firefox", "---------------------------9051914041544843365972754266",
            wantsStream: true, file + stream + model + end),
        Capture(
            "OkHttp 4", "b9d1c1a5-2f3e-4b5a-9c70-0f8f6a3c3a55",
            #"""
            --|
            Content-Disposition: form-data; name="model"
            Content-Length: 9

            whisper-1

            """# + file + end),
        Capture(
            ".NET", "7e5a4d0e-93b6-4cf0-a6c7-3b0a3a0f7d11",
            type: "multipart/form-data; boundary=\"|\"",
            #"""
            --|
            Content-Type: text/plain; charset=utf-8
            Content-Disposition: form-data; name=model

            whisper-1
            --|
            Content-Type: audio/wav
            Content-Disposition: form-data; name=file; filename=a.wav; filename*=utf-8''a.wav

            #

            """# + end),
    ]

    @Test(arguments: captures)
    func findsModels(capture: Capture) {
        let type = Array(capture.type.replacing("|", with: capture.boundary).utf8)
        let boundary = MediaType.multipartBoundary(type.raw).map { text(type, $0) }
        #expect(boundary == capture.boundary)
        let form = capture.bytes
        let whole = FormOutcome(form, boundary: capture.boundary)
        #expect(whole.fault == nil)
        #expect(whole.model == "whisper-1")
        #expect(whole.wantsStream == capture.wantsStream)
        for split in 0...form.count {
            let outcome = FormOutcome(
                form, boundary: capture.boundary, ends: [split, form.count])
            #expect(outcome == whole)
        }
        let bytewise = FormOutcome(form, boundary: capture.boundary, ends: Array(0...form.count))
        #expect(bytewise == whole)
    }

    static let boundaries: [Row<String?>] = [
        Row("RFC 7578 4.1", "multipart/form-data; boundary=a", "a"),
        Row("RFC 2045 5.1", "Multipart/Form-Data;boundary=a", "a"),
        Row("RFC 2046 5.1.1", "multipart/form-data; boundary=\"a :?\"", "a :?"),
        Row("others", "multipart/form-data; charset=utf-8 \t; boundary=a; x=\"y;z\"", "a"),
        Row("its own name", "multipart/form-data; boundary=----FormBoundary", "----FormBoundary"),
        Row("none", "multipart/form-data", nil), Row("none", "multipart/form-data; a=b", nil),
        Row("none", "", nil), Row("empty", "multipart/form-data; boundary=", nil),
        Row("empty", "multipart/form-data; boundary=\"\"", nil),
        Row("another type", "multipart/mixed; boundary=a", nil),
        Row("another type", "multipart/form-data/x; boundary=a", nil),
        Row("another type", "text/plain; boundary=a", nil),
        Row("two", "multipart/form-data; boundary=a; boundary=a", nil),
        Row("two", "multipart/form-data; boundary=a; Boundary=b", nil),
        Row("two, to some", "multipart/form-data; xboundary=b; boundary=a", nil),
        Row("two, to some", "multipart/form-data; x=\";boundary=b\"; boundary=a", nil),
        Row("two, to some", "multipart/form-data; x=boundary; y=b; boundary=a", nil),
        Row("two, to some", "multipart/form-data; BOUNDARY=boundary; y=b", nil),
        Row("its end", "multipart/form-data; boundary=\"a,b\"", nil),
        Row("RFC 2231", "multipart/form-data; boundary*=utf-8''a", nil),
        Row("RFC 2231", "multipart/form-data; boundary*0=a; boundary*1=b", nil),
        Row("backslash", "multipart/form-data; boundary=\"a\\b\"", nil),
        Row("backslash", "multipart/form-data; boundary=\"a\\\"\"", nil),
        Row("syntax", "multipart/form-data boundary=a", nil),
        Row("syntax", "multipart/form-data; boundary =a", nil),
        Row("syntax", "multipart/form-data; boundary= a", nil),
        Row("syntax", "multipart/form-data; boundary=a;", nil),
        Row("syntax", "multipart/form-data; boundary=a b", nil),
        Row("syntax", "multipart/form-data; boundary=a, multipart/form-data", nil),
        Row("syntax", "multipart/form-data; boundary=\"a", nil),
        Row("not a token", "multipart/form-data; boundary=a/b", nil),
    ]

    @Test(arguments: boundaries)
    func findsBoundaries(row: Row<String?>) {
        let bytes = Array(row.text.utf8)
        let range = MediaType.multipartBoundary(bytes.raw)
        #expect(range.map { text(bytes, $0) } == row.expected)
    }

    @Test func knowsBoundaries() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        let set = Set("0123456789\(letters)'()+_,-./:=? ".utf8)
        for byte in UInt8.min...UInt8.max {
            let isAccepted = MultipartScanner(boundary: [0x61, byte, 0x61].raw) != nil
            #expect(isAccepted == set.contains(byte))
        }
        for text in ["", " ", "a ", " a", String(repeating: "a", count: 71)] {
            let isAccepted = formScanner(text) != nil
            #expect(!isAccepted)
        }
        #expect(formScanner(String(repeating: "a", count: 70)) != nil)
    }
}
