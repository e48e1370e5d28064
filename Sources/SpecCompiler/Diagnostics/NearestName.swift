/// Finds the name that somebody probably meant.
enum NearestName {
    /// The first name of `candidates` that is at most 2 edits away, and of these the nearest.
    ///
    /// `reach` is how many edits away it may be.
    static func nearest(
        to name: String, among candidates: some Sequence<String>, within reach: Int = 2
    ) -> String? {
        let wanted = Array(name.utf8)
        guard wanted.count <= 128 else { return nil }
        // One letter says nothing of what was meant; of two, one must be right. Two edits make any
        // word of four letters out of any other that looks a little like it.
        let most = min(wanted.count < 5 ? 1 : 2, wanted.count - 1, reach)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let limit = min(most, (best?.distance ?? 3) - 1)
            guard limit >= 1 else { break }
            let other = Array(candidate.utf8)
            guard abs(other.count - wanted.count) <= limit else { continue }
            let distance = editDistance(wanted, other)
            if distance <= limit {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// How many insertions, deletions, replacements and swaps of neighbors lead from one to the
    /// other (optimal string alignment), in bytes; letters that differ in case only count nothing.
    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let (left, right) = (left.map(lowercased), right.map(lowercased))
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in 0..<left.count {
            var current = [Int](repeating: i + 1, count: right.count + 1)
            for j in 0..<right.count {
                let cost = left[i] == right[j] ? 0 : 1
                current[j + 1] = min(last[j] + cost, last[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
