/// A half-open run of bytes, by offsets into the bytes that were parsed.
///
/// 32 bits are enough: heads are limited to kilobytes and bodies to less than 4 GiB.
public struct ByteRange: Equatable, Sendable, BitwiseCopyable {
    /// The offset of the first byte.
    public var start: UInt32
    /// The offset just after the last byte; never below `start`.
    public var end: UInt32

    /// The run from `start` up to, not including, `end`.
    @inlinable @inline(always)
    public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    /// The run from `start` up to `end`; both must be in 0...`UInt32.max`, which callers have
    /// checked.
    @inlinable @inline(always)
    public init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    /// The empty run at offset 0.
    @inlinable @inline(always)
    public static var empty: ByteRange { ByteRange(start: 0, end: 0) }

    /// The number of bytes.
    @inlinable @inline(always)
    public var count: Int { Int(end) &- Int(start) }

    /// Whether there are no bytes.
    @inlinable @inline(always)
    public var isEmpty: Bool { start == end }

    /// The same run as offsets of the standard library.
    @inlinable @inline(always)
    public var offsets: Range<Int> { Int(start)..<Int(end) }
}

extension RawSpan {
    /// The bytes of a run; traps where the run is not inside.
    @inlinable @inline(always)
    @_lifetime(copy self)
    public func extracting(_ range: ByteRange) -> RawSpan {
        extracting(range.offsets)
    }
}
