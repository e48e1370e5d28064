import Runtime
import Testing

@Suite struct StallWatchTests {
    /// Whether it goes on at each look, with so many bytes in the router and in the socket.
    private func looks(_ counts: [(Int, Int)]) -> [Bool] {
        var watch = StallWatch()
        return counts.map { watch.goesOn(.init(buffered: $0, inSocket: $1)) }
    }

    @Test func theFirstLookBeginsTheCount() {
        let stalled = [(Int, Int)](repeating: (300, 700), count: 5)
        #expect(looks(stalled) == [true, true, true, true, false])
    }

    @Test func aByteIsEnough() {
        let counts = [700, 700, 700, 700, 699, 699, 699, 699, 698]
        #expect(looks(counts.map { (300, $0) }).allSatisfy { $0 })
        #expect(looks(counts.map { ($0, 300) }).allSatisfy { $0 })
    }

    @Test func whatTheClientTookBeforeDoesNotHelpIt() {
        let counts = [700, 10, 10, 10, 10, 10]
        #expect(looks(counts.map { (300, $0) }) == [true, true, true, true, true, false])
    }

    /// A system may count more than was written, so that the sum grows.
    @Test func whatMovesIntoTheSocketIsTaken() {
        let counts = [(300, 10), (300, 10), (300, 10), (300, 10), (0, 500), (0, 500)]
        #expect(looks(counts).allSatisfy { $0 })
    }

    @Test func resettingForgets() {
        var watch = StallWatch()
        #expect(!watch.isWatching)
        let waiting = StallWatch.Waiting(buffered: 5, inSocket: 5)
        let first = (0..<4).map { _ in watch.goesOn(waiting) }
        #expect(first.allSatisfy { $0 })
        #expect(watch.isWatching)
        watch.reset()
        #expect(!watch.isWatching)
        let goesOn = watch.goesOn(waiting)
        #expect(goesOn)
    }
}
