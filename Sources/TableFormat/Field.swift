/// A value that a table can hold: it has a fixed width and a little-endian form.
public protocol TableValue: BitwiseCopyable, Sendable {
    /// The integer that is stored.
    associatedtype Raw: FixedWidthInteger & BitwiseCopyable & Sendable
    init(raw: Raw)
    var raw: Raw { get }
}

/// A field of a record: its offset, its width and its byte order, said once for everybody.
public struct Field<Record: TableRecord, Value: TableValue>: Sendable {
    /// Bytes from the start of the record; a multiple of the width.
    public let offset: Int

    @inlinable
    init(at offset: Int) {
        self.offset = offset
    }

    /// The number of bytes of the stored value.
    @inlinable public static var width: Int { MemoryLayout<Value.Raw>.size }
}

/// A record of one section of the table.
public protocol TableRecord {
    /// The section that is an array of these.
    static var section: SectionKind { get }
    /// The number of bytes of a record; a multiple of 8 unless the section is a plain array.
    static var size: Int { get }
}

extension UInt16: TableValue {
    /// From the stored integer.
    @inlinable public init(raw: UInt16) { self = raw }
    /// The stored integer.
    @inlinable public var raw: UInt16 { self }
}

extension UInt32: TableValue {
    /// From the stored integer.
    @inlinable public init(raw: UInt32) { self = raw }
    /// The stored integer.
    @inlinable public var raw: UInt32 { self }
}

extension UInt64: TableValue {
    /// From the stored integer.
    @inlinable public init(raw: UInt64) { self = raw }
    /// The stored integer.
    @inlinable public var raw: UInt64 { self }
}

extension Int64: TableValue {
    /// From the stored integer.
    @inlinable public init(raw: Int64) { self = raw }
    /// The stored integer.
    @inlinable public var raw: Int64 { self }
}

/// The index that means "none", in every field that may be without a referent.
@inlinable public var noIndex: UInt32 { .max }

/// The duration or instant that means "none".
@inlinable public var noMilliseconds: UInt32 { .max }

/// A run of bytes in the section `strings`.
public struct StringRef: TableValue, Hashable {
    /// First byte, from the start of the section.
    public var offset: UInt32
    /// Number of bytes.
    public var count: UInt32

    /// From its parts.
    @inlinable
    public init(offset: UInt32, count: UInt32) {
        self.offset = offset
        self.count = count
    }

    /// No bytes.
    @inlinable public static var empty: StringRef { StringRef(offset: 0, count: 0) }

    /// From the stored integer.
    @inlinable
    public init(raw: UInt64) {
        self.init(offset: UInt32(truncatingIfNeeded: raw), count: UInt32(raw >> 32))
    }

    /// The stored integer.
    @inlinable public var raw: UInt64 { UInt64(offset) | UInt64(count) << 32 }
}

/// A run of consecutive records or indices.
public struct IndexRange: TableValue, Hashable {
    /// Index of the first.
    public var first: UInt32
    /// How many.
    public var count: UInt32

    /// From its parts.
    @inlinable
    public init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }

    /// None at all.
    @inlinable public static var empty: IndexRange { IndexRange(first: 0, count: 0) }
    /// No list was written: everything is allowed.
    @inlinable public static var all: IndexRange { IndexRange(first: noIndex, count: 0) }

    /// The indices of the range.
    @inlinable public var indices: Range<UInt32> { first..<first + count }

    /// From the stored integer.
    @inlinable
    public init(raw: UInt64) {
        self.init(first: UInt32(truncatingIfNeeded: raw), count: UInt32(raw >> 32))
    }

    /// The stored integer.
    @inlinable public var raw: UInt64 { UInt64(first) | UInt64(count) << 32 }
}

/// Where in the spec something came from.
public struct Place: TableValue, Hashable {
    /// Line, from 1.
    public var line: UInt32
    /// Column in characters, from 1; 65535 where it is larger.
    public var column: UInt16
    /// Index into the table's list of files.
    public var file: UInt16

    /// From its parts.
    @inlinable
    public init(line: UInt32, column: UInt16, file: UInt16) {
        self.line = line
        self.column = column
        self.file = file
    }

    /// From the stored integer.
    @inlinable
    public init(raw: UInt64) {
        self.init(
            line: UInt32(truncatingIfNeeded: raw), column: UInt16(truncatingIfNeeded: raw >> 32),
            file: UInt16(raw >> 48))
    }

    /// The stored integer.
    @inlinable public var raw: UInt64 {
        UInt64(line) | UInt64(column) << 32 | UInt64(file) << 48
    }
}
