internal import Synchronization

/// Bytes of request bodies in memory, over all connections of the process.
package final class Budget: Sendable {
    private let used = Atomic<Int>(0)
    /// The most bytes at once.
    package let limit: Int

    package init(limit: Int = Limits.bufferedBytesMax) {
        self.limit = limit
    }

    /// Bytes in use.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Takes `count` bytes; false, and nothing is taken, where they are not left.
    package func take(_ count: Int) -> Bool {
        let after = used.add(count, ordering: .relaxed).newValue
        if after > limit {
            used.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Gives bytes back.
    package func give(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
    }
}
