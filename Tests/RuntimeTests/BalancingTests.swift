import RandomNumbers
import Routing
import Runtime
import SpecCompiler
import TableFormat
import Testing

/// What the strategies do to 100,000 requests in a simulated world: the server's own decision and
/// memory of endpoints, and a clock that the world turns.
@Suite struct BalancingTests {
    @Test func roundRobinKeepsToTheWeights() throws {
        var world = try World("round_robin", weights: [5, 3, 1])
        world.run(requests: 100_000, perSecond: 1_000)
        expectShares(world.counts, [5.0 / 9, 3.0 / 9, 1.0 / 9])
    }

    @Test func leastBusyIsFairToEquals() throws {
        var world = try World("least_busy", weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        world.latency = { _, _ in 500 }
        world.run(requests: 100_000, perSecond: 1_000)
        expectShares(world.counts, [Double](repeating: 0.1, count: 10))
    }

    @Test func leastBusyKeepsAllEquallyBusy() throws {
        // Answers take from 1 to 999 ms, so that turns alone leave some endpoint busier.
        func widestSpread(_ strategy: String) throws -> UInt32 {
            var world = try World(strategy, weights: [Int](repeating: 1, count: 10))
            var random = SplitMix(seed: 3)
            world.latency = { _, _ in 1 + random.next() % 999 }
            world.run(requests: 100_000, perSecond: 1_000)
            return world.widestSpread
        }
        let (turns, busy) = (try widestSpread("round_robin"), try widestSpread("least_busy"))
        #expect(busy * 2 < turns, "\(busy) and \(turns)")
    }

    @Test func leastBusyCountsWeights() throws {
        var world = try World("least_busy", weights: [3, 1])
        world.latency = { _, _ in 200 }
        world.run(requests: 100_000, perSecond: 1_000)
        expectShares(world.counts, [0.75, 0.25])
        var idle = try World("least_busy", weights: [3, 1])
        idle.latency = { _, _ in 0 }
        idle.run(requests: 100_000, perSecond: 1_000)
        expectShares(idle.counts, [0.75, 0.25])
    }

    @Test(arguments: ["least_busy", "adaptive"])
    func oneThatFailsFastDoesNotWin(strategy: String) throws {
        var world = try World(strategy, weights: [1, 1, 1, 1])
        world.latency = { endpoint, _ in endpoint == 0 ? 0 : 100 }
        world.fails = { endpoint, _ in endpoint == 0 }
        world.run(requests: 100_000, perSecond: 1_000)
        #expect(world.share(of: 0) < 0.01, "\(world.counts)")
    }

    @Test func adaptiveLeavesASlowedEndpointAndReturns() throws {
        var world = try World("adaptive", weights: [1, 1, 1, 1])
        // From the 20th to the 60th second the first one takes half a second.
        world.latency = { endpoint, now in
            endpoint == 0 && (20_000..<60_000).contains(now) ? 500 : 20
        }
        world.run(requests: 100_000, perSecond: 1_000)
        let before = world.share(of: 0, from: 5_000, to: 20_000)
        #expect(abs(before - 0.25) < 0.03, "\(before)")
        let slowed = world.share(of: 0, from: 22_000, to: 60_000)
        #expect(slowed < 0.01, "\(slowed)")
        let after = world.share(of: 0, from: 80_000, to: 100_000)
        #expect(abs(after - 0.25) < 0.03, "\(after)")
    }

    @Test func adaptiveGivesMoreToTheFaster() throws {
        var world = try World("adaptive", weights: [1, 1])
        world.latency = { endpoint, _ in endpoint == 0 ? 100 : 300 }
        world.run(requests: 100_000, perSecond: 1_000)
        // Both wait equally long for one more: three times as fast, three times as many in flight,
        // nine times as many answered.
        expectShares(world.counts, [0.9, 0.1])
    }

    private func expectShares(_ counts: [Int], _ shares: [Double]) {
        let total = Double(counts.reduce(0, +))
        for (count, share) in zip(counts, shares) {
            #expect(abs(Double(count) / total - share) <= 0.01, "\(counts)")
        }
    }
}

/// Endpoints that answer after a while, and requests that come at random.
private struct World {
    /// Milliseconds until an answer, by endpoint and time.
    var latency: (Int, UInt64) -> UInt64 = { _, _ in 20 }
    var fails: (Int, UInt64) -> Bool = { _, _ in false }
    /// Requests by endpoint.
    private(set) var counts: [Int]
    /// The widest difference of requests in flight, once all are under way.
    private(set) var widestSpread: UInt32 = 0

    private let table: [UInt8]
    private let states: [EndpointState]
    /// The place in the spec of each endpoint of the table.
    private var places: [Int] = []
    private var picks: [(at: UInt64, endpoint: Int)] = []
    /// What ends at each millisecond: endpoint and beginning.
    private var endings: [UInt64: [(endpoint: Int, began: UInt64)]] = [:]

    init(_ strategy: String, weights: [Int]) throws {
        let members = weights.indices.map {
            "{ url: \"http://127.0.0.1:\(9000 + $0)\", weight: \(weights[$0]) }"
        }
        let spec = """
            pools:
              - name: p
                strategy: \(strategy)
                endpoints: [\(members.joined(separator: ", "))]
                models: ["*"]
            """
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: spec))
        let table = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        self.table = table
        states = weights.map { _ in EndpointState() }
        counts = weights.map { _ in 0 }
        let view = TableView(validated: table.rawSpan)
        for index in 0..<view.count(EndpointRecord.self) {
            let name = view.text(view.load(EndpointRecord.name, at: index))
            places.append((Int(name.suffix(4)) ?? 0) - 9000)
        }
    }

    mutating func run(requests: Int, perSecond: Int) {
        var random = SplitMix(seed: 7)
        let milliseconds = UInt64(requests * 1000 / perSecond)
        let table = table
        let view = TableView(validated: table.rawSpan)
        var ticket: UInt32 = 0
        for now in 0..<milliseconds {
            for ending in endings.removeValue(forKey: now) ?? [] {
                end(ending.endpoint, began: ending.began, now)
            }
            // Ten chances in each millisecond: nearly what comes without memory.
            let due = (0..<10).count { _ in
                random.next() % 10_000 < UInt64(perSecond)
            }
            for _ in 0..<due {
                let loads = Loads(states: states, places: places, now: now)
                guard let member = pick(pool: 0, ticket: ticket, loads: loads, in: view) else {
                    continue
                }
                ticket &+= 1
                begin(places[Int(view.load(MemberRecord.endpoint, at: member))], now)
            }
            guard now > milliseconds / 10 else { continue }
            let inFlight = states.map { $0.load(at: now).inFlight }
            widestSpread = max(widestSpread, (inFlight.max() ?? 0) - (inFlight.min() ?? 0))
        }
    }

    private mutating func begin(_ endpoint: Int, _ now: UInt64) {
        counts[endpoint] += 1
        picks.append((now, endpoint))
        states[endpoint].began(at: now)
        let took = latency(endpoint, now)
        if took == 0 {
            end(endpoint, began: now, now)
        } else {
            endings[now + took, default: []].append((endpoint, now))
        }
    }

    private func end(_ endpoint: Int, began: UInt64, _ now: UInt64) {
        if fails(endpoint, began) {
            states[endpoint].failed(at: now)
        } else {
            states[endpoint].answered(afterMilliseconds: now - began, at: now)
        }
        states[endpoint].ended()
    }

    /// The share of an endpoint in a time, in milliseconds.
    func share(of endpoint: Int, from start: UInt64 = 0, to end: UInt64 = .max) -> Double {
        let inside = picks.filter { $0.at >= start && $0.at < end }
        return Double(inside.count { $0.endpoint == endpoint }) / Double(inside.count)
    }
}

private struct Loads: EndpointLoads {
    let states: [EndpointState]
    let places: [Int]
    let now: UInt64

    func isAvailable(endpoint: UInt32) -> Bool { true }

    func load(endpoint: UInt32) -> EndpointLoad {
        states[places[Int(endpoint)]].load(at: now)
    }
}

/// When an endpoint is left alone, and when it is tried again.
@Suite struct BreakerTests {
    private static let policy = BreakerPolicy(errors: 3, within: 1_000, tryAgain: 500)

    private func fail(_ state: EndpointState, at times: [UInt64]) {
        for time in times { state.failed(at: time, breaker: BreakerTests.policy) }
    }

    @Test func failuresInARowOpenIt() {
        let state = EndpointState()
        fail(state, at: [10, 20])
        #expect(state.isClosed(at: 20))
        state.succeeded()
        fail(state, at: [30, 40])
        #expect(state.isClosed(at: 40), "an answer between them ends the row")
        fail(state, at: [50])
        #expect(state.isOpen && !state.isClosed(at: 50) && !state.isClosed(at: 549))
    }

    @Test func failuresThatAreFarApartDoNotCount() {
        let state = EndpointState()
        fail(state, at: [0, 500, 1_001])
        #expect(state.isClosed(at: 1_001))
        fail(state, at: [1_500, 2_000])
        #expect(state.isOpen, "three within a second, from the third on")
    }

    @Test func oneRequestTriesAndDecides() {
        let state = EndpointState()
        fail(state, at: [0, 0, 0])
        #expect(state.isClosed(at: 500))
        state.began(at: 500)
        #expect(!state.isClosed(at: 500), "one at a time")
        fail(state, at: [510])
        state.ended()
        #expect(!state.isClosed(at: 1_009) && state.isClosed(at: 1_010))
        state.began(at: 1_010)
        state.succeeded()
        state.ended()
        #expect(state.isClosed(at: 1_010) && !state.isOpen)
        // The next time is like the first.
        fail(state, at: [2_000, 2_000, 2_000])
        #expect(!state.isClosed(at: 2_499) && state.isClosed(at: 2_500))
    }

    @Test func aTrialWithoutAnAnswerMakesWay() {
        let state = EndpointState()
        fail(state, at: [0, 0, 0])
        state.began(at: 600)
        state.ended()
        #expect(state.isClosed(at: 601))
    }

    @Test func withoutABreakerNobodyIsLeftAlone() {
        let state = EndpointState()
        for time in 0..<UInt64(100) { state.failed(at: time) }
        #expect(state.isClosed(at: 100))
        #expect(state.load(at: 100).failures > 50)
    }
}
