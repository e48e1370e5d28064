import RandomNumbers
import Routing
import Testing

@testable import Runtime

@Suite struct PoolMetricsTests {
    @Test func bucketsHoldTheirBounds() {
        #expect(Buckets.count == Buckets.boundsMicroseconds.count + 1)
        #expect(Buckets.boundsMicroseconds == Buckets.boundsMicroseconds.sorted())
        #expect(Buckets.index(of: 0) == 0)
        for (index, bound) in Buckets.boundsMicroseconds.enumerated() {
            #expect(Buckets.index(of: bound) == index)
            #expect(Buckets.index(of: bound + 1) == index + 1)
        }
        #expect(Buckets.index(of: .max) == Buckets.count - 1)
    }

    @Test(arguments: [
        (0, "none"), (200, "2xx"), (204, "2xx"), (299, "2xx"), (304, "3xx"), (399, "3xx"),
        (400, "4xx"), (499, "4xx"), (500, "5xx"), (599, "5xx"),
    ])
    func statusesHaveClasses(status: UInt16, label: String) {
        #expect(StatusClass(status: status).label == label)
    }

    @Test func anExchangeIsCountedOnce() {
        var metrics = PoolMetrics()
        metrics.reserve(slots: 3)
        metrics.began(slot: 2)
        #expect(metrics.inFlight(slot: 2) == 1)
        var sample = ExchangeSample(slot: 2, status: 502, outcome: .refused)
        sample.error = .upstreamClosed
        sample.durationMicroseconds = 10_001
        metrics.ended(sample)
        #expect(metrics.inFlight(slot: 2) == 0)
        #expect(metrics.count(slot: 2, class: .serverError) == 1)
        #expect(metrics.count(slot: 2, class: .success) == 0)
        #expect(metrics.errors(slot: 2, .upstreamClosed) == 1)
        #expect(metrics.errors(slot: 2, .upstreamMalformed) == 0)
        #expect(metrics.durations(slot: 2).sumMicroseconds == 10_001)
        #expect(Array(metrics.durations(slot: 2).counts.prefix(4)) == [0, 0, 1, 0])
        // No endpoint answered.
        #expect(metrics.firstBytes(slot: 2).counts.allSatisfy { $0 == 0 })
        #expect(metrics.isEmpty(slot: 0) && metrics.isEmpty(slot: 1))
    }

    @Test func whatHasNoPoolHasNoTimes() {
        var metrics = PoolMetrics()
        metrics.reserve(slots: 2)
        metrics.ended(ExchangeSample(status: 401, outcome: .refused, error: .keyMissing))
        #expect(metrics.count(slot: 0, class: .clientError) == 1)
        #expect(metrics.errors(slot: 0, .keyMissing) == 1)
        #expect(metrics.inFlight(slot: 0) == 0)
        #expect(metrics.durations(slot: 0).counts.allSatisfy { $0 == 0 })
    }

    @Test func endsThatAreNoneAreTold() {
        var metrics = PoolMetrics()
        metrics.reserve(slots: 3)
        for outcome in [AccessOutcome.complete, .clientGone, .clientGone, .truncated] {
            metrics.began(slot: 2)
            metrics.ended(
                ExchangeSample(
                    slot: 2, status: 200, outcome: outcome, firstByteMicroseconds: 5_000))
        }
        #expect(metrics.clientsGone(slot: 2) == 2)
        #expect(metrics.truncated(slot: 2) == 1)
        #expect(metrics.count(slot: 2, class: .success) == 4)
        #expect(metrics.firstBytes(slot: 2).counts.first == 4)
        #expect(metrics.firstBytes(slot: 2).sumMicroseconds == 20_000)
    }

    @Test func aSlotWithoutRowIsNoHarm() {
        var metrics = PoolMetrics()
        metrics.began(slot: 7)
        metrics.ended(ExchangeSample(slot: 7, status: 200))
        #expect(metrics.slotCount == 0)
    }

    @Test func loopsAreAddedCellByCell() {
        var one = PoolMetrics()
        one.reserve(slots: 3)
        one.began(slot: 2)
        var other = PoolMetrics()
        other.reserve(slots: 4)
        other.began(slot: 2)
        other.began(slot: 3)
        one.add(other)
        #expect(one.slotCount == 4)
        #expect(one.inFlight(slot: 2) == 2)
        #expect(one.inFlight(slot: 3) == 1)
    }
}

/// Swaps of tables and requests in random order: every count stays with the name of its pool.
@Suite struct PoolSwapTests {
    /// Two loops, a few tables, and what should come of them.
    private struct World {
        var generator: SplitMix
        let directory = PoolDirectory()
        var loops = [PoolMetrics(), PoolMetrics()]
        /// The pools and slots of tables that are alive.
        var tables: [(names: [String], slots: [UInt32])] = []
        /// Requests under way that have let their table go.
        var streams: [(loop: Int, slot: UInt32, name: String)] = []
        var expected: [String: UInt64] = [:]
        static let goneMax = 3

        mutating func swap() {
            var names: [String] = []
            for number in 0..<8 where generator.flag() { names.append("pool\(number)") }
            if generator.flag() { names.append("once\(generator.below(1_000_000))") }
            let slots = directory.acquire(names)
            for index in loops.indices {
                loops[index].reserve(slots: Int(slots.max() ?? 1) + 1)
            }
            tables.append((names, slots))
            // Now and then an earlier table lives on for a while.
            while tables.count > 2 || (tables.count > 1 && generator.flag()) {
                directory.release(tables.removeFirst().slots)
            }
            let surplus = directory.surplus(beyond: World.goneMax)
            let busy = Set(loops.flatMap { $0.busy(among: surplus) })
            let idle = surplus.filter { !busy.contains($0) }
            let naming = directory.naming
            for slot in idle {
                guard let pool = naming.pools[Int(slot)] else { continue }
                if let count = expected.removeValue(forKey: pool.name) {
                    expected["(gone)", default: 0] += count
                }
            }
            for index in loops.indices {
                loops[index].fold(idle, into: PoolDirectory.folded)
            }
            directory.forget(idle)
        }

        mutating func request() {
            guard let table = tables.last, !table.names.isEmpty else { return }
            let pool = generator.below(table.names.count)
            let loop = generator.below(2)
            loops[loop].began(slot: table.slots[pool])
            streams.append((loop, table.slots[pool], table.names[pool]))
        }

        mutating func end() {
            guard !streams.isEmpty else { return }
            let stream = streams.remove(at: generator.below(streams.count))
            loops[stream.loop].ended(ExchangeSample(slot: stream.slot, status: 200))
            expected[stream.name, default: 0] += 1
        }

        func found() -> [String: UInt64] {
            var sum = PoolMetrics()
            for loop in loops { sum.add(loop) }
            let naming = directory.naming
            sum.reserve(slots: naming.pools.count)
            var found: [String: UInt64] = [:]
            for (slot, pool) in naming.pools.enumerated() {
                let count = sum.count(slot: slot, class: .success)
                if let pool, count > 0 { found[pool.name] = count }
                if pool == nil { #expect(sum.isEmpty(slot: slot), "slot \(slot) is nobody's") }
            }
            return found
        }
    }

    @Test(arguments: 0..<40)
    func countsStayWithTheNameOfTheirPool(seed: Int) {
        var world = World(generator: SplitMix(seed: UInt64(seed)))
        world.swap()
        for _ in 0..<400 {
            switch world.generator.below(10) {
            case 0: world.swap()
            case 1...5: world.request()
            default: world.end()
            }
        }
        #expect(world.found() == world.expected)
        while !world.streams.isEmpty { world.end() }
        // The next swaps let all earlier tables go and fold what is too many.
        for _ in 0..<3 { world.swap() }
        #expect(world.found() == world.expected)
        let gone = world.directory.naming.pools.compactMap { $0 }.filter { $0.users == 0 }
        #expect(gone.count <= World.goneMax)
    }

    @Test func aPoolThatComesBackHasItsSlot() {
        let directory = PoolDirectory()
        let first = directory.acquire(["a", "b"])
        directory.release(first)
        let second = directory.acquire(["c", "b"])
        #expect(second[1] == first[1])
        #expect(!first.contains(second[0]))
        #expect(directory.naming.pools[Int(first[0])]?.users == 0)
    }

    @Test func theLongestGoneAreFoldedFirst() {
        let directory = PoolDirectory()
        let slots = directory.acquire(["a", "b", "c"])
        for slot in slots.reversed() { directory.release([slot]) }
        #expect(directory.surplus(beyond: 3).isEmpty)
        #expect(directory.surplus(beyond: 1) == [slots[2], slots[1]])
        let version = directory.naming.version
        directory.forget([slots[2]])
        #expect(directory.naming.version > version)
        // The slot is free for another name, and the old name is a new pool.
        #expect(directory.acquire(["d"]) == [slots[2]])
        #expect(directory.acquire(["c"]) != [slots[2]])
    }

    @Test func aPoolInUseIsNeverForgotten() {
        let directory = PoolDirectory()
        let slots = directory.acquire(["a"])
        directory.forget(slots)
        #expect(directory.naming.pools[Int(slots[0])]?.name == "a")
    }
}
