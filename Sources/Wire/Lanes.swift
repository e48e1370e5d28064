// Reading bytes, and looking at several at once.
//
// This file is the one gate between `Wire` and raw memory that it reads. The loads are unchecked in
// release builds, because every loop above them has compared its offset with `byteCount`; in debug
// builds, and so in every test, they assert.
//
// A word is eight bytes in memory order: the byte at the lowest offset is the lowest lane. A lane
// mask has bit 7 of a lane set where a predicate holds. Masks made with a borrow or a carry are
// exact up to and including their lowest set lane, and every user looks at that lane only;
// `Lanes.letters` and `Lanes.differs` are exact in every lane.

extension RawSpan {
    /// The byte at `offset`.
    @inline(always)
    func byte(_ offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The two bytes at `offset`, the first in the low half.
    @inline(always)
    func pair(_ offset: Int) -> UInt16 {
        assert(offset >= 0 && offset + 2 <= byteCount)
        return UInt16(
            littleEndian: unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// The four bytes at `offset`, the first in the lowest lane.
    @inline(always)
    func quad(_ offset: Int) -> UInt32 {
        assert(offset >= 0 && offset + 4 <= byteCount)
        return UInt32(
            littleEndian: unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// The eight bytes at `offset`.
    @inline(always)
    func word(_ offset: Int) -> UInt64 {
        assert(offset >= 0 && offset + 8 <= byteCount)
        return UInt64(
            littleEndian: unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The sixteen bytes at `offset`.
    @inline(always)
    func vector(_ offset: Int) -> SIMD16<UInt8> {
        assert(offset >= 0 && offset + 16 <= byteCount)
        return unsafe unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// The eight bytes at `offset`, with zeros where the span has ended.
    @inline(always)
    func wordOrTail(_ offset: Int) -> UInt64 {
        offset &+ 8 <= byteCount ? word(offset) : tailWord(offset)
    }

    /// The same, of a span with at least eight bytes, without a call.
    @inline(always)
    func wordOrEnd(_ offset: Int) -> UInt64 {
        let last = byteCount &- 8
        if offset <= last { return word(offset) }
        // A shift by 64 and more leaves nothing.
        return word(last) >> UInt64(truncatingIfNeeded: 8 &* (offset &- last))
    }

    /// The last bytes of the span from `offset` on, fewer than eight, then zeros.
    @inline(never)
    func tailWord(_ offset: Int) -> UInt64 {
        if byteCount >= 8 { return wordOrEnd(offset) }
        var word: UInt64 = 0
        var index = byteCount
        while index > offset {
            index -= 1
            word = word << 8 | UInt64(byte(index))
        }
        return word
    }
}

/// Predicates over the eight bytes of a word.
enum Lanes {
    /// One byte in every lane.
    @inline(always)
    static func all(_ byte: UInt8) -> UInt64 {
        UInt64(byte) &* 0x0101_0101_0101_0101
    }

    /// Bit 7 of every lane.
    @inline(always)
    static var high: UInt64 { 0x8080_8080_8080_8080 }

    /// Bit 5 of every lane: what tells a small letter from a capital.
    @inline(always)
    static var small: UInt64 { 0x2020_2020_2020_2020 }

    /// Lanes that are zero.
    @inline(always)
    static func zero(_ word: UInt64) -> UInt64 {
        (word &- all(1)) & ~word & high
    }

    /// Lanes that are `byte`.
    @inline(always)
    static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        zero(word ^ all(byte))
    }

    /// Lanes below `bound`, which is at most 0x80.
    @inline(always)
    static func below(_ word: UInt64, _ bound: UInt8) -> UInt64 {
        (word &- all(bound)) & ~word & high
    }

    /// Lanes that are letters; exact in every lane.
    @inline(always)
    static func letters(_ word: UInt64) -> UInt64 {
        let folded = word & ~high | small
        let fromA = folded &+ all(0x80 - 0x61)
        let pastZ = folded &+ all(0x80 - 0x7B)
        return (fromA ^ pastZ) & ~word & high
    }

    /// Lanes that are not `byte`, which is below 0x80; exact in lanes below 0x80, set in the
    /// others.
    @inline(always)
    static func differs(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = (word & ~high) ^ all(byte)
        return (difference &+ ~high | word) & high
    }

    /// The number of lanes below the lowest set lane of a mask that is not zero.
    @inline(always)
    static func first(_ mask: UInt64) -> Int {
        mask.trailingZeroBitCount &>> 3
    }

    /// At most eight ASCII characters as a word, the first in the lowest lane.
    @inline(always)
    static func pack(_ text: StaticString) -> UInt64 {
        var word: UInt64 = 0
        var index = 0
        while index < text.utf8CodeUnitCount {
            word |= UInt64(unsafe text.utf8Start[index]) &<< UInt64(8 &* index)
            index &+= 1
        }
        return word
    }
}

/// Predicates over the sixteen bytes of a vector; lanes are all ones where one holds.
///
/// The types are spelled out at every operator: where they are inferred, the compiler takes the
/// generic operators of `SIMD`, which go lane by lane.
enum Vectors {
    /// Lanes that are `byte`.
    @inline(always)
    static func equal(_ vector: SIMD16<UInt8>, _ byte: UInt8) -> SIMDMask<SIMD16<Int8>> {
        let bytes = SIMD16<UInt8>(repeating: byte)
        let mask: SIMDMask<SIMD16<Int8>> = vector .== bytes
        return mask
    }

    /// Lanes below `bound`.
    @inline(always)
    static func below(_ vector: SIMD16<UInt8>, _ bound: UInt8) -> SIMDMask<SIMD16<Int8>> {
        let bounds = SIMD16<UInt8>(repeating: bound)
        let mask: SIMDMask<SIMD16<Int8>> = vector .< bounds
        return mask
    }

    /// Lanes that are letters.
    @inline(always)
    static func letters(_ vector: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let folded: SIMD16<UInt8> = vector | SIMD16<UInt8>(repeating: 0x20)
        return inside(folded, 0x61, count: 26)
    }

    /// Lanes with one of `count` bytes from `start` on.
    @inline(always)
    static func inside(
        _ vector: SIMD16<UInt8>, _ start: UInt8, count: UInt8
    ) -> SIMDMask<SIMD16<Int8>> {
        let ranks: SIMD16<UInt8> = vector &- SIMD16<UInt8>(repeating: start)
        return below(ranks, count)
    }

    /// Lanes below `bound`, which is at most 0x7F, or above 0x7F.
    @inline(always)
    static func belowOrWide(_ vector: SIMD16<UInt8>, _ bound: Int8) -> SIMDMask<SIMD16<Int8>> {
        // Read as signed, what is above 0x7F is negative.
        let signed = unsafe unsafeBitCast(vector, to: SIMD16<Int8>.self)
        let bounds = SIMD16<Int8>(repeating: bound)
        let mask: SIMDMask<SIMD16<Int8>> = signed .< bounds
        return mask
    }

    /// Moves an offset behind the lanes below the first that is set; false where none is.
    @inline(always)
    static func stop(_ mask: SIMDMask<SIMD16<Int8>>, _ offset: inout Int) -> Bool {
        let words = Vectors.words(mask)
        if words.low != 0 {
            offset &+= Lanes.first(words.low)
            return true
        }
        if words.high != 0 {
            offset &+= 8 &+ Lanes.first(words.high)
            return true
        }
        offset &+= 16
        return false
    }

    /// The two words of a mask.
    @inline(always)
    static func words(_ mask: SIMDMask<SIMD16<Int8>>) -> (low: UInt64, high: UInt64) {
        let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        return (UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1]))
    }
}
