internal import TableFormat

/// Keys and models as `spec.py` writes them, in an order without pattern.
///
/// A key `n` may use the models of five families of ten, from `n % 10` on.
struct Requests {
    static let keyCount = 100_000
    static let modelsOfFamily = 1_000
    static let count = 4_096

    /// What one request asks for.
    struct Entry {
        var fingerprint: KeyFingerprint
        var model: Range<Int>
    }

    private(set) var entries: [Entry] = []
    /// The names of the models, one after the other.
    private(set) var names: [UInt8] = []

    init(_ table: TableFile, count: Int = Requests.count) {
        var random: UInt64 = 0x5EED
        for _ in 0..<count {
            let key = Requests.next(&random, below: Requests.keyCount)
            let family = (key + Requests.next(&random, below: 5)) % 10
            let model = Requests.next(&random, below: Requests.modelsOfFamily)
            let start = names.count
            names += Array("family-\(family)/model-\(model)-instruct".utf8)
            entries.append(
                Entry(
                    fingerprint: table.fingerprint(ofKey: Array("sk-micro-\(key)".utf8)),
                    model: start..<names.count))
        }
    }

    /// The next number of a generator that is the same everywhere (SplitMix64).
    private static func next(_ state: inout UInt64, below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
    }
}
