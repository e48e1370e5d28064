import Testing

@testable import SpecCompiler

/// Places of sessions: even, the same in any order, and stable when endpoints come and go.
@Suite struct MaglevTests {
    private let ids: [UInt64] = (1...10).map { Planner.stableID("endpoint", "gpu\($0)") }

    private func counts(_ places: [Int], of count: Int) -> [Int] {
        places.reduce(into: [Int](repeating: 0, count: count)) { $0[$1] += 1 }
    }

    @Test func equalsHaveEqualShares() {
        let places = Maglev.places(ids: ids, weights: [UInt32](repeating: 1, count: 10))
        #expect(places.count == 8_009)
        let counts = counts(places, of: 10)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(counts)")
    }

    @Test func weightsAreShares() {
        let weights: [UInt32] = [5, 3, 1, 1, 0, 0, 0, 0, 0, 0]
        let counts = counts(Maglev.places(ids: ids, weights: weights), of: 10)
        for (count, weight) in zip(counts, weights) {
            #expect(abs(Double(count) / 8_009 - Double(weight) / 10) < 0.001, "\(counts)")
        }
        #expect(Maglev.places(ids: ids, weights: [UInt32](repeating: 0, count: 10)).isEmpty)
    }

    @Test func orderDoesNotMatter() {
        let weights = ids.indices.map { UInt32($0 % 3 + 1) }
        let places = Maglev.places(ids: ids, weights: weights)
        let reversed = Maglev.places(ids: ids.reversed(), weights: weights.reversed())
        #expect(places == reversed.map { 9 - $0 })
    }

    @Test(arguments: [2, 3, 5, 10])
    func fewPlacesMoveWhenOneGoes(count: Int) {
        let before = Maglev.places(
            ids: Array(ids[..<count]), weights: [UInt32](repeating: 1, count: count))
        let after = Maglev.places(
            ids: Array(ids[1..<count]), weights: [UInt32](repeating: 1, count: count - 1))
        let moved = zip(before, after).count { $0 != $1 + 1 }
        let share = Double(moved) / Double(before.count)
        #expect(share <= 1 / Double(count) + 0.02, "\(share)")
        #expect(share >= 1 / Double(count) - 0.001, "its own have to")
    }

    @Test func manyEndpointsHaveMorePlaces() {
        let many = (0..<81).map { Planner.stableID("endpoint", "e\($0)") }
        let weights = [UInt32](repeating: 1, count: 81)
        #expect(Maglev.places(ids: many, weights: weights).count == 80_021)
        let fewer = Maglev.places(ids: many.dropLast(), weights: weights.dropLast())
        #expect(fewer.count == 8_009)
    }
}
