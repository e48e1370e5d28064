extension RandomAccessCollection where Index == Int {
    /// The first index of whose element `isBehind` is true, as it is of all that follow; else
    /// `endIndex`.
    ///
    /// Binary search: about log2 of `count` questions. Named after the method of swift-algorithms.
    @inlinable
    package func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
