import RandomNumbers

/// Where an input is cut into the pieces that a parser gets one after the other.
enum Cuts {
    /// Lists of places: of a short input every place alone and all together, of a long one some
    /// that its own bytes choose, so that an input always means the same.
    static func lists(for bytes: [UInt8], everyPlaceUpTo limit: Int = 512) -> [[Int]] {
        if bytes.count <= limit {
            return bytes.indices.map { [$0] } + [Array(bytes.indices)]
        }
        var generator = SplitMix(seed: bytes)
        return (0..<8).map { _ in
            let count = Int.random(in: 1...6, using: &generator)
            return (0..<count).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
                .sorted()
        }
    }
}
