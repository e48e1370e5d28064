/// The order of smooth weighted round-robin, unrolled.
///
/// Each turn every weight is added to its credit, the largest credit is taken and the sum of the
/// weights subtracted from it: nobody gets two turns in a row while another is due. Weights are
/// reduced by their greatest common divisor, and scaled where the order would still have more than
/// `maxSlots` turns; then each keeps at least one.
enum Ring {
    /// The longest ring.
    static let maxSlots = 4096

    /// Positions into `weights`, in order of turns; empty where all weights are 0.
    static func order(weights: [UInt32]) -> [Int] {
        let reduced = reduce(weights)
        let total = reduced.reduce(0, +)
        var credits = [Int](repeating: 0, count: weights.count)
        var order: [Int] = []
        order.reserveCapacity(total)
        for _ in 0..<total {
            var best = -1
            for index in credits.indices where reduced[index] > 0 {
                credits[index] += reduced[index]
                if best < 0 || credits[index] > credits[best] {
                    best = index
                }
            }
            credits[best] -= total
            order.append(best)
        }
        return order
    }

    /// The weights as numbers of turns in one round.
    static func reduce(_ weights: [UInt32]) -> [Int] {
        let divisor = weights.reduce(0) { greatestCommonDivisor($0, Int($1)) }
        guard divisor > 0 else {
            return weights.map { _ in 0 }
        }
        let reduced = weights.map { Int($0) / divisor }
        let total = reduced.reduce(0, +)
        let positive = reduced.count { $0 > 0 }
        guard total > maxSlots, positive < maxSlots else {
            return total > maxSlots ? reduced.map { min($0, 1) } : reduced
        }
        // One slot each is set aside, so that rounding up the small never passes the limit.
        let spare = maxSlots - positive
        return reduced.map { $0 == 0 ? 0 : 1 + $0 * spare / total }
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }
}
