import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

/// Which endpoints of a pool are passed over, since they do not serve a model.
@Suite struct ServingTests {
    private static let spec = """
        client_fallback: true
        endpoints:
          - { name: some, url: "http://127.0.0.1:1" }
          - { name: named, url: "http://127.0.0.1:2" }
          - { name: every, url: "http://127.0.0.1:3" }
        pools:
          - name: uneven
            endpoints:
              - { use: some, models: ["a*", 're:b.', c] }
              - { use: named, models: discovered, send_as: { a1: own-a1 } }
              - every
          - { name: even, endpoints: [some, named, every] }
        models:
          - { match: even, pool: even }
          - { match: down, pool: uneven, fallback: [c, other] }
          - { match: other, pool: uneven }
          - { match: "x/*", pool: uneven, send_as: "*" }
          - { match: "*", pool: uneven }
        """

    /// The endpoints that are passed over, at each place that a request goes through.
    private func passedOver(_ model: String, named: [String]? = nil) throws -> [[String]] {
        let source = SourceFile(name: "router.yaml", text: ServingTests.spec)
        let compilation = Compiler.compile(source)
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        let patterns = try PatternSet(of: view)
        let scratch = MatchScratch()
        let name = Array(model.utf8)
        let caller = try identify(.none, references: KeyReferences([]), now: 0, in: view).get()
        var next: Route? = try resolve(
            model: name.rawSpan, caller: caller, patterns: patterns, scratch: scratch, in: view
        ).get()
        var places: [[String]] = []
        while let route = next {
            let others = endpointsNotServing(
                route, asked: name.rawSpan, patterns: patterns, scratch: scratch, in: view
            ) { endpoint, sent in
                named.map { $0.contains(text(sent, name, view)) }
            }
            places.append(
                others.map { view.text(view.load(EndpointRecord.name, at: $0)) }.sorted())
            next = route.next(
                asked: name.rawSpan, caller: caller, patterns: patterns, scratch: scratch,
                in: view)
        }
        return places
    }

    private func text(
        _ sent: ModelReplacement, _ asked: [UInt8], _ view: borrowing TableView
    ) -> String {
        switch sent {
        case .unchanged: return String(decoding: asked, as: UTF8.self)
        case .text(let ref): return view.text(ref).replacing("\"", with: "")
        case .star(let range): return String(decoding: asked[range], as: UTF8.self)
        case .known(let model, _): return view.text(view.load(ModelRecord.name, at: model))
        }
    }

    @Test func listsAreMatchers() throws {
        #expect(try passedOver("a1") == [[]], "what has not been asked may be tried")
        #expect(try passedOver("bx") == [[]])
        #expect(try passedOver("bxy") == [["some"]])
        #expect(try passedOver("other") == [["some"]])
        #expect(try passedOver("even") == [[]], "models of a member are those of its pool")
    }

    @Test func whatIsNamedIsWhatIsSent() throws {
        #expect(try passedOver("a1", named: ["a1"]) == [["named"]])
        #expect(try passedOver("a1", named: ["own-a1"]) == [[]])
        // Lists are of the client's id.
        #expect(try passedOver("x/a2", named: ["a2"]) == [["some"]])
        #expect(try passedOver("a2", named: []) == [["named"]])
    }

    @Test func everyModelOfACourseIsLookedAt() throws {
        #expect(try passedOver("down") == [["some"], [], ["some"]])
        #expect(
            try passedOver("down", named: ["c"]) == [["named", "some"], [], ["named", "some"]])
        #expect(try passedOver("a9|zz", named: ["zz"]) == [["named"], ["some"]])
    }
}
