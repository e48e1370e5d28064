import Testing
import Wire

/// Values of fields that routing reads.
struct MediaTypeTests {
    static let types: [Row<MediaType>] = [
        Row("RFC 9110 8.3", "", .none), Row("RFC 8259 11", "application/json", .json),
        Row("RFC 9110 8.3.1", "Application/JSON; charset=utf-8", .json),
        Row("RFC 9110 8.3.1", "application/json;charset=utf-8", .json),
        Row("RFC 9110 8.3.1", "application/json \t; a=b", .json),
        Row("RFC 6839 3.1", "application/problem+JSON", .json),
        Row("RFC 6839 3.1", "x/a+json;q", .json),
        Row("RFC 2046 5.1", "multipart/form-data; boundary=x", .multipart),
        Row("RFC 2046 5.1", "MultiPart/mixed", .multipart),
        Row("another", "application/jsonl", .other), Row("another", "application/x-json", .other),
        Row("another", "text/json", .other), Row("another", "application/json5", .other),
        Row("another", "application/json+xml", .other), Row("another", "text/plain", .other),
        Row("malformed", "application/json x", .other), Row("malformed", "json", .other),
        Row("malformed", "/json", .other), Row("malformed", "application/", .other),
        Row("malformed", "application/json, a/b", .other), Row("malformed", "multipart", .other),
    ]

    @Test(arguments: types)
    func tellsTypes(row: Row<MediaType>) {
        let bytes = Array(row.text.utf8)
        #expect(MediaType(bytes.raw) == row.expected)
        let isJSON = MediaType.isJSON(bytes.raw)
        let isMultipart = MediaType.isMultipart(bytes.raw)
        #expect(isJSON == (row.expected == .json))
        #expect(isMultipart == (row.expected == .multipart))
    }

    static let keys: [Row<String?>] = [
        Row("RFC 6750 2.1", "Authorization: Bearer sk-1", "sk-1"),
        Row("RFC 9110 11.1", "authorization: bEARER  sk-1", "sk-1"),
        Row("RFC 6750 2.1, all", "Authorization: Bearer !~", "!~"),
        Row("RFC 6750 2.1", "Authorization: Bearer", nil),
        Row("RFC 6750 2.1", "Authorization: Bearersk-1", nil),
        Row("RFC 6750 2.1", "Authorization: Bearer\tsk-1", nil),
        Row("RFC 6750 2.1", "Authorization: Bearer a b", nil),
        Row("RFC 6750 2.1", "Authorization: Bearer caf\u{E9}", nil),
        Row("RFC 7617 2", "Authorization: Basic YTpi", nil),
        Row("RFC 6750 2.1", "Authorization: sk-1", nil),
        Row("RFC 6750 2.1", "Authorization:", nil),
        Row("Anthropic", "X-API-Key: sk-1", "sk-1"), Row("Azure", "api-key:sk-1", "sk-1"),
        Row("all of the value", "api-key: Bearer", "Bearer"),
        Row("no blanks inside", "api-key: Bearer sk-1", nil), Row("empty", "api-key:", nil),
        Row("longer than a word", "api-key: 0123456789abcdef\u{E9}", nil),
        Row("longer than a word", "api-key: 0123456789abcdef", "0123456789abcdef"),
    ]

    @Test(arguments: keys)
    func findsKeys(row: Row<String?>) throws {
        let bytes = Array("GET / HTTP/1.0\r\n\(row.text)\r\n\r\n".utf8)
        let fields = HeaderFields()
        _ = try RequestHead.parse(bytes.raw, fields: fields)
        let range = KeyField.key(of: fields[0], in: bytes.raw)
        #expect(range.map { text(bytes, $0) } == row.expected)
    }

    /// The fields of a request, a line each, and the key that everybody sees.
    private static let several: [(lines: [String], key: String?)] = [
        (["api-key: sk-1"], "sk-1"), (["api-key: sk-1", "x-api-key: sk-1"], "sk-1"),
        (["authorization: Bearer sk-1", "x-api-key: sk-1", "api-key: sk-1"], "sk-1"),
        (["api-key: sk-1", "x-api-key: sk-2"], nil), (["api-key: sk-1", "api-key: sk-1"], nil),
        (["api-key: sk-1", "api-key: sk-2"], nil), (["api-key: sk-1", "x-api-key:"], nil),
        (["api-key:", "x-api-key: sk-1"], nil), (["api-key: sk-1", "x-api-key: sk-11"], nil),
        (["authorization: Basic sk-1", "x-api-key: sk-1"], nil),
        (["api-key: sk-1", "x-api-key: sk-1", "x-api-key: sk-1"], nil),
        (["api-key: sk-1", "x-api-key: sk-2", "authorization: Bearer sk-1"], nil),
    ]

    @Test(arguments: several)
    func twoThatDifferOrOneTwiceAreNone(lines: [String], key: String?) throws {
        let bytes = Array("GET / HTTP/1.0\r\n\(lines.joined(separator: "\r\n"))\r\n\r\n".utf8)
        let fields = HeaderFields()
        _ = try RequestHead.parse(bytes.raw, fields: fields)
        var shown = KeyFields()
        for kind in [FieldKind.authorization, .xAPIKey, .apiKey] {
            guard let field = fields.first(kind) else { continue }
            shown.add(field, isRepeated: fields.repeats(kind), in: bytes.raw)
        }
        let range = shown.key(in: bytes.raw)
        #expect(range.map { text(bytes, $0) } == key)
        #expect((shown.count == 1) == (lines.count == 1))
    }
}
