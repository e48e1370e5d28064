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

/// A generator whose numbers follow from its seed (SplitMix64).
package struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    /// A generator with a number for its seed.
    package init(seed: UInt64) {
        state = seed
    }

    /// A generator whose seed is a hash of bytes (FNV-1a).
    init(seed bytes: [UInt8]) {
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
