internal import TableFormat

/// Exact names and globs, ordered by their heads: what stands before the first star.
///
/// Two of them can only meet where the head of one begins as the other's; so a question looks at
/// few of many, unless its head is empty.
struct GlobIndex {
    /// Ascending by head.
    private var entries: [Entry]
    /// The lengths of heads that a star follows, ascending.
    private let starredLengths: [Int]

    private struct Entry {
        let text: [UInt8]
        let headCount: Int

        var hasStar: Bool { headCount < text.count }
        var head: ArraySlice<UInt8> { text[..<headCount] }

        init(_ text: [UInt8]) {
            self.text = text
            headCount = text.firstIndex(of: GlobText.star) ?? text.count
        }
    }

    init(_ texts: [[UInt8]]) {
        entries = texts.map(Entry.init)
        entries.sort { $0.head.lexicographicallyPrecedes($1.head) }
        starredLengths = Set(entries.lazy.filter(\.hasStar).map(\.headCount)).sorted()
    }

    /// Whether some text is matched by one of these and by `glob`; where `budget` ends, it may be.
    func meets(_ glob: [UInt8], _ budget: inout Int) -> Bool {
        if entries.isEmpty { return false }
        let asked = Entry(glob)
        for length in starredLengths.prefix(while: { $0 < asked.headCount }) {
            let head = asked.head.prefix(length)
            var index = entries.partitioningIndex { !$0.head.lexicographicallyPrecedes(head) }
            budget -= 2
            while index < entries.count, entries[index].head == head {
                if isMet(index, by: asked, &budget) { return true }
                index += 1
            }
        }
        var index = entries.partitioningIndex { !$0.head.lexicographicallyPrecedes(asked.head) }
        while index < entries.count, entries[index].head.starts(with: asked.head) {
            if isMet(index, by: asked, &budget) { return true }
            // An exact name has nothing behind its head.
            guard asked.hasStar || entries[index].headCount == asked.headCount else { break }
            index += 1
        }
        return budget < 0
    }

    private func isMet(_ index: Int, by asked: Entry, _ budget: inout Int) -> Bool {
        budget -= 1
        return budget < 0 || GlobText.meet(entries[index].text, asked.text)
    }
}
