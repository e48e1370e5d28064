internal import TableFormat

/// Finds the seeds of a minimal perfect hash, largest buckets first (compress, hash, displace).
///
/// Buckets hold four on average. Those of two or more are placed by trying seeds; those of one get
/// what is left, written into the seed itself, so that the search never hunts for the last slot.
enum PerfectHashBuilder {
    /// Seeds of the buckets, and the thing that stands in each slot.
    struct Result {
        var seeds: [UInt32]
        var slots: [Int]
    }

    /// The most seeds that are tried for one bucket.
    static let maxTries: UInt32 = 1 << 24

    /// Nil where two hashes are the same, or no seed was found: try with other hashes.
    static func build(_ hashes: [HashPair]) -> Result? {
        let slotCount = UInt32(hashes.count)
        guard slotCount > 0 else {
            return Result(seeds: [], slots: [])
        }
        let bucketCount = max(1, (slotCount + 3) / 4)
        let (starts, members) = group(hashes, bucketCount: bucketCount)
        var result = Result(
            seeds: [UInt32](repeating: 0, count: Int(bucketCount)),
            slots: [Int](repeating: -1, count: hashes.count))
        var trial: [UInt32] = []
        for bucket in bySize(starts, bucketCount: bucketCount) {
            let range = starts[bucket]..<starts[bucket + 1]
            guard range.count > 1 else {
                break
            }
            guard
                let seed = findSeed(
                    members[range], hashes, taken: result.slots, trial: &trial)
            else {
                return nil
            }
            result.seeds[bucket] = seed
            for (member, slot) in zip(members[range], trial) {
                result.slots[Int(slot)] = member
            }
        }
        placeSingles(starts, members, bucketCount: bucketCount, into: &result)
        return result
    }

    /// Members of each bucket, as one array and where each bucket's begin.
    private static func group(
        _ hashes: [HashPair], bucketCount: UInt32
    ) -> (starts: [Int], members: [Int]) {
        let buckets = hashes.map { Int(PerfectHash.bucket($0, bucketCount: bucketCount)) }
        var starts = [Int](repeating: 0, count: Int(bucketCount) + 1)
        for bucket in buckets {
            starts[bucket + 1] += 1
        }
        for bucket in 0..<Int(bucketCount) {
            starts[bucket + 1] += starts[bucket]
        }
        var next = starts
        var members = [Int](repeating: 0, count: hashes.count)
        for (index, bucket) in buckets.enumerated() {
            members[next[bucket]] = index
            next[bucket] += 1
        }
        return (starts, members)
    }

    /// Buckets from the largest to the smallest, equals in order.
    private static func bySize(_ starts: [Int], bucketCount: UInt32) -> [Int] {
        (0..<Int(bucketCount)).sorted { left, right in
            let leftSize = starts[left + 1] - starts[left]
            let rightSize = starts[right + 1] - starts[right]
            return leftSize == rightSize ? left < right : leftSize > rightSize
        }
    }

    /// The first seed that sends all of a bucket to free slots of their own.
    private static func findSeed(
        _ bucket: ArraySlice<Int>, _ hashes: [HashPair], taken: [Int], trial: inout [UInt32]
    ) -> UInt32? {
        let slotCount = UInt32(hashes.count)
        search: for seed in 0..<maxTries {
            trial.removeAll(keepingCapacity: true)
            for member in bucket {
                let slot = PerfectHash.slot(hashes[member], seed: seed, slotCount: slotCount)
                if taken[Int(slot)] >= 0 || trial.contains(slot) {
                    // Equal hashes can never be told apart by a seed.
                    continue search
                }
                trial.append(slot)
            }
            return seed
        }
        return nil
    }

    private static func placeSingles(
        _ starts: [Int], _ members: [Int], bucketCount: UInt32, into result: inout Result
    ) {
        var free = 0
        for bucket in 0..<Int(bucketCount) where starts[bucket + 1] - starts[bucket] == 1 {
            while result.slots[free] >= 0 {
                free += 1
            }
            result.slots[free] = members[starts[bucket]]
            result.seeds[bucket] = PerfectHash.directFlag | UInt32(free)
        }
    }
}
