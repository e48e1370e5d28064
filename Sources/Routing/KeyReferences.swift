public import TableFormat

/// Keys whose secrets became known when the table was loaded; at most 10,000, searched second.
public struct KeyReferences: Sendable {
    /// One secret, found by its fingerprint.
    public struct Entry: Sendable {
        /// The salted fingerprint of the secret.
        public var fingerprint: KeyFingerprint
        /// Index of the key.
        public var key: UInt32
        /// Unix seconds; the secret's own.
        public var expires: Int64

        /// From its parts.
        public init(fingerprint: KeyFingerprint, key: UInt32, expires: Int64) {
            self.fingerprint = fingerprint
            self.key = key
            self.expires = expires
        }
    }

    /// The most entries.
    public static var maxCount: Int { 10_000 }

    @usableFromInline let entries: [Entry]

    /// Sorts the entries by fingerprint.
    public init(_ entries: [Entry]) {
        precondition(entries.count <= KeyReferences.maxCount)
        self.entries = entries.sorted { $0.fingerprint.word0 < $1.fingerprint.word0 }
    }

    /// The entry with this fingerprint.
    ///
    /// A search by the first word of a salted hash tells nothing about the key; equality is
    /// decided in constant time.
    @inlinable
    public borrowing func find(_ fingerprint: KeyFingerprint) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].fingerprint.word0 < fingerprint.word0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        while low < entries.count, entries[low].fingerprint.word0 == fingerprint.word0 {
            if entries[low].fingerprint.isEqual(fingerprint) {
                return entries[low]
            }
            low += 1
        }
        return nil
    }
}
