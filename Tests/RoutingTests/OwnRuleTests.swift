import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

/// Rules for some keys (`for`), and lists of models that clients ask for (`client_fallback`).
@Suite struct OwnRuleTests {
    private static let spec = """
        client_fallback: true
        skip: { models: [gone, "*-draft"] }
        pools:
          - { name: all, endpoints: ["http://127.0.0.1:1"] }
          - { name: own, endpoints: ["http://127.0.0.1:2"] }
          - { name: star, endpoints: ["http://127.0.0.1:3"] }
          - { name: own-star, endpoints: ["http://127.0.0.1:4"] }
          - { name: pattern, endpoints: ["http://127.0.0.1:5"] }
        models:
          - { match: exact, pool: all }
          - { match: exact, for: [ann], pool: own }
          - { match: plain, pool: all, then: [own] }
          - { match: "p*", pool: pattern }
          - { match: "pl*", for: [ann], pool: own }
          - { match: 're:pq.*', for: [ann], pool: own }
          - { match: mine, for: [ann], pool: own }
          - { match: unseen, for: [ann], pool: own, listed: false }
          - { match: "*", for: [ann, eve], pool: own-star }
          - { match: "*", pool: star, send_as: "*" }
          - { match: big, pool: all, fallback: [exact] }
          - { match: "a|b", pool: own }
        keys:
          - { name: ann, secret: file:/ann }
          - { name: eve, secret: file:/eve, models: [exact, plain, "z*"] }
          - { name: bob, secret: file:/bob }
        """

    private func withTable(
        _ key: String, _ body: (borrowing TableView, Caller) throws -> Void
    ) throws {
        let text = OwnRuleTests.spec.replacing("name: all", with: "name: every")
            .replacing("pool: all", with: "pool: every")
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        for index in 0..<view.count(KeyRecord.self)
        where view.text(view.load(KeyRecord.name, at: index)) == key {
            return try body(view, holder(of: index, in: view))
        }
        Issue.record("no key \(key)")
    }

    /// The pools that a request goes through, with the model that is sent where it is another one.
    private func places(_ model: String, key: String) throws -> [String] {
        var places: [String] = []
        try withTable(key) { view, caller in
            let patterns = try PatternSet(of: view)
            let scratch = MatchScratch()
            let name = Array(model.utf8)
            switch resolve(
                model: name.rawSpan, caller: caller, patterns: patterns, scratch: scratch, in: view)
            {
            case .failure(let error): places = ["\(error.code)"]
            case .success(let first):
                var next: Route? = first
                while let route = next {
                    places.append(place(route, name, view))
                    next = route.next(
                        asked: name.rawSpan, caller: caller, patterns: patterns,
                        scratch: scratch, in: view)
                }
            }
        }
        return places
    }

    private func place(_ route: Route, _ name: [UInt8], _ view: borrowing TableView) -> String {
        let pool = view.text(view.load(PoolRecord.name, at: route.pool))
        let member = view.load(PoolRecord.members, at: route.pool).first
        switch replacement(for: name.rawSpan, route: route, member: member, in: view) {
        case .unchanged: return pool
        case .text(let ref): return "\(pool) \(view.text(ref))"
        case .star(let range):
            return "\(pool) \(String(decoding: name[range], as: UTF8.self))"
        case .known(let model, _):
            return "\(pool) \(view.text(view.load(ModelRecord.name, at: model)))"
        }
    }

    @Test(arguments: [
        // Exact of its own, exact, pattern of its own, pattern, star of its own, star.
        ("exact", "own", "every"), ("plain", "every", "every"), ("plum", "own", "pattern"),
        ("pqr", "own", "pattern"), ("pear", "pattern", "pattern"),
        ("zebra", "own-star", "star zebra"), ("mine", "own", "star mine"),
    ])
    func theOrderOfRules(model: String, ann: String, bob: String) throws {
        #expect(try places(model, key: "ann").first == ann)
        #expect(try places(model, key: "bob").first == bob)
    }

    @Test func aRuleGivesNoRight() throws {
        #expect(try places("zebra", key: "eve") == ["own-star"])
        #expect(try places("mine", key: "eve") == ["model_not_allowed"])
    }

    @Test func whatIsSkippedIsSkippedForAll() throws {
        for model in ["gone", "x-draft", "pl-draft"] {
            #expect(try places(model, key: "ann") == ["model_not_found"])
        }
    }

    @Test func fallbacksGoByTheKeysOwnRules() throws {
        #expect(try places("big", key: "ann") == ["every", "own exact"])
        #expect(try places("big", key: "bob") == ["every", "every exact"])
    }

    @Test func listsShowWhatIsTheirs() throws {
        for (key, isListed) in [("ann", true), ("bob", false)] {
            var names: [String] = []
            try withTable(key) { view, caller in
                forEachListedModel(listed(for: caller, in: view), in: view) { name, _ in
                    names.append(name.text())
                }
            }
            #expect(names == names.sorted())
            #expect(names.contains("mine") == isListed)
            #expect(names.contains("exact") && !names.contains("unseen"))
        }
    }

    @Test func aListIsTriedInItsOrder() throws {
        let three = ["every exact", "every plain", "own plain", "star zebra"]
        #expect(try places("exact|plain|zebra", key: "bob") == three)
        #expect(try places(" exact | plain ||zebra|", key: "bob") == three)
        // What a key may not use, and what nobody routes, is left out.
        let allowed = ["every exact", "own-star zebra"]
        #expect(try places("mine|gone|exact|zebra", key: "eve") == allowed)
        #expect(try places("mine|gone", key: "eve") == ["model_not_allowed"])
        #expect(try places("gone|x-draft", key: "bob") == ["model_not_found"])
        #expect(try places("||", key: "bob") == ["model_not_found"])
    }

    @Test func aNameWithABarIsAName() throws {
        #expect(try places("a|b", key: "bob") == ["own"])
    }
}

extension RawSpan {
    fileprivate func text() -> String {
        String(decoding: (0..<byteCount).map { byte($0) }, as: UTF8.self)
    }
}
