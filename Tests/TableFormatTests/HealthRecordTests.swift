import SpecCompiler
import TableFormat
import Testing

/// What a table says of probes, and that it is checked.
@Suite struct HealthRecordTests {
    private static let spec = """
        endpoints:
          - { name: a, url: "http://h1", kind: llamacpp }
          - { name: b, url: "http://h2", kind: vllm }
          - { name: c, url: "http://h3", kind: ollama, health: { interval: 1m, timeout: 5s } }
          - { name: d, url: "http://h4" }
        pools: [{ name: p, endpoints: [a, b, c, d], models: ["*"] }]
        """

    private func bytes() throws -> [UInt8] {
        let source = SourceFile(name: "s.yaml", text: HealthRecordTests.spec)
        return try #require(Compiler.compile(source).table)
    }

    private func cause<Record: TableRecord, Value>(
        _ value: UInt64, _ field: Field<Record, Value>, of index: UInt32 = 0
    ) throws -> TableFault.Cause? {
        var bytes = try bytes()
        return DamagedTable.cause(&bytes, value, field, at: index)
    }

    @Test func equalProbesAreOneRecord() throws {
        let bytes = try bytes()
        let view = TableView(validated: bytes.rawSpan)
        #expect(view.count(HealthRecord.self) == 2, "a and b are asked alike")
        var byName: [String: UInt32] = [:]
        for index in 0..<view.count(EndpointRecord.self) {
            let name = view.text(view.load(EndpointRecord.name, at: index))
            byName[name] = view.load(EndpointRecord.health, at: index)
        }
        #expect(byName["d"] == noIndex && byName["a"] == byName["b"])
        let a = try #require(byName["a"])
        let c = try #require(byName["c"])
        #expect(view.text(view.load(HealthRecord.path, at: a)) == "/health")
        #expect(view.load(HealthRecord.interval, at: a) == 10_000)
        #expect(view.load(HealthRecord.timeout, at: a) == 2_000)
        #expect(view.load(HealthRecord.fall, at: a) == 3)
        #expect(view.load(HealthRecord.rise, at: a) == 2)
        #expect(view.text(view.load(HealthRecord.path, at: c)) == "/")
        #expect(view.load(HealthRecord.interval, at: c) == 60_000)
        #expect(view.load(HealthRecord.timeout, at: c) == 5_000)
    }

    @Test func everyFieldIsChecked() throws {
        for (value, isWell) in [(99, false), (100, true), (3_600_000, true), (3_600_001, false)] {
            let found = try cause(UInt64(value), HealthRecord.interval)
            #expect(found == (isWell ? nil : .badValue(.health)))
        }
        #expect(try cause(9, HealthRecord.timeout) == .badValue(.health))
        #expect(try cause(60_001, HealthRecord.timeout) == .badValue(.health))
        #expect(try cause(0, HealthRecord.fall) == .badValue(.health))
        #expect(try cause(101, HealthRecord.fall) == .badValue(.health))
        #expect(try cause(0, HealthRecord.rise) == .badValue(.health))
        #expect(try cause(101, HealthRecord.rise) == .badValue(.health))
        #expect(try cause(1, HealthRecord.reserved) == .reservedNotZero(.health))
        #expect(try cause(0, HealthRecord.path) == .badValue(.health), "no path")
        #expect(try cause(.max, HealthRecord.path) == .badReference(.health))
        #expect(try cause(2, EndpointRecord.health) == .badReference(.endpoints))
        #expect(try cause(UInt64(noIndex), EndpointRecord.health) == nil)
    }

    @Test(
        arguments: [
            ("/", true), ("/health", true), ("/a?b=c&d", true), ("//", true), ("", false),
            ("health", false), ("/a b", false), ("/a#b", false), ("/a\u{7F}", false),
            ("/\u{E4}", false), ("/a\r\nX: y", false), ("http://h/", false), ("/a\u{0}", false),
            ("/" + String(repeating: "a", count: 1_023), true),
            ("/" + String(repeating: "a", count: 1_024), false),
        ])
    func aPathCanStandInALine(text: String, isWell: Bool) {
        #expect(HealthRecord.isPath(Array(text.utf8).rawSpan) == isWell)
    }

    @Test(
        arguments: [
            (EndpointKind.llamacpp, "", "/health"), (.llamacpp, "/v1", "/health"),
            (.vllm, "/deep/v1", "/deep/health"), (.vllm, "/v1/openai", "/health"),
            (.ollama, "", "/"), (.ollama, "/ollama/v1", "/ollama/"), (.lmstudio, "", "/v1/models"),
            (.lmstudio, "/x/v1", "/x/v1/models"), (.openai, "", nil), (.anthropic, "/v1", nil),
        ] as [(EndpointKind, String, String?)])
    func aKindHasItsPath(kind: EndpointKind, basePath: String, path: String?) {
        #expect(kind.healthPath(basePath: basePath) == path)
    }
}
