import RandomNumbers
import ReferenceParsers
import Testing
import Wire

/// What servers say of their models, as far as it is sound.
struct ModelListTests {
    /// Answers as the servers of each kind give them, shortened.
    static let llamacpp = """
        {"models":[{"name":"m1","model":"m1","capabilities":["completion"]}],
         "object":"list","data":[{"id":"m1","object":"model","created":1700000000,
         "owned_by":"llamacpp","meta":{"n_ctx":4096}}]}
        """
    static let vllm = """
        {"object":"list","data":[{"id":"org/model","object":"model","created":1,"owned_by":"vllm",
        "root":"org/model","parent":null,"max_model_len":8192,"permission":[{"id":"modelperm-1"}]}]}
        """
    static let ollama = """
        {"models":[{"name":"llama3:latest","model":"llama3:latest","size":4661224676,
        "details":{"format":"gguf","families":null}},{"name":"only-name"}]}
        """
    static let anthropic = """
        {"data":[{"type":"model","id":"claude-x","display_name":"X"}],"has_more":false}
        """

    private func read(_ text: String) throws -> ModelList {
        try ModelList(Array(text.utf8).raw)
    }

    private func ids(_ entries: [ModelList.Entry]?) -> [String]? {
        entries?.map { String(decoding: $0.id, as: UTF8.self) }
    }

    @Test func answersOfEachKind() throws {
        let llama = try read(ModelListTests.llamacpp)
        #expect(ids(llama.data) == ["m1"])
        #expect(ids(llama.models) == ["m1"])
        #expect(ids(try read(ModelListTests.vllm).data) == ["org/model"])
        #expect(try read(ModelListTests.vllm).models == nil)
        let ollama = try read(ModelListTests.ollama)
        #expect(ids(ollama.models) == ["llama3:latest", "only-name"])
        #expect(ollama.data == nil)
        #expect(ids(try read(ModelListTests.anthropic).data) == ["claude-x"])
    }

    @Test func anEntryIsItsObjectAndKnowsWhenItWasCreated() throws {
        let bytes = Array(ModelListTests.llamacpp.utf8)
        let entry = try #require(try ModelList(bytes.raw).data?.first)
        let object = text(bytes, entry.object)
        #expect(object.hasPrefix("{\"id\":\"m1\"") && object.hasSuffix("{\"n_ctx\":4096}}"))
        #expect(text(bytes, entry.created) == "1700000000")
    }

    /// Elements that are left out, alone; and what is left of the ids of the list.
    static let elements: [Row<[String]>] = [
        Row("no object", #"1"#, []), Row("no object", #""m""#, []), Row("no object", #"[]"#, []),
        Row("no object", #"null"#, []), Row("no id", #"{}"#, []),
        Row("no id", #"{"name":"m"}"#, []), Row("no text", #"{"id":1}"#, []),
        Row("no text", #"{"id":null}"#, []), Row("no text", #"{"id":["m"]}"#, []),
        Row("empty", #"{"id":""}"#, []), Row("control", #"{"id":"a\nb"}"#, []),
        Row("control", #"{"id":"a\u0000"}"#, []), Row("control", "{\"id\":\"a\u{7F}\"}", []),
        Row("control", #"{"id":"\u0085"}"#, []),
        Row("two ids", #"{"id":"a","id":"b"}"#, []), Row("two ids", #"{"id":"a","ID":"b"}"#, []),
        Row("two ids", #"{"id":"a","\u0069d":"b"}"#, []), Row("misspelled", #"{"Id":"a"}"#, []),
        Row(
            "longest", "{\"id\":\"\(String(repeating: "x", count: 256))\"}",
            [String(repeating: "x", count: 256)]),
        Row("too long", "{\"id\":\"\(String(repeating: "x", count: 257))\"}", []),
        Row("too long", "{\"id\":\"\(String(repeating: "é", count: 129))\"}", []),
        Row("escapes", #"{"id":"a\/b \u00e9\ud83d\ude00\"\\"}"#, ["a/b é😀\"\\"]),
        Row("escaped key", #"{"\u0069d":"m"}"#, ["m"]),
        Row("later", #"{"meta":{"id":"inner"},"id":"m"}"#, ["m"]),
    ]

    @Test(arguments: elements)
    func whatIsNotSoundIsLeftOut(row: Row<[String]>) throws {
        let list = try read("{\"data\":[{\"id\":\"first\"},\(row.text),{\"id\":\"last\"}]}")
        #expect(ids(list.data) == ["first"] + row.expected + ["last"])
        #expect(list.ignoredCount == (row.expected.isEmpty ? 1 : 0))
    }

    @Test func ofTheListModelsTheModelCountsAheadOfTheName() throws {
        let list = try read(
            #"{"models":[{"name":"a","model":"b"},{"name":"a","name":"b"},{"model":1,"name":"c"}]}"#
        )
        #expect(ids(list.models) == ["b"])
        #expect(list.ignoredCount == 2)
    }

    @Test func listsThatAreNone() throws {
        for text in [
            #"{}"#, #"{"data":{}}"#, #"{"data":null}"#, #"{"data":"m"}"#, #"{"Data":[]}"#,
            #"{"error":{"message":"no"}}"#, #"{"nested":{"data":[]}}"#,
        ] {
            #expect(try read(text).data == nil, "\(text)")
        }
        #expect(ids(try read(#"{"data":[]}"#).data) == [])
    }

    static let faults: [Row<JSONFault>] = [
        Row("RFC 8259 2", "", .truncated), Row("RFC 8259 2", "[]", .notAnObject),
        Row("RFC 8259 2", "<html>", .notAnObject),
        Row("RFC 8259 8.1", "\u{FEFF}{}", .byteOrderMark),
        Row("RFC 8259 2", #"{"data":[]}x"#, .trailingBytes),
        Row("RFC 8259 5", #"{"data":[1,]}"#, .unexpectedByte),
        Row("RFC 8259 4", #"{"data":[],}"#, .unexpectedByte),
        Row("RFC 8259 4", #"{data:[]}"#, .unexpectedByte),
        Row("RFC 8259 6", #"{"data":[01]}"#, .invalidNumber),
        Row("RFC 8259 6", #"{"data":[1.]}"#, .invalidNumber),
        Row("RFC 8259 6", #"{"data":[1e]}"#, .invalidNumber),
        Row("RFC 8259 3", #"{"data":[nope]}"#, .invalidLiteral),
        Row("RFC 8259 7", "{\"data\":[\"\u{1}\"]}", .controlCharacter),
        Row("RFC 8259 7", #"{"data":["\x"]}"#, .invalidEscape),
        Row("RFC 8259 8.2", #"{"data":["\ud800 alone"]}"#, .loneSurrogate),
    ]

    @Test(arguments: faults)
    func whatIsNoDocumentSaysNothing(row: Row<JSONFault>) {
        #expect(throws: row.expected) { try read(row.text) }
    }

    @Test func bytesThatAreNotUTF8() {
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            let bytes = Array("{\"data\":[{\"id\":\"a".utf8) + bad + Array("\"}]}".utf8)
            #expect(throws: JSONFault.invalidUTF8) { try ModelList(bytes.raw) }
        }
    }

    @Test func nestingHasALimit() throws {
        func nested(_ depth: Int) -> String {
            let open = String(repeating: "[", count: depth - 1)
            return "{\"x\":\(open)\(String(repeating: "]", count: depth - 1)),\"data\":[]}"
        }
        #expect(try read(nested(128)).data?.isEmpty == true)
        #expect(throws: JSONFault.tooDeep) { try read(nested(129)) }
        #expect(throws: JSONFault.tooDeep) { try read(nested(1_000_000)) }
        let objects = String(repeating: "{\"data\":", count: 100_000)
        #expect(throws: JSONFault.tooDeep) { try read(objects) }
    }

    @Test func listsHaveALimit() throws {
        let elements = (0..<100_000).map { "{\"id\":\"m\($0)\"}" }.joined(separator: ",")
        let list = try read("{\"data\":[\(elements)]}")
        #expect(list.data?.count == ModelList.entryLimit)
        #expect(list.ignoredCount == 100_000 - ModelList.entryLimit)
    }

    @Test func everyTruncationIsAFault() {
        for text in [
            ModelListTests.llamacpp, ModelListTests.vllm, ModelListTests.ollama,
            ModelListTests.anthropic, #"{"data":[{"id":"é\u00e9😀","x":[true,false,-1.5e+3]}]}"#,
        ] {
            let bytes = Array(text.utf8)
            for count in 0..<bytes.count {
                let part = Array(bytes[..<count])
                #expect(throws: JSONFault.self) { try ModelList(part.raw) }
            }
        }
    }

    /// Documents with bytes turned over, taken out, repeated and put in: a document is one for the
    /// reference, or for neither, and what is said of it can be emitted again.
    @Test(arguments: 0..<8)
    func damagedAnswersAreReadAsTheReferenceReadsThem(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let samples = [
            ModelListTests.llamacpp, ModelListTests.vllm, ModelListTests.ollama,
            ModelListTests.anthropic,
        ]
        let pieces = [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "\"id\":\"x\"", "\"data\":", "null", "-0",
            "\\u00e9", "\u{E9}", "1e5", " ", "\n", "\u{0}",
        ]
        for _ in 0..<4_000 {
            var bytes = Array((samples.randomElement(using: &generator) ?? "").utf8)
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2:
                    let end = min(bytes.count, place + Int.random(in: 1..<40, using: &generator))
                    bytes.insert(contentsOf: bytes[place..<end], at: place)
                default:
                    let piece = pieces.randomElement(using: &generator) ?? ""
                    bytes.insert(contentsOf: piece.utf8, at: place)
                }
            }
            let list = try? ModelList(bytes.raw)
            #expect((list != nil) == ReferenceJSON.accepts(bytes), "\(bytes)")
            for entry in (list?.data ?? []) + (list?.models ?? []) {
                #expect(ReferenceJSON.accepts(Array(bytes[entry.object.offsets])))
                #expect(String(validating: entry.id, as: UTF8.self) != nil)
                #expect((1...ModelList.idByteLimit).contains(entry.id.count))
            }
        }
    }
}

/// What a client has of an answer (RFC 9110, 13.1.2).
struct EntityTagTests {
    static let values: [Row<Bool>] = [
        Row("8.8.3", "\"a\"", true), Row("8.8.3", "W/\"a\"", true), Row("13.1.2", "*", true),
        Row("13.1.2", "\"b\", \"a\"", true), Row("13.1.2", "\"b\",W/\"a\" ,\"c\"", true),
        Row("8.8.3", "\"b\"", false), Row("8.8.3", "", false), Row("8.8.3", "a", false),
        Row("8.8.3", "\"a", false), Row("8.8.3", "\"A\"", false), Row("8.8.3", "w/\"a\"", false),
        Row("13.1.2", "\"b\" x \"a\"", false), Row("13.1.2", ", ,\"a\"", true),
        Row("8.8.3", "W/", false), Row("8.8.3", "W", false), Row("8.8.3", "\"\"", false),
        Row("13.1.2", "*, \"b\"", false), Row("8.8.3", "\"a\"\"", true),
    ]

    @Test(arguments: values)
    func tagsThatTheClientHas(row: Row<Bool>) {
        let tag = Array("\"a\"".utf8)
        #expect(EntityTags.lists(Array(row.text.utf8).raw, tag: tag.raw) == row.expected)
    }
}
