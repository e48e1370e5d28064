import Routing
import SpecCompiler
import TableFormat
import Testing

/// What a change is said to move, beside what it moves of 100,000 sessions that are picked for.
@Suite struct SessionMovesTests {
    private static let sessionCount = 100_000

    /// A change of the endpoints of one pool, and what is known of it without counting.
    struct Change: CustomTestStringConvertible, Sendable {
        let name: String
        let old: [String]
        let new: [String]
        var whenDown = "move"
        var newWhenDown: String?
        /// The share that moves.
        let expected: ClosedRange<Double>
        var testDescription: String { name }
    }

    private static func endpoints(_ range: Range<Int>, _ extra: String = "") -> [String] {
        range.map { "{ name: e\($0), url: \"http://127.0.0.1:\(9000 + $0)\"\(extra) }" }
    }

    private static func endpoint(_ number: Int, _ extra: String) -> [String] {
        endpoints(number..<number + 1, ", \(extra)")
    }

    static let changes: [Change] = {
        let four = endpoints(0..<4)
        let spare = endpoint(7, "tier: 2") + endpoint(8, "tier: 2")
        let drained = endpoint(3, "drain: true")
        let threeDrained = endpoints(1..<4, ", drain: true")
        return [
            Change(name: "nothing", old: four, new: four, expected: 0...0),
            Change(name: "order", old: four, new: four.reversed(), expected: 0...0),
            Change(name: "one is added", old: four, new: endpoints(0..<5), expected: 0.2...0.22),
            Change(name: "one is deleted", old: four, new: endpoints(0..<3), expected: 0.25...0.27),
            Change(
                name: "one is renamed", old: four, new: endpoints(0..<3) + endpoints(5..<6),
                expected: 0.38...0.42),
            Change(
                name: "one drains", old: four, new: endpoints(0..<3) + drained,
                expected: 0.249...0.251),
            Change(
                name: "one comes back", old: endpoints(0..<3) + drained, new: four,
                expected: 0.249...0.251),
            Change(
                name: "one drains as before", old: endpoints(0..<3) + drained,
                new: endpoints(0..<3) + drained, expected: 0...0),
            Change(
                name: "another drains", old: endpoints(0..<3) + drained,
                new: endpoints(0..<2) + endpoint(2, "drain: true") + drained,
                expected: 0.332...0.335),
            Change(
                name: "one drains while one is added", old: four,
                new: endpoints(0..<3) + drained + endpoints(4..<5), expected: 0.39...0.42),
            Change(
                name: "one of four is left", old: four, new: endpoints(0..<1) + threeDrained,
                expected: 0.749...0.751),
            Change(
                name: "another one of four is left", old: endpoints(0..<1) + threeDrained,
                new: endpoints(1..<2) + endpoint(0, "drain: true")
                    + endpoints(2..<4, ", drain: true"), expected: 1...1),
            Change(
                name: "one is added to one that is left", old: endpoints(0..<1) + threeDrained,
                new: endpoints(0..<1) + threeDrained + endpoints(4..<5), expected: 0.5...0.52),
            Change(
                name: "a weight grows", old: four, new: endpoints(0..<3) + endpoint(3, "weight: 2"),
                expected: 0.15...0.17),
            Change(
                name: "a weight becomes 0", old: four,
                new: endpoints(0..<3) + endpoint(3, "weight: 0"), expected: 0.25...0.27),
            Change(
                name: "other places", old: endpoints(0..<80), new: endpoints(0..<81),
                expected: 0.95...1),
            Change(
                name: "the first tier drains", old: endpoints(0..<2) + spare,
                new: endpoints(0..<2, ", drain: true") + spare, expected: 1...1),
            Change(
                name: "a spare comes", old: endpoints(0..<2) + spare,
                new: endpoints(0..<2) + spare + endpoint(9, "tier: 2"), expected: 0...0),
            Change(
                name: "one drains and is refused", old: four, new: endpoints(0..<3) + drained,
                whenDown: "refuse", expected: 0.249...0.251),
            Change(
                name: "one that drains is no longer refused", old: endpoints(0..<3) + drained,
                new: endpoints(0..<3) + drained, whenDown: "refuse", newWhenDown: "move",
                expected: 0.249...0.251),
        ]
    }()

    private func spec(
        _ endpoints: [String], by: String = "[body:user]", whenDown: String = "move"
    ) -> String {
        """
        pools:
          - name: chat
            sticky: { by: \(by), when_down: \(whenDown) }
            endpoints:
        \(endpoints.map { "      - \($0)" }.joined(separator: "\n"))
            models: ["*"]
        """
    }

    private func compiled(_ text: String) throws -> [UInt8] {
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        return try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
    }

    private func moves(_ old: String, _ new: String) throws -> SessionMoves {
        let (old, new) = try (compiled(old), compiled(new))
        return SessionMoves(
            from: TableView(validated: old.rawSpan), to: TableView(validated: new.rawSpan))
    }

    private func pool(_ old: String, _ new: String) throws -> SessionMoves.Pool {
        let moves = try moves(old, new)
        #expect(moves.splits.isEmpty)
        #expect(moves.pools.count == 1)
        return try #require(moves.pools.first)
    }

    private struct AllUp: EndpointLoads {
        func isAvailable(endpoint: UInt32) -> Bool { true }
    }

    /// The endpoint of each session, by name; empty for none.
    private func owners(_ text: String) throws -> [String] {
        let bytes = try compiled(text)
        let view = TableView(validated: bytes.rawSpan)
        let names = (0..<view.count(EndpointRecord.self)).map {
            view.text(view.load(EndpointRecord.name, at: $0))
        }
        return (0..<SessionMovesTests.sessionCount).map { number in
            let name = Array("user-\(number)".utf8)
            let session = Session(name.rawSpan, source: .user)
            guard let member = pick(pool: 0, session: session, loads: AllUp(), in: view) else {
                return ""
            }
            return names[Int(view.load(MemberRecord.endpoint, at: member))]
        }
    }

    @Test(arguments: changes)
    func sharesAreThoseOfSessions(change: Change) throws {
        let old = spec(change.old, whenDown: change.whenDown)
        let new = spec(change.new, whenDown: change.newWhenDown ?? change.whenDown)
        let pool = try pool(old, new)
        #expect(pool.change == .kept)
        #expect(change.expected.contains(pool.moved), "\(pool.moved)")
        let counted = try Counted(owners(old), owners(new))
        #expect(abs(pool.moved - counted.share(counted.moved)) < 0.005)
        for (name, found) in pool.endpoints.map({ ($0.name, $0.share) }) + [("", pool.nobody)] {
            let before = counted.share(counted.before[name])
            let after = counted.share(counted.after[name])
            let kept = counted.share(counted.kept[name])
            #expect(abs(found.before - before) < 0.005, "\(name)")
            #expect(abs(found.after - after) < 0.005, "\(name)")
            #expect(abs(found.lost - (before - kept)) < 0.005, "\(name)")
            #expect(abs(found.gained - (after - kept)) < 0.005, "\(name)")
        }
    }

    /// Sessions, one by one.
    private struct Counted {
        private(set) var moved = 0
        private(set) var before: [String: Int] = [:]
        private(set) var after: [String: Int] = [:]
        private(set) var kept: [String: Int] = [:]

        init(_ old: [String], _ new: [String]) {
            for (was, now) in zip(old, new) {
                before[was, default: 0] += 1
                after[now, default: 0] += 1
                if was == now { kept[was, default: 0] += 1 } else { moved += 1 }
            }
        }

        func share(_ count: Int?) -> Double {
            Double(count ?? 0) / Double(SessionMovesTests.sessionCount)
        }
    }

    @Test(arguments: changes)
    func sharesAddUp(change: Change) throws {
        let new = spec(change.new, whenDown: change.newWhenDown ?? change.whenDown)
        let pool = try pool(spec(change.old, whenDown: change.whenDown), new)
        let shares = pool.endpoints.map(\.share) + [pool.nobody]
        #expect(abs(shares.map(\.before).reduce(0, +) - 1) < 1e-12)
        #expect(abs(shares.map(\.after).reduce(0, +) - 1) < 1e-12)
        #expect(abs(shares.map(\.lost).reduce(0, +) - pool.moved) < 1e-12)
        #expect(abs(shares.map(\.gained).reduce(0, +) - pool.moved) < 1e-12)
        for share in shares {
            #expect(abs(share.before - share.lost + share.gained - share.after) < 1e-12)
        }
    }

    @Test func whoDrainsLosesItsOwnSessionsExactly() throws {
        let drained =
            SessionMovesTests.endpoints(0..<3)
            + SessionMovesTests.endpoint(3, "drain: true")
        let pool = try pool(spec(SessionMovesTests.endpoints(0..<4)), spec(drained))
        #expect(pool.moved == pool.endpoints[3].share.before)
        #expect(pool.endpoints.map(\.share.lost) == [0, 0, 0, pool.moved])
        #expect(pool.endpoints[3].was?.drains == false)
        #expect(pool.endpoints[3].now?.drains == true)
        // 8,009 places: 2,002 or 2,003 for each of four.
        let places = pool.moved * 8_009
        #expect(abs(places - places.rounded()) < 1e-9, "\(places)")
    }

    @Test func placesGrowBeyondEightyEndpoints() throws {
        let pool = try pool(
            spec(SessionMovesTests.endpoints(0..<80)), spec(SessionMovesTests.endpoints(0..<81)))
        #expect(pool.placesBefore == 8_009)
        #expect(pool.placesAfter == 80_021)
    }

    @Test func anotherNameMovesAll() throws {
        let four = SessionMovesTests.endpoints(0..<4)
        let user = spec(four)
        for by in ["[body:prompt_cache_key]", "[\"header:x-id\", body:user]"] {
            let pool = try pool(user, spec(four, by: by))
            #expect(pool.change == .renamed)
            #expect(pool.moved == 1)
        }
        // A source behind the others renames nobody; one that is taken away does.
        let longer = spec(four, by: "[body:user, key]")
        #expect(try pool(user, longer).change == .kept)
        #expect(try pool(user, longer).moved == 0)
        #expect(try pool(longer, user).moved == 1)
    }

    @Test func poolsComeAndGo() throws {
        let one = SessionMovesTests.endpoints(0..<2)
        let sticky = spec(one)
        let loose = sticky.replacing("sticky: { by: [body:user], when_down: move }", with: "")
        let other = sticky.replacing("name: chat", with: "name: other")
        #expect(try moves(loose, loose).pools.isEmpty)
        let begins = try pool(loose, sticky)
        #expect(begins.change == .begins)
        #expect(begins.moved == 0)
        #expect(begins.placesBefore == 0)
        let ends = try pool(sticky, loose)
        #expect(ends.change == .ends)
        #expect(ends.moved == 1)
        #expect(ends.sources == ["body:user"])
        let renamed = try moves(sticky, other)
        #expect(renamed.pools.map(\.name) == ["chat", "other"])
        #expect(renamed.pools.map(\.change) == [.went, .came])
        #expect(renamed.pools.map(\.moved) == [1, 0])
        #expect(renamed.most == 1)
    }

    // MARK: - Splits

    private func split(_ course: String, sticky: String = "{ by: [body:user] }") -> String {
        """
        defaults: { sticky: \(sticky) }
        pools:
          - { name: stable, endpoints: ["http://127.0.0.1:1"] }
          - { name: canary, endpoints: ["http://127.0.0.1:2"] }
          - { name: other, endpoints: ["http://127.0.0.1:3"] }
        models:
          - { match: llama3, \(course) }
          - { match: "*", pool: stable, then: [canary, other] }
        """
    }

    @Test(arguments: [
        ("split: { stable: 95, canary: 5 }", "split: { stable: 90, canary: 10 }", 0.05),
        ("split: { stable: 90, canary: 10 }", "split: { stable: 95, canary: 5 }", 0.05),
        ("split: { stable: 95, canary: 5 }", "split: { stable: 95, canary: 5 }", 0),
        ("split: { stable: 95, canary: 5 }", "split: { canary: 5, stable: 95 }", 0.1),
        ("split: { stable: 95, canary: 5 }", "pool: canary", 0.95),
        ("pool: stable", "split: { stable: 95, canary: 5 }", 0.05),
        ("split: { stable: 95, canary: 5 }", "split: { stable: 95, other: 5 }", 0.05),
        ("split: { stable: 95, canary: 5 }", "split: { stable: 90, canary: 5, other: 5 }", 0.1),
    ])
    func splitsAreCountedByDraws(old: String, new: String, expected: Double) throws {
        let moves = try moves(split(old), split(new))
        #expect(moves.pools.map(\.moved) == [0, 0, 0], "pools stand apart")
        #expect(moves.splits.count == 1)
        let found = try #require(moves.splits.first)
        #expect(found.text == "llama3")
        #expect(found.kind == .exact)
        #expect(found.change == .kept)
        // To one draw of 2^32.
        #expect(abs(found.moved - expected) < 0.000_000_000_5, "\(found.moved)")
        let drawn = try zip(sides(split(old)), sides(split(new))).count { $0 != $1 }
        #expect(abs(Double(drawn) / 100_000 - found.moved) < 0.005)
        for total in [found.sides.map(\.share.before), found.sides.map(\.share.after)] {
            #expect(total.reduce(0, +) == 1)
        }
        #expect(found.sides.map(\.share.lost).reduce(0, +) == found.moved)
        #expect(found.sides.map(\.share.gained).reduce(0, +) == found.moved)
    }

    /// The pool of each session, by the functions that serve.
    private func sides(_ text: String) throws -> [String] {
        let bytes = try compiled(text)
        let view = TableView(validated: bytes.rawSpan)
        let rule = (0..<view.count(RuleRecord.self)).first {
            view.text(view.load(RuleRecord.text, at: $0)) == "llama3"
        }
        let first = try #require(rule)
        return (0..<SessionMovesTests.sessionCount).map { number in
            let name = Array("user-\(number)".utf8)
            var route = Route(pool: view.load(RuleRecord.pool, at: first), rule: first)
            if route.isOpen {
                route.settle(draw: Session(name.rawSpan, source: .user).draw, in: view)
            }
            return view.text(view.load(PoolRecord.name, at: route.pool))
        }
    }

    @Test func whatNamesASessionDecidesForSplits() throws {
        let course = "split: { stable: 95, canary: 5 }"
        let user = split(course)
        let key = split(course, sticky: "{ by: [key] }")
        let drawn = split(course, sticky: "none")
        let grown = split("split: { stable: 90, canary: 10 }", sticky: "none")
        func first(_ old: String, _ new: String) throws -> SessionMoves.Split {
            try #require(try moves(old, new).splits.first)
        }
        #expect(try first(user, key).change == .renamed)
        #expect(try first(user, key).moved == 1)
        #expect(try first(user, drawn).change == .ends)
        #expect(try first(user, drawn).moved == 1)
        #expect(try first(drawn, user).change == .begins)
        #expect(try first(drawn, user).moved == 0)
        #expect(try first(drawn, grown).sources.isEmpty)
        #expect(abs(try first(drawn, grown).moved - 0.05) < 0.000_000_000_5)
    }

    @Test func splitsComeAndGo() throws {
        let course = "split: { stable: 95, canary: 5 }"
        let here = split(course)
        let there = here.replacing("match: llama3", with: "match: llama4")
        let moves = try moves(here, there)
        #expect(moves.splits.map(\.text) == ["llama4", "llama3"])
        #expect(moves.splits.map(\.change) == [.came, .went])
        #expect(moves.splits.map(\.moved) == [0, 1])
    }
}
