import Testing
import Wire

/// What a scan of a body in pieces came to.
struct ScanOutcome: Equatable {
    var fault: JSONFault?
    var faultOffset: Int?
    var members: [String] = []

    /// Scans a body that grows to each of the ends, and finishes.
    init(_ bytes: [UInt8], ends: [Int]) {
        var scanner = MemberScanner()
        do throws(JSONFault) {
            for end in ends {
                let part = Array(bytes[..<end])
                _ = try scanner.scan(part.raw)
            }
            try scanner.finish(bytes.raw)
        } catch {
            fault = error
        }
        #expect(scanner.fault == fault)
        faultOffset = scanner.faultOffset
        guard fault == nil else { return }
        let all = [
            scanner.model, scanner.stream, scanner.user, scanner.promptCacheKey,
        ]
        members = all.map { member in
            "\(member.type) \(member.token.start)..<\(member.token.end) \(member.hasEscapes)"
        }
    }

    init(_ text: String) {
        self.init(Array(text.utf8), ends: [])
    }
}

/// The members that routing looks at.
struct MemberScannerTests {
    private func scan(_ text: String) throws -> (MemberScanner, [UInt8]) {
        var scanner = MemberScanner()
        let bytes = Array(text.utf8)
        #expect(try scanner.scan(bytes.raw))
        try scanner.finish(bytes.raw)
        return (scanner, bytes)
    }

    private func string(_ member: Member, _ bytes: [UInt8]) -> String {
        let text = written(capacity: member.content.count) {
            member.writeText(bytes.raw, into: &$0)
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func findsMembers() throws {
        let (scanner, bytes) = try scan(
            """
            { "messages" : [{"role":"user","model":1,"content":"x"}], "model" : "gpt-4o",
              "temperature": 0.5, "stream":true, "user":"u-1", "prompt_cache_key":"k\\u0065y",
              "metadata": {"model": null, "stream": 3, "user": []} }
            """)
        #expect(text(bytes, scanner.model.token) == "\"gpt-4o\"")
        #expect(text(bytes, scanner.model.content) == "gpt-4o")
        #expect(string(scanner.model, bytes) == "gpt-4o")
        #expect(!scanner.model.hasEscapes)
        #expect(scanner.stream.type == .true)
        #expect(text(bytes, scanner.stream.token) == "true")
        #expect(scanner.stream.content.isEmpty)
        #expect(string(scanner.user, bytes) == "u-1")
        #expect(scanner.promptCacheKey.hasEscapes)
        #expect(text(bytes, scanner.promptCacheKey.content) == "k\\u0065y")
        #expect(string(scanner.promptCacheKey, bytes) == "key")
        #expect(scanner.position == bytes.count)
    }

    static let types: [Row<(MemberType, String)>] = [
        Row("RFC 8259 3", "null", (.null, "null")), Row("RFC 8259 3", "false", (.false, "false")),
        Row("RFC 8259 3", "true", (.true, "true")),
        Row("RFC 8259 6", "-1.5e3", (.number, "-1.5e3")),
        Row("RFC 8259 7", "\"a\"", (.string, "\"a\"")), Row("RFC 8259 5", "[1,[2]]", (.array, "[")),
        Row("RFC 8259 4", "{\"a\":{}}", (.object, "{")),
    ]

    @Test(arguments: types)
    func findsMembersOfEveryType(row: Row<(MemberType, String)>) throws {
        for key in ["user", "prompt_cache_key"] {
            let (scanner, bytes) = try scan("{\"\(key)\":\(row.text) ,\"a\":0}")
            let member = key == "user" ? scanner.user : scanner.promptCacheKey
            #expect(member.type == row.expected.0)
            #expect(text(bytes, member.token) == row.expected.1)
            #expect(scanner.model.type == .absent)
            #expect(scanner.stream.type == .absent)
        }
    }

    @Test func theLastOfOtherKeysWins() throws {
        let (scanner, bytes) = try scan("{\"user\":\"a\",\"x\":1,\"x\":2,\"user\":\"b\"}")
        #expect(string(scanner.user, bytes) == "b")
    }

    @Test func streamMayBeNull() throws {
        #expect(try scan("{\"stream\":null}").0.stream.type == .null)
        #expect(try scan("{\"stream\":false}").0.stream.type == .false)
    }

    static let spellings: [Row<String>] = [
        Row("RFC 8259 7", #"{"model":"a"}"#, "a"), Row("RFC 8259 7", #"{"\u006Dodel":"a"}"#, "a"),
        Row("RFC 8259 7", #"{"mode\u006c":"\u0061\/b"}"#, "a/b"),
        Row("RFC 8259 7", #"{"model":"caf\u00e9 \uD83d\uDE00\u20ac\"\\"}"#, "caf\u{E9} 😀€\"\\"),
        Row("RFC 8259 7", "{\"model\":\"caf\u{E9} 😀€\"}", "caf\u{E9} 😀€"),
    ]

    @Test(arguments: spellings)
    func unescapesModels(row: Row<String>) throws {
        let (scanner, bytes) = try scan(row.text)
        #expect(string(scanner.model, bytes) == row.expected)
    }

    static let others: [Row<Bool>] = [
        Row("another key", #"{"models":1}"#, true), Row("another key", #"{"mode":1}"#, true),
        Row("another key", #"{"model ":1}"#, true), Row("another key", #"{"mode\u0000l":1}"#, true),
        Row("another key", #"{"":1}"#, true), Row("another key", #"{"mod\u00e9l":1}"#, true),
        Row("another key", "{\"mod\u{E9}l\":1,\"modeł\":2}", true),
        Row("another key", #"{"streams":1,"strea":2}"#, true),
        Row("another key", #"{"a_long_key_that_begins_so":1}"#, true),
        Row("nested", #"{"a":{"model":1,"Model":2,"model":3}}"#, true),
        Row("in an array", #"{"a":[{"model":1},{"stream":2}]}"#, true),
        Row("a value", #"{"a":"model","b":1}"#, true),
        Row("a value of a member", #"{"user":"model","b":1}"#, true),
    ]

    @Test(arguments: others)
    func looksAtNoOtherKey(row: Row<Bool>) throws {
        let (scanner, _) = try scan(row.text)
        #expect(scanner.model.type == .absent)
        #expect(scanner.stream.type == .absent)
    }

    /// All that follows a value that is noted must not be noted again.
    @Test func aNestedValueIsNotTheMember() throws {
        let (scanner, bytes) = try scan(#"{"user":["x","y"],"model":"a","b":["c"],"d":"e"}"#)
        #expect(scanner.user.type == .array)
        #expect(string(scanner.model, bytes) == "a")
    }

    @Test func modelsHaveALimit() throws {
        let name = String(repeating: "n", count: MemberScanner.modelByteLimit)
        #expect(ScanOutcome("{\"model\":\"\(name)\"}").fault == nil)
        #expect(ScanOutcome("{\"model\":\"\(name)n\"}").fault == .modelTooLong)
        let wide = String(repeating: "\\u00e9", count: MemberScanner.modelByteLimit / 2)
        #expect(ScanOutcome("{\"model\":\"\(wide)\"}").fault == nil)
        #expect(ScanOutcome("{\"model\":\"\(wide)n\"}").fault == .modelTooLong)
    }

    @Test func depthHasALimit() {
        func nested(_ count: Int, _ open: String, _ close: String) -> String {
            "{\"a\":" + String(repeating: open, count: count) + "0"
                + String(repeating: close, count: count) + "}"
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"b\":[", "]}]")] {
            let levels = open.filter { "[{".contains($0) }.count
            #expect(ScanOutcome(nested(127 / levels, open, close)).fault == nil)
            #expect(ScanOutcome(nested(127 / levels + 1, open, close)).fault == .tooDeep)
        }
        // Each level closes with its own bracket, across the words of the stack.
        for flaw in 0..<120 {
            var brackets = (0..<120).map { $0 % 3 == 0 ? ("[", "]") : ("{\"a\":", "}") }
            let start = "{\"a\":" + brackets.map(\.0).joined() + "0"
            #expect(ScanOutcome(start + brackets.reversed().map(\.1).joined() + "}").fault == nil)
            brackets[flaw].1 = brackets[flaw].1 == "]" ? "}" : "]"
            let end = brackets.reversed().map(\.1).joined() + "}"
            #expect(ScanOutcome(start + end).fault == .unexpectedByte)
        }
    }

    @Test func faultsStay() {
        var scanner = MemberScanner()
        let bytes = Array("{\"a\":x".utf8)
        #expect(throws: JSONFault.unexpectedByte) { try scanner.scan(bytes.raw) }
        #expect(scanner.faultOffset == 5)
        #expect(throws: JSONFault.unexpectedByte) { try scanner.scan(bytes.raw) }
        #expect(throws: JSONFault.unexpectedByte) { try scanner.finish(bytes.raw) }
        #expect(scanner.faultOffset == 5)
    }

    @Test func tellsWhenTheDocumentIsComplete() throws {
        let bytes = Array(#"{"model":"a"} "#.utf8)
        var scanner = MemberScanner()
        for count in 0...bytes.count {
            let part = Array(bytes[..<count])
            #expect(try scanner.scan(part.raw) == (count >= bytes.count - 1))
        }
        #expect(scanner.position == bytes.count)
        try scanner.finish(bytes.raw)
    }
}
