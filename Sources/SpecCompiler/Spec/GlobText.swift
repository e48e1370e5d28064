/// Comparison of globs.
enum GlobText {
    static let star = UInt8(ascii: "*")

    /// Whether everything that `narrow` matches is matched by `broad` too: `broad` matches the text
    /// of `narrow` with its stars taken as letters that nothing but a star matches.
    static func covers(_ broad: [UInt8], _ narrow: [UInt8]) -> Bool {
        var (b, n) = (0, 0)
        var lastStar: (b: Int, n: Int)?
        while n < narrow.count {
            if b < broad.count, broad[b] == star {
                lastStar = (b, n)
                b += 1
            } else if b < broad.count, narrow[n] != star, broad[b] == narrow[n] {
                b += 1
                n += 1
            } else if let back = lastStar {
                lastStar = (back.b, back.n + 1)
                b = back.b + 1
                n = back.n + 1
            } else {
                return false
            }
        }
        return broad[b...].allSatisfy { $0 == star }
    }

    /// Whether some text is matched by both: their beginnings agree and their ends do, as stars
    /// take what stands between.
    static func meet(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let (hasLeft, hasRight) = (left.contains(star), right.contains(star))
        guard hasLeft, hasRight else {
            return hasLeft ? covers(left, right) : covers(right, left)
        }
        let heads = zip(head(left), head(right))
        let tails = zip(tail(left).reversed(), tail(right).reversed())
        return heads.allSatisfy { $0 == $1 } && tails.allSatisfy { $0 == $1 }
    }

    /// A text that both globs match; nil where there is none.
    ///
    /// Between the longer beginning and the longer end stands what either wants there; the stars of
    /// the other take it.
    static func meeting(_ left: [UInt8], _ right: [UInt8]) -> String? {
        guard meet(left, right) else { return nil }
        let text: [UInt8] =
            if !left.contains(star) {
                left
            } else if !right.contains(star) {
                right
            } else {
                longer(head(left), head(right)) + middle(left) + middle(right)
                    + longer(tail(left), tail(right))
            }
        return String(decoding: text, as: UTF8.self)
    }

    /// What stands before the first star.
    private static func head(_ glob: [UInt8]) -> ArraySlice<UInt8> {
        glob.prefix { $0 != star }
    }

    /// What stands behind the last star.
    private static func tail(_ glob: [UInt8]) -> ArraySlice<UInt8> {
        glob.suffix(from: glob.lastIndex(of: star).map { $0 + 1 } ?? 0)
    }

    /// What stands between the first star and the last, without stars.
    private static func middle(_ glob: [UInt8]) -> [UInt8] {
        glob[head(glob).endIndex..<tail(glob).startIndex].filter { $0 != star }
    }

    private static func longer(
        _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>
    ) -> [UInt8] {
        Array(left.count < right.count ? right : left)
    }
}
