// The hash functions of the format, shared by the writer and the reader (cdb_hash.c is the model).

/// Two 64-bit hashes of a thing: one chooses the bucket, the other the slot.
public struct HashPair: Sendable, Equatable {
    /// Chooses the bucket.
    public var bucket: UInt64
    /// Chooses the slot.
    public var slot: UInt64

    /// From its parts.
    @inlinable
    public init(bucket: UInt64, slot: UInt64) {
        self.bucket = bucket
        self.slot = slot
    }

    /// Hashes the bytes of a name, eight at a time, with folded multiplications.
    ///
    /// Not for keys of hash tables that a stranger fills: the set of names is the operator's, and a
    /// look-up is one probe whatever is asked for.
    @inlinable
    @inline(__always)
    public init(name: RawSpan, seed: UInt64) {
        var state = seed ^ (UInt64(truncatingIfNeeded: name.byteCount) &* 0x9E37_79B9_7F4A_7C15)
        var offset = 0
        let count = name.byteCount
        while offset &+ 8 <= count {
            state = fold(state ^ name.word(offset), 0xA076_1D64_78BD_642F)
            offset &+= 8
        }
        if offset < count {
            state = fold(state ^ name.lastBytes(from: offset), 0xE703_7ED1_A0B4_28DB)
        }
        bucket = fold(state ^ 0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3)
        slot = fold(state ^ 0x1D8E_4E27_C47D_124F, 0xEB44_ACCA_B455_D165)
    }
}

/// The product of two words, its halves exclusive-ored.
@inlinable
@inline(__always)
func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

/// Bits that look random, the same for the same seed (the finalizer of SplitMix64; Steele, Lea
/// and Flood, 2014).
@inlinable
public func scattered(_ seed: UInt64) -> UInt64 {
    var bits = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
}

/// A minimal perfect hash: a seed for each bucket sends its members to slots of their own.
///
/// A seed with the top bit set is the slot itself, for buckets of one.
public enum PerfectHash {
    /// Marks a seed that is a slot.
    @inlinable public static var directFlag: UInt32 { 0x8000_0000 }

    /// Which of `bucketCount` buckets.
    @inlinable
    @inline(__always)
    public static func bucket(_ hash: HashPair, bucketCount: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: hash.bucket.multipliedFullWidth(by: UInt64(bucketCount)).high)
    }

    /// Which of `slotCount` slots, given the seed of the bucket.
    @inlinable
    @inline(__always)
    public static func slot(_ hash: HashPair, seed: UInt32, slotCount: UInt32) -> UInt32 {
        if seed & directFlag != 0 {
            return seed & ~directFlag
        }
        let mixed = fold(
            hash.slot ^ (UInt64(seed) &* 0xD6E8_FEB8_6659_FD93), 0x9E37_79B9_7F4A_7C15)
        return UInt32(truncatingIfNeeded: mixed.multipliedFullWidth(by: UInt64(slotCount)).high)
    }
}

/// A salted fingerprint of a client's key: the first 16 bytes of SHA-256(salt || SHA-256(key)).
public struct KeyFingerprint: Sendable {
    /// Bytes 0 to 7, little-endian.
    public var word0: UInt64
    /// Bytes 8 to 15, little-endian.
    public var word1: UInt64

    /// From its parts.
    @inlinable
    public init(word0: UInt64, word1: UInt64) {
        self.word0 = word0
        self.word1 = word1
    }

    /// From the first 16 bytes of a digest.
    public init(digest bytes: [UInt8]) {
        precondition(bytes.count >= 16)
        word0 = 0
        word1 = 0
        for index in 0..<8 {
            word0 |= UInt64(bytes[index]) << UInt64(index * 8)
            word1 |= UInt64(bytes[index + 8]) << UInt64(index * 8)
        }
    }

    /// Equality in a time that says nothing about where they differ.
    @inlinable
    public func isEqual(_ other: KeyFingerprint) -> Bool {
        ((word0 ^ other.word0) | (word1 ^ other.word1)) == 0
    }

    /// Where it is looked for: a fingerprint is a hash already.
    @inlinable public var hash: HashPair { HashPair(bucket: word0, slot: word1) }
}
