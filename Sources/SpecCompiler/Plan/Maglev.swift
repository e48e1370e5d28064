internal import TableFormat

/// The places of sessions in a tier: a lookup table of consistent hashing.
///
/// Each endpoint has a preference for places of its own, which its name alone decides; they take
/// turns at their best free one, by their weights (Eisenbud et al., "Maglev: A Fast and Reliable
/// Software Network Load Balancer", NSDI 2016, section 3.4; weights as Envoy has them). Shares are
/// as even as turns can be, and where an endpoint comes or goes few places change besides its own.
enum Maglev {
    /// Numbers of places: primes, at least a hundred for each endpoint.
    ///
    /// Few steps, far apart: sessions move where a tier grows from one to the next.
    static let sizes = [8_009, 80_021, 1_000_003]

    /// The position of an endpoint for each place; empty where all weights are 0.
    ///
    /// `ids` are the stable ids of the endpoints; their order does not matter.
    static func places(ids: [UInt64], weights: [UInt32]) -> [Int] {
        let positions = ids.indices.filter { weights[$0] > 0 }.sorted { ids[$0] < ids[$1] }
        guard let heaviest = weights.max(), heaviest > 0 else { return [] }
        let size = sizes.first { $0 >= 100 * positions.count } ?? sizes[sizes.count - 1]
        var owners = [Int](repeating: -1, count: size)
        var preferences = positions.map { Preference(id: ids[$0], size: size) }
        var due = [UInt64](repeating: 0, count: positions.count)
        var free = size
        var round: UInt64 = 0
        while true {
            round += 1
            for (index, position) in positions.enumerated() {
                guard round * UInt64(weights[position]) >= due[index] else { continue }
                due[index] += UInt64(heaviest)
                owners[preferences[index].take(from: owners)] = position
                free -= 1
                if free == 0 { return owners }
            }
        }
    }

    /// The order in which an endpoint would have the places.
    private struct Preference {
        private var next: Int
        private let step: Int

        init(id: UInt64, size: Int) {
            next = Int(scattered(id) % UInt64(size))
            step = Int(scattered(id ^ 0x9F4A_7C15_D1CE_4E5B) % UInt64(size - 1)) + 1
        }

        /// The best place that is free.
        mutating func take(from owners: [Int]) -> Int {
            while true {
                let place = next
                next = (next + step) % owners.count
                if owners[place] < 0 { return place }
            }
        }
    }
}
