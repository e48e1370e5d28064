/// A record's place in the table; cheap to copy and to keep while the table lives.
public struct Row<Record: TableRecord>: Sendable {
    @usableFromInline let base: Int

    @inlinable
    init(base: Int) {
        self.base = base
    }
}

/// The table, read in place through one checked gate.
///
/// Valid only on validated bytes.
///
/// Costs nothing to make: sections stand in the directory in the order of `SectionKind`, so that
/// finding one is two loads. Cannot outlive the bytes.
@safe public struct TableView: ~Escapable {
    @usableFromInline let bytes: RawSpan

    /// Wraps bytes that `TableValidator` has accepted; traps where there is no room for a header.
    @inlinable
    @_lifetime(copy bytes)
    public init(validated bytes: RawSpan) {
        precondition(bytes.byteCount >= FileHeader.size)
        self.bytes = bytes
    }

    /// The one gate: a load of a field, checked against the end of the table.
    @inlinable
    @inline(__always)
    func load<Record, Value>(_ field: Field<Record, Value>, atByte base: Int) -> Value {
        let offset = base &+ field.offset
        // Not negative, as no field is wider than a header; an offset below zero is a large one.
        let last = bytes.byteCount &- MemoryLayout<Value.Raw>.size
        precondition(UInt(bitPattern: offset) <= UInt(bitPattern: last))
        // Any bit pattern is a valid integer, and the bounds are checked: nothing can go wrong.
        let raw = unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: Value.Raw.self)
        return Value(raw: Value.Raw(littleEndian: raw))
    }

    /// First byte and number of records of a section.
    @inlinable
    @inline(__always)
    func section(_ kind: SectionKind) -> (offset: Int, count: UInt32) {
        let entry = FileHeader.size &+ kind.position &* DirectoryEntry.size
        return (
            Int(truncatingIfNeeded: load(DirectoryEntry.offset, atByte: entry)),
            load(DirectoryEntry.count, atByte: entry)
        )
    }

    /// The number of records of a kind.
    @inlinable
    @inline(__always)
    public func count<Record: TableRecord>(_: Record.Type) -> UInt32 {
        section(Record.section).count
    }

    /// The record at `index`, which must be below `count`.
    @inlinable
    @inline(__always)
    public func row<Record: TableRecord>(_: Record.Type, _ index: UInt32) -> Row<Record> {
        let section = section(Record.section)
        precondition(index < section.count)
        return Row(base: section.offset &+ Int(index) &* Record.size)
    }

    /// A field of a record.
    @inlinable
    @inline(__always)
    public func load<Record, Value>(_ field: Field<Record, Value>, _ row: Row<Record>) -> Value {
        load(field, atByte: row.base)
    }

    /// A field of the record at `index`.
    @inlinable
    @inline(__always)
    public func load<Record, Value>(_ field: Field<Record, Value>, at index: UInt32) -> Value {
        load(field, row(Record.self, index))
    }

    /// A field of the settings.
    @inlinable
    @inline(__always)
    public func setting<Value>(_ field: Field<SettingsRecord, Value>) -> Value {
        load(field, at: 0)
    }

    /// A field of the header.
    @inlinable
    public func header<Value>(_ field: Field<FileHeader, Value>) -> Value {
        load(field, atByte: 0)
    }

    /// An element of the pool of indices.
    @inlinable
    @inline(__always)
    public func index(at position: UInt32) -> UInt32 {
        load(IndexRecord.value, at: position)
    }

    /// The bytes of a string.
    @inlinable
    @inline(__always)
    @_lifetime(copy self)
    public func string(_ ref: StringRef) -> RawSpan {
        let section = section(.strings)
        precondition(UInt64(ref.offset) + UInt64(ref.count) <= UInt64(section.count))
        let start = section.offset &+ Int(ref.offset)
        return bytes.extracting(start..<start &+ Int(ref.count))
    }

    /// The whole table, for whoever hashes or copies it.
    @inlinable public var allBytes: RawSpan {
        @_lifetime(copy self) get { bytes }
    }

    /// The digest of the table: SHA-256 of all its bytes but these 32.
    public var digest: TableDigest {
        TableDigest(
            words: (
                header(FileHeader.digest0), header(FileHeader.digest1),
                header(FileHeader.digest2), header(FileHeader.digest3)
            ))
    }
}

/// A SHA-256 digest that names a table.
public struct TableDigest: Sendable, Equatable {
    /// The 32 bytes as little-endian words.
    public var words: (UInt64, UInt64, UInt64, UInt64)

    /// From its parts.
    public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// From the 32 bytes of a digest.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 32)
        words = (0, 0, 0, 0)
        for index in 0..<8 {
            let shift = UInt64(index * 8)
            words.0 |= UInt64(bytes[index]) << shift
            words.1 |= UInt64(bytes[index + 8]) << shift
            words.2 |= UInt64(bytes[index + 16]) << shift
            words.3 |= UInt64(bytes[index + 24]) << shift
        }
    }

    /// Whether both are the same 32 bytes.
    public static func == (left: TableDigest, right: TableDigest) -> Bool {
        left.words == right.words
    }

    /// 64 lowercase hexadecimal digits.
    public var hex: String {
        var text = ""
        for word in [words.0, words.1, words.2, words.3] {
            for index in 0..<8 {
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(index * 8))
                text += hexByte(byte)
            }
        }
        return text
    }
}

/// Two lowercase hexadecimal digits.
func hexByte(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return byte < 16 ? "0" + digits : digits
}
