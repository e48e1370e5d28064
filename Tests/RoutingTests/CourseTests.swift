import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

/// Where a request goes when nobody takes it where it was: `then`, `fallback`, `split`.
@Suite struct CourseTests {
    private static let spec = """
        pools:
          - { name: a, endpoints: ["http://127.0.0.1:1"] }
          - { name: b, endpoints: ["http://127.0.0.1:2"] }
          - { name: c, endpoints: ["http://127.0.0.1:3"] }
          - { name: d, endpoints: ["http://127.0.0.1:4"], models: [spare] }
        models:
          - { match: big, pool: a, then: [b, c], fallback: [secret, small, big, spare] }
          - { match: small, pool: b, then: [a], fallback: [spare] }
          - { match: secret, pool: c }
          - { match: canary, split: { a: 95, b: 5 }, then: [b, c] }
          - { match: "other-*", pool: c, fallback: ["other-1"] }
        keys:
          - { name: everyone, secret: file:/all }
          - { name: some, secret: file:/some, models: [big, small, spare] }
        """

    /// The places that a request goes through, as pool or pool/model.
    private func places(
        _ model: String, key: String = "everyone", draw: UInt32 = 0
    ) throws -> [String] {
        let bytes = try compiled(CourseTests.spec)
        let view = TableView(validated: bytes.rawSpan)
        let patterns = try PatternSet(of: view)
        let scratch = MatchScratch()
        guard let caller = caller(key, in: view) else { return [] }
        let name = Array(model.utf8)
        let first = resolve(
            model: name.rawSpan, caller: caller, patterns: patterns, scratch: scratch, in: view)
        var route = try first.get()
        var places: [String] = []
        while true {
            if route.isOpen { route.settle(draw: draw, in: view) }
            let pool = view.text(view.load(PoolRecord.name, at: route.pool))
            let other =
                route.model == noIndex
                ? "" : "/" + view.text(view.load(ModelRecord.name, at: route.model))
            places.append(pool + other)
            let next = route.next(
                asked: name.rawSpan, caller: caller, patterns: patterns, scratch: scratch,
                in: view)
            guard let next else { return places }
            route = next
        }
    }

    private func compiled(_ text: String) throws -> [UInt8] {
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        return try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
    }

    private func caller(_ name: String, in view: borrowing TableView) -> Caller? {
        for index in 0..<view.count(KeyRecord.self)
        where view.text(view.load(KeyRecord.name, at: index)) == name {
            return holder(of: index, in: view)
        }
        return nil
    }

    @Test func poolsComeBeforeModels() throws {
        // 'small' has pools of its own to go on to, but no models; 'big' was asked for.
        let expected = ["a", "b", "c", "c/secret", "b/small", "a/small", "d/spare"]
        #expect(try places("big") == expected)
    }

    @Test func whatTheKeyMayNotUseIsLeftOut() throws {
        let expected = ["a", "b", "c", "b/small", "a/small", "d/spare"]
        #expect(try places("big", key: "some") == expected)
    }

    @Test func theOtherSideOfASplitIsTriedOnce() throws {
        #expect(try places("canary", draw: 0) == ["a", "b", "c"])
        #expect(try places("canary", draw: .max) == ["b", "c"])
    }

    @Test func aModelFallsBackToAnother() throws {
        #expect(try places("other-1") == ["c"], "not to itself")
        #expect(try places("other-2") == ["c", "c/other-1"])
        #expect(try places("secret") == ["c"], "a rule without a course ends")
    }

    @Test func sharesAreWhatDrawsLeadTo() throws {
        let bytes = try compiled(CourseTests.spec)
        let view = TableView(validated: bytes.rawSpan)
        var canary: UInt32?
        for rule in 0..<view.count(RuleRecord.self)
        where view.text(view.load(RuleRecord.text, at: rule)) == "canary" {
            canary = rule
        }
        let rule = try #require(canary)
        var counts: [UInt32: Int] = [:]
        for step in 0..<UInt32(100_000) {
            var route = Route(pool: noIndex, rule: rule)
            route.settle(draw: UInt32(scattered(UInt64(step)) >> 32), in: view)
            counts[route.pool, default: 0] += 1
        }
        let shares = counts.values.sorted()
        #expect(shares.count == 2)
        #expect(abs(Double(shares[0]) / 100_000 - 0.05) < 0.005, "\(shares)")
    }
}
