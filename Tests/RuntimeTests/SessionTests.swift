import Routing
import SpecCompiler
import TableFormat
import Testing

/// Where 100,000 sessions go, and what becomes of them when an endpoint goes and comes back.
@Suite struct SessionTests {
    private static let count = 100_000

    private func spec(_ members: Int, whenDown: String = "move", tier: Bool = false) -> String {
        let urls = (0..<members).map { "\"http://127.0.0.1:\(9000 + $0)\"" }
        let spare = tier ? ", { url: \"http://127.0.0.1:8000\", tier: 2 }" : ""
        return """
            pools:
              - name: p
                sticky: { by: [body:user], when_down: \(whenDown) }
                endpoints: [\(urls.joined(separator: ", "))\(spare)]
                models: ["*"]
            """
    }

    /// The endpoint of each session, by its port; 0 for none.
    private func owners(_ text: String, down: Set<Int> = []) throws -> [Int] {
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        var ports: [Int] = []
        for endpoint in 0..<view.count(EndpointRecord.self) {
            let name = view.text(view.load(EndpointRecord.name, at: endpoint))
            ports.append(try #require(Int(name.suffix(4))))
        }
        let loads = Downed(endpoints: Set(ports.indices.filter { down.contains(ports[$0]) }))
        return (0..<SessionTests.count).map { number in
            let name = Array("user-\(number)".utf8)
            let session = Session(name.rawSpan, source: .user)
            let member = pick(pool: 0, session: session, loads: loads, in: view)
            return member.map { ports[Int(view.load(MemberRecord.endpoint, at: $0))] } ?? 0
        }
    }

    private struct Downed: EndpointLoads {
        let endpoints: Set<Int>
        func isAvailable(endpoint: UInt32) -> Bool { !endpoints.contains(Int(endpoint)) }
    }

    private func share(_ owners: [Int], of port: Int) -> Double {
        Double(owners.count { $0 == port }) / Double(SessionTests.count)
    }

    @Test func sharesAreEven() throws {
        let owners = try owners(spec(4))
        for port in 9000..<9004 {
            #expect(abs(share(owners, of: port) - 0.25) < 0.01)
        }
    }

    @Test func oneThatIsDownMovesItsOwnSessionsAlone() throws {
        let before = try owners(spec(4))
        let during = try owners(spec(4), down: [9001])
        for (was, is_) in zip(before, during) where was != 9001 {
            #expect(was == is_)
        }
        // Those that move go to all of the others.
        for port in [9000, 9002, 9003] {
            #expect(abs(share(during, of: port) - 1.0 / 3) < 0.01)
        }
        #expect(try owners(spec(4)) == before, "and they come back")
    }

    @Test(arguments: [3, 4, 10])
    func oneThatIsDeletedMovesLittleMore(count: Int) throws {
        let before = try owners(spec(count))
        let after = try owners(spec(count - 1))
        let moved = zip(before, after).count { $0 != $1 }
        let share = Double(moved) / Double(SessionTests.count)
        #expect(share <= 1 / Double(count) + 0.02, "\(share)")
    }

    @Test func aSessionMayBeRefusedInstead() throws {
        let before = try owners(spec(4))
        let during = try owners(spec(4, whenDown: "refuse"), down: [9001])
        #expect(zip(before, during).allSatisfy { $0 == 9001 ? $1 == 0 : $0 == $1 })
    }

    @Test func theNextTierTakesThemAll() throws {
        let all = Set(9000..<9003)
        #expect(try Set(owners(spec(3, tier: true))) == all)
        #expect(try Set(owners(spec(3, tier: true), down: all)) == [8000])
        #expect(try Set(owners(spec(3), down: all)) == [0])
        // With one left of three, nobody is left out.
        #expect(try Set(owners(spec(3, tier: true), down: [9000, 9002])) == [9001])
    }
}
