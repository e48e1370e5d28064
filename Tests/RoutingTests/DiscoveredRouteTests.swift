import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

/// Which of the models that endpoints name may be listed, and where requests for them go.
@Suite struct DiscoveredRouteTests {
    private static let spec = """
        pools:
          - { name: a, endpoints: ["http://127.0.0.1:9001"], models: ["a-*"] }
          - { name: b, endpoints: ["http://127.0.0.1:9002"] }
        models:
          - { match: spelled, pool: a }
          - { match: hidden, pool: a, listed: false }
          - { match: "a-secret-*", pool: b, listed: false }
          - { match: 're:[0-9]+', pool: b }
          - { match: "*", pool: b }
        keys:
          - { name: k, secret: file:/k, models: [a-known, never-*] }
        """

    /// The pool of each model, or whose it is; nil where discovery does not list it.
    private func pool(_ model: String) throws -> String? {
        let source = SourceFile(name: "spec.yaml", text: DiscoveredRouteTests.spec)
        let bytes = try #require(Compiler.compile(source).table)
        let view = TableView(validated: bytes.rawSpan)
        let patterns = try PatternSet(of: view)
        let id = Array(model.utf8)
        let listing = listing(
            ofDiscovered: id.rawSpan, patterns: patterns, scratch: MatchScratch(), in: view)
        return switch listing {
        case .routed(let rule):
            view.text(view.load(PoolRecord.name, at: view.load(RuleRecord.pool, at: rule)))
        case .pinned: "pinned keys"
        case .hidden: nil
        }
    }

    @Test func rulesDecide() throws {
        #expect(try pool("a-1") == "a")
        #expect(try pool("42") == "b")
        #expect(try pool("else") == "b")
    }

    @Test func whatIsSpelledOutIsTheSpecsAffair() throws {
        #expect(try pool("spelled") == nil)
        #expect(try pool("hidden") == nil)
        #expect(try pool("a-known") == "a", "a key spells it out, no rule does")
    }

    @Test func rulesThatAreNotListedHideWhatTheyMatch() throws {
        #expect(try pool("a-secret-1") == nil)
        #expect(try pool("a-secret") == "a")
    }
}
