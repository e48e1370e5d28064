import Fuzzing
import RandomNumbers

/// Mutations of seeds, the same in every run: a small stand-in for libFuzzer.
struct Mutator {
    private let seeds: [[UInt8]]
    private let tokens: [[UInt8]]
    private var generator: SplitMix

    init(seed: UInt64, seeds: [[UInt8]], tokens: [[UInt8]]) {
        self.seeds = seeds
        self.tokens = tokens
        generator = SplitMix(seed: seed)
    }

    /// A seed with one to four changes.
    mutating func next() -> [UInt8] {
        var bytes = seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let index = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, index + Int.random(in: 1...8, using: &generator))
        switch Int.random(in: 0..<7, using: &generator) {
        case 0 where index < bytes.count:
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where index < bytes.count: bytes[index] = interestingByte()
        case 2: bytes.insert(interestingByte(), at: index)
        case 3: bytes.removeSubrange(index..<end)
        case 4: bytes.insert(contentsOf: bytes[index..<end], at: index)
        case 5: bytes.insert(contentsOf: tokens.randomElement(using: &generator) ?? [], at: index)
        default:
            // The beginning of one seed and the end of another.
            let other = seeds.randomElement(using: &generator) ?? []
            let from = Int.random(in: 0...other.count, using: &generator)
            bytes = Array(bytes[..<index] + other[from...])
        }
    }

    private mutating func interestingByte() -> UInt8 {
        let few: [UInt8] = [0, 9, 10, 13, 32, 34, 44, 48, 57, 58, 59, 92, 127, 128, 255]
        return few.randomElement(using: &generator) ?? 0
    }
}
