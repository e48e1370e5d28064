/// The bytes around the data of a chunk (RFC 9112, 7.1).
public enum ChunkWriter {
    /// An upper bound of the bytes around the data of one chunk.
    @inlinable @inline(always)
    public static var overheadByteLimit: Int { 20 }

    /// Writes the line with the size of a chunk; traps at a size of 0, which would end the message.
    @inlinable @inline(always)
    public static func writeSize(_ byteCount: Int, into writer: inout ByteWriter) {
        precondition(byteCount > 0)
        writer.write(hex: UInt64(byteCount))
        writer.write("\r\n")
    }

    /// Writes what follows the data of a chunk.
    @inlinable @inline(always)
    public static func writeDataEnd(into writer: inout ByteWriter) {
        writer.write("\r\n")
    }

    /// Writes the last chunk and an empty trailer section.
    @inlinable @inline(always)
    public static func writeEnd(into writer: inout ByteWriter) {
        writer.write("0\r\n\r\n")
    }
}
