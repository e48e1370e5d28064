// The look-ups of the format: what docs/table-format.md numbers step by step.

extension TableView {
    /// The secret with this fingerprint, whatever its expiry; nil where there is none.
    ///
    /// One probe: a bucket, a slot, a comparison that takes the same time wherever it fails.
    @inlinable
    @inline(__always)
    public func findSecret(_ fingerprint: KeyFingerprint) -> UInt32? {
        let slotCount = count(SecretRecord.self)
        let bucketCount = count(SecretSeed.self)
        guard slotCount > 0, bucketCount > 0 else {
            return nil
        }
        let hash = fingerprint.hash
        let bucket = PerfectHash.bucket(hash, bucketCount: bucketCount)
        let seed = load(SecretSeed.value, at: bucket)
        let slot = PerfectHash.slot(hash, seed: seed, slotCount: slotCount)
        let row = row(SecretRecord.self, slot)
        let stored = KeyFingerprint(
            word0: load(SecretRecord.fingerprint0, row),
            word1: load(SecretRecord.fingerprint1, row))
        return stored.isEqual(fingerprint) ? slot : nil
    }

    /// The model of this name; nil where the table does not know it by name.
    @inlinable
    public func findModel(_ name: RawSpan) -> UInt32? {
        let slotCount = count(ModelRecord.self)
        let bucketCount = count(ModelSeed.self)
        guard slotCount > 0, bucketCount > 0 else {
            return nil
        }
        let hash = HashPair(name: name, seed: setting(SettingsRecord.modelHashSeed))
        let bucket = PerfectHash.bucket(hash, bucketCount: bucketCount)
        let seed = load(ModelSeed.value, at: bucket)
        let slot = PerfectHash.slot(hash, seed: seed, slotCount: slotCount)
        let stored = string(load(ModelRecord.name, at: slot))
        return stored.isEqual(name) ? slot : nil
    }

    /// The entry of the prefix table that comes last among those not after `name`, if any.
    ///
    /// Every text of the table that `name` begins with is this entry or one of its ancestors.
    @inlinable
    public func lastPrefix(notAfter name: RawSpan) -> UInt32? {
        var low: UInt32 = 0
        var high = count(PrefixRecord.self)
        while low < high {
            let middle = low &+ (high &- low) / 2
            let text = string(load(PrefixRecord.text, at: middle))
            if name.precedes(text) {
                high = middle
            } else {
                low = middle &+ 1
            }
        }
        return low == 0 ? nil : low &- 1
    }

    /// The entry of the suffix table that comes last among those not after `name`, both read
    /// backwards, if any.
    @inlinable
    public func lastSuffix(notAfter name: RawSpan) -> UInt32? {
        var low: UInt32 = 0
        var high = count(SuffixRecord.self)
        while low < high {
            let middle = low &+ (high &- low) / 2
            let text = string(load(SuffixRecord.text, at: middle))
            if name.precedesBackwards(text) {
                high = middle
            } else {
                low = middle &+ 1
            }
        }
        return low == 0 ? nil : low &- 1
    }
}

extension RawSpan {
    /// The byte at `offset`.
    @inlinable
    @inline(__always)
    public func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes at `offset`, the first in the low end; callers have compared it with
    /// `byteCount`.
    @inlinable
    @inline(__always)
    public func word(_ offset: Int) -> UInt64 {
        assert(offset >= 0 && offset + 8 <= byteCount)
        let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: word)
    }

    /// The bytes from `offset` to the end, one to seven of them, and zeros behind them.
    @inlinable
    @inline(__always)
    func lastBytes(from offset: Int) -> UInt64 {
        guard byteCount < 8 else {
            let missing = offset &- (byteCount &- 8)
            return word(byteCount &- 8) &>> UInt64(truncatingIfNeeded: missing &* 8)
        }
        var word: UInt64 = 0
        var index = byteCount
        while index > offset {
            index &-= 1
            word = word &<< 8 | UInt64(byte(index))
        }
        return word
    }

    /// Whether both have the same bytes.
    @inlinable
    public func isEqual(_ other: RawSpan) -> Bool {
        let count = byteCount
        guard count == other.byteCount else {
            return false
        }
        guard count >= 8 else {
            return count == 0 || lastBytes(from: 0) == other.lastBytes(from: 0)
        }
        // The last word may overlap the one before it.
        var offset = 0
        while offset < count &- 8 {
            guard word(offset) == other.word(offset) else {
                return false
            }
            offset &+= 8
        }
        return word(count &- 8) == other.word(count &- 8)
    }

    /// Whether the first bytes are those of `other`.
    @inlinable
    public func starts(with other: RawSpan) -> Bool {
        byteCount >= other.byteCount && commonCount(other) == other.byteCount
    }

    /// Whether the last bytes are those of `other`.
    @inlinable
    public func ends(with other: RawSpan) -> Bool {
        byteCount >= other.byteCount
            && extracting(byteCount &- other.byteCount..<byteCount).isEqual(other)
    }

    /// Whether it comes before `other` in the order of bytes.
    @inlinable
    public func precedes(_ other: RawSpan) -> Bool {
        let common = commonCount(other)
        if common < byteCount && common < other.byteCount {
            return byte(common) < other.byte(common)
        }
        return byteCount < other.byteCount
    }

    /// Whether it comes before `other` when both are read from their ends.
    @inlinable
    public func precedesBackwards(_ other: RawSpan) -> Bool {
        var left = byteCount
        var right = other.byteCount
        while left > 0 && right > 0 {
            left &-= 1
            right &-= 1
            if byte(left) != other.byte(right) {
                return byte(left) < other.byte(right)
            }
        }
        return byteCount < other.byteCount
    }

    /// How many bytes agree from the start.
    @inlinable
    func commonCount(_ other: RawSpan) -> Int {
        let limit = Swift.min(byteCount, other.byteCount)
        var offset = 0
        while offset &+ 8 <= limit {
            let difference = word(offset) ^ other.word(offset)
            if difference != 0 {
                return offset &+ difference.trailingZeroBitCount / 8
            }
            offset &+= 8
        }
        while offset < limit && byte(offset) == other.byte(offset) {
            offset &+= 1
        }
        return offset
    }
}

/// Whether `text` matches `glob`, in which `*` stands for any bytes, none too (rule 2).
///
/// Greedy with one point of return: at most `text.byteCount * glob.byteCount` steps.
@inlinable
public func globMatches(_ glob: RawSpan, _ text: RawSpan) -> Bool {
    var inGlob = 0
    var inText = 0
    var afterStar = -1
    var retry = 0
    while inText < text.byteCount {
        if inGlob < glob.byteCount, glob.byte(inGlob) == 0x2A {
            inGlob &+= 1
            afterStar = inGlob
            retry = inText
        } else if inGlob < glob.byteCount, glob.byte(inGlob) == text.byte(inText) {
            inGlob &+= 1
            inText &+= 1
        } else if afterStar >= 0 {
            retry &+= 1
            inText = retry
            inGlob = afterStar
        } else {
            return false
        }
    }
    while inGlob < glob.byteCount, glob.byte(inGlob) == 0x2A {
        inGlob &+= 1
    }
    return inGlob == glob.byteCount
}

extension [UInt8] {
    /// The elements as raw bytes: a byte has no padding to leak, which `Span.bytes` cannot know.
    @inlinable public var rawSpan: RawSpan {
        @_lifetime(borrow self) get {
            let elements = span
            return unsafe _overrideLifetime(unsafe elements.bytes, borrowing: self)
        }
    }
}
