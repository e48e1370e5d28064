/// The bytes of a table while it is written; the counterpart of `TableView`'s gate.
public struct TableBuffer: Sendable {
    /// The bytes so far.
    public private(set) var bytes: [UInt8]

    /// A buffer of zeros.
    public init(byteCount: Int) {
        bytes = [UInt8](repeating: 0, count: byteCount)
    }

    /// Stores a field of the record that begins at `base`.
    public mutating func store<Record, Value>(
        _ value: Value, _ field: Field<Record, Value>, atByte base: Int
    ) {
        let width = Field<Record, Value>.width
        precondition(field.offset + width <= Record.size)
        var raw = value.raw
        for index in 0..<width {
            bytes[base + field.offset + index] = UInt8(truncatingIfNeeded: raw)
            // A shift by the whole width of a byte-sized value would trap as a literal.
            raw = width == 1 ? 0 : raw >> 8
        }
    }

    /// Copies bytes to `base`.
    public mutating func copy(_ source: [UInt8], toByte base: Int) {
        bytes.replaceSubrange(base..<base + source.count, with: source)
    }
}

/// An array of records under construction.
public struct RecordArray<Record: TableRecord>: Sendable {
    /// The bytes so far.
    public private(set) var buffer: TableBuffer
    /// The number of records.
    public private(set) var count: Int = 0

    /// From its parts.
    public init(count: Int) {
        buffer = TableBuffer(byteCount: count * Record.size)
        self.count = count
    }

    /// Stores a field of the record at `index`.
    public mutating func store<Value>(
        _ value: Value, _ field: Field<Record, Value>, at index: Int
    ) {
        precondition(index < count)
        buffer.store(value, field, atByte: index * Record.size)
    }
}
