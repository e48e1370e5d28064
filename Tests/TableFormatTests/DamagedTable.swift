import Digest
import TableFormat

/// Tables with other bytes than the compiler has written, under the right digest.
enum DamagedTable {
    private enum Hash: TableDigesting {
        static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest {
            TableDigest(Digest.sha256(head, rest))
        }
    }

    /// The cause of the fault after another value was written into a field of a record.
    static func cause<Record: TableRecord, Value>(
        _ bytes: inout [UInt8], _ value: UInt64, _ field: Field<Record, Value>, at index: UInt32
    ) -> TableFault.Cause? {
        let entry = FileHeader.size + Record.section.position * DirectoryEntry.size
        var start = Int(index) * Record.size + field.offset
        for byte in 0..<8 { start += Int(bytes[entry + byte]) << (byte * 8) }
        for byte in 0..<Field<Record, Value>.width {
            bytes[start + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
        }
        return cause(bytes)
    }

    /// The cause of the fault of a table whose digest is made right first; nil for a good one.
    static func cause(_ damaged: [UInt8]) -> TableFault.Cause? {
        var bytes = damaged
        let head = Array(bytes[DigestCoverage.head])
        let rest = Array(bytes[DigestCoverage.restStart...])
        bytes.replaceSubrange(32..<64, with: Digest.sha256(head, rest))
        do throws(TableFault) {
            try TableValidator<Hash>.validate(bytes.rawSpan)
            return nil
        } catch {
            return error.cause
        }
    }
}
