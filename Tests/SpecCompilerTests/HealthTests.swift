import SpecFiles
import TableFormat
import Testing

@testable import SpecCompiler

/// `health`: who is asked, how, and whose word counts.
@Suite struct HealthTests {
    /// The probes of each endpoint as the dump of the table says them; nil for those without.
    private func probes(_ text: String) throws -> [String: String] {
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        var probes: [String: String] = [:]
        for index in 0..<view.count(EndpointRecord.self) {
            let health = view.load(EndpointRecord.health, at: index)
            guard health != noIndex else { continue }
            let row = view.row(HealthRecord.self, health)
            let path = view.text(view.load(HealthRecord.path, row))
            let times =
                "\(view.load(HealthRecord.interval, row)) \(view.load(HealthRecord.timeout, row))"
            let counts = "\(view.load(HealthRecord.fall, row)) \(view.load(HealthRecord.rise, row))"
            probes[view.text(view.load(EndpointRecord.name, at: index))] =
                "\(path) \(times) \(counts)"
        }
        return probes
    }

    private func codes(_ text: String) -> [String] {
        Compiler.compile(SourceFile(name: "router.yaml", text: text)).diagnostics
            .map(\.code.rawValue)
    }

    @Test func kindsSayWhatIsAsked() throws {
        let found = try probes(
            """
            endpoints:
              - { name: o, url: "http://h1" }
              - { name: l, url: "http://h2", kind: llamacpp }
              - { name: t, url: "http://h3", kind: ollama }
              - { name: s, url: "http://h4", kind: lmstudio }
              - { name: a, url: "http://h5", kind: anthropic }
            pools: [{ name: p, endpoints: [o, l, t, s, a, "http://h6"], models: ["*"] }]
            """)
        #expect(
            found == [
                "l": "/health 10000 2000 3 2", "t": "/ 10000 2000 3 2",
                "s": "/v1/models 10000 2000 3 2",
            ])
    }

    @Test func theNearestCountsLeafByLeaf() throws {
        let found = try probes(
            """
            defaults: { health: { interval: 1s, fall: 9 } }
            endpoints:
              - { name: own, url: "http://h1", kind: vllm, health: { fall: 4, path: /x } }
              - { name: pools, url: "http://h2", kind: vllm }
              - { name: nobodys, url: "http://h3", kind: vllm }
              - { name: off, url: "http://h4", kind: vllm, health: none }
            pools:
              - name: p
                health: { interval: 2s, rise: 7 }
                endpoints: [own, pools, off, { name: in, url: "http://h5", health: { path: / } }]
                models: ["*"]
              - { name: q, endpoints: [own, pools, nobodys], models: [q] }
            """)
        #expect(
            found == [
                "own": "/x 2000 2000 4 7", "pools": "/health 2000 2000 9 7",
                "nobodys": "/health 1000 2000 9 2", "in": "/ 2000 2000 9 7",
            ])
    }

    @Test func noneCanBeTakenBackAndBeginsAnew() throws {
        let found = try probes(
            """
            defaults: { health: none }
            endpoints:
              - { name: a, url: "http://h1", kind: vllm }
              - { name: b, url: "http://h2", kind: vllm, health: { rise: 1 } }
              - { name: c, url: "http://h3", kind: vllm }
            pools:
              - { name: p, endpoints: [a, b], models: [p] }
              - { name: q, endpoints: [c], models: ["*"], health: { fall: 1 } }
            """)
        #expect(found == ["b": "/health 10000 2000 3 1", "c": "/health 10000 2000 1 2"])
        let path = try probes(
            """
            defaults: { health: { path: /ping, fall: 5 } }
            pools:
              - name: p
                endpoints: ["http://h1", { name: n, url: "http://h2", health: none }]
                models: ["*"]
            """)
        #expect(path == ["http://h1": "/ping 10000 2000 5 2"])
    }

    /// Two pools of one endpoint, what they say, and what it says itself.
    private static func shared(_ first: String, _ second: String, _ own: String = "") -> String {
        """
        endpoints: [{ name: e, url: "http://h1", kind: vllm\(own) }]
        pools:
          - { name: p, endpoints: [e], models: [p]\(first) }
          - { name: q, endpoints: [e], models: [q]\(second) }
          - { name: r, endpoints: [e], models: [r] }
        """
    }

    @Test(
        arguments: [
            (", health: none", ", health: { fall: 2 }", ""),
            (", health: { fall: 3 }", ", health: { fall: 2 }", ""),
            (", health: { fall: 2 }", ", health: { rise: 1 }", ""),
            (", health: { path: /a }", ", health: { path: /b }", ", health: { fall: 1 }"),
        ])
    func poolsThatDifferAreAnError(first: String, second: String, own: String) {
        #expect(codes(HealthTests.shared(first, second, own)) == ["R345"])
    }

    @Test(
        arguments: [
            (", health: { fall: 2 }", "", ""), ("", ", health: none", ""),
            (", health: { fall: 2 }", ", health: { fall: 2 }", ""),
            (", health: { interval: 10s }", ", health: { fall: 3 }", ""),
            (", health: none", ", health: none", ", health: { fall: 2 }"),
            (", health: { path: /a }", ", health: { path: /b }", ", health: { path: /c }"),
        ])
    func poolsThatAgreeOrAreOverruledAreRight(first: String, second: String, own: String) {
        #expect(codes(HealthTests.shared(first, second, own)) == [])
    }

    @Test func aTableSaysWhyItIsRefusedOnce() {
        let text = """
            endpoints: [{ name: e, url: "http://h1", kind: vllm }]
            pools:
              - { name: p, endpoints: [e], models: [p], health: { fall: 1 } }
              - { name: q, endpoints: [e], models: [q], health: { fall: 2 } }
              - { name: r, endpoints: [e], models: [r], health: { fall: 2 } }
            """
        let outcome = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        #expect(outcome.diagnostics.map(\.code.rawValue) == ["R345", "R345"])
        #expect(outcome.diagnostics.allSatisfy { $0.secondary.count == 2 })
    }

    @Test func defaultsOfAnIncludedFileCountToo() throws {
        let folder = FilesInMemory([
            "part.yaml": Array("defaults: { health: { fall: 8 }, discovery: none }".utf8)
        ])
        let text = """
            include: [{ spec: part.yaml, may_define: [defaults] }]
            pools:
              - { name: p, endpoints: [{ name: e, url: "http://h", kind: vllm }], models: ["*"] }
            """
        let outcome = Compiler.compile(SourceFile(name: "router.yaml", text: text), in: folder)
        let bytes = try #require(outcome.table, "\(outcome.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        #expect(view.count(HealthRecord.self) == 1)
        #expect(view.load(HealthRecord.fall, at: 0) == 8)
        #expect(view.count(DiscoveryRecord.self) == 0)
    }
}
