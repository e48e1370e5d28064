/// A cursor that fills memory which the caller owns, such as the writable bytes of a buffer.
///
/// Every write is checked against the capacity and traps beyond it: callers reserve an upper bound
/// first (`requestHeadCapacity`, `responseHeadCapacity`). Must not outlive the memory.
@safe public struct ByteWriter: ~Copyable {
    @usableFromInline let base: UnsafeMutableRawPointer?
    /// The number of bytes that there is room for.
    public let capacity: Int
    /// The number of bytes written.
    @usableFromInline var written: Int

    /// A cursor at the first byte of a buffer.
    @inlinable @inline(always)
    public init(_ buffer: UnsafeMutableRawBufferPointer) {
        unsafe base = buffer.baseAddress
        capacity = buffer.count
        written = 0
    }

    /// The number of bytes written.
    @inlinable @inline(always)
    public var count: Int { written }

    /// Where the next `byteCount` bytes go, more than none; traps where they do not fit.
    @inlinable @inline(always)
    mutating func claim(_ byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(capacity &- written >= byteCount, "no room")
        let place = unsafe base.unsafelyUnwrapped + written
        written &+= byteCount
        return unsafe place
    }

    /// Writes bytes.
    @inlinable @inline(always)
    public mutating func write(_ bytes: RawSpan) {
        let byteCount = bytes.byteCount
        guard byteCount > 0 else { return }
        let place = unsafe claim(byteCount)
        unsafe bytes.withUnsafeBytes { source in
            unsafe place.copyMemory(
                from: source.baseAddress.unsafelyUnwrapped, byteCount: byteCount)
        }
    }

    /// Writes a run of bytes; traps where the run is not inside.
    @inlinable @inline(always)
    public mutating func write(_ bytes: RawSpan, _ range: ByteRange) {
        write(bytes.extracting(range))
    }

    /// Writes a constant text.
    @inlinable @inline(always)
    public mutating func write(_ text: StaticString) {
        let byteCount = text.utf8CodeUnitCount
        guard byteCount > 0 else { return }
        unsafe claim(byteCount).copyMemory(from: text.utf8Start, byteCount: byteCount)
    }

    /// Writes one byte.
    @inlinable @inline(always)
    public mutating func write(_ byte: UInt8) {
        unsafe claim(1).storeBytes(of: byte, as: UInt8.self)
    }

    /// Writes a number in decimal digits, without leading zeros.
    @inlinable
    public mutating func write(decimal number: UInt64) {
        var digitCount = 1
        var rest = number / 10
        while rest > 0 {
            digitCount &+= 1
            rest /= 10
        }
        let place = unsafe claim(digitCount)
        rest = number
        while digitCount > 0 {
            digitCount &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % 10)
            unsafe place.storeBytes(of: digit &+ 0x30, toByteOffset: digitCount, as: UInt8.self)
            rest /= 10
        }
    }

    /// Writes a number in small hexadecimal digits, without leading zeros.
    @inlinable
    public mutating func write(hex number: UInt64) {
        var digitCount = max(1, (67 &- number.leadingZeroBitCount) / 4)
        let place = unsafe claim(digitCount)
        var rest = number
        while digitCount > 0 {
            digitCount &-= 1
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            let byte = digit < 10 ? digit &+ 0x30 : digit &+ 0x57
            unsafe place.storeBytes(of: byte, toByteOffset: digitCount, as: UInt8.self)
            rest &>>= 4
        }
    }
}
