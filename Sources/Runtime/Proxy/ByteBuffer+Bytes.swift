internal import NIOCore
internal import TableFormat
internal import Wire

extension ByteBuffer {
    /// Appends bytes.
    mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { _ = unsafe writeBytes($0) }
    }

    /// Appends what `body` writes, at most `capacity` bytes.
    mutating func write(capacity: Int, _ body: (inout ByteWriter) -> Void) {
        unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { area in
            var writer = unsafe ByteWriter(area)
            body(&writer)
            return writer.count
        }
    }

    /// Appends a chunk of a chunked body with this data (RFC 9112, section 7.1).
    mutating func appendChunk(_ data: RawSpan) {
        write(capacity: ChunkWriter.overheadByteLimit) { writer in
            ChunkWriter.writeSize(data.byteCount, into: &writer)
        }
        append(data)
        write(capacity: ChunkWriter.overheadByteLimit) { ChunkWriter.writeDataEnd(into: &$0) }
    }
}

/// A copy of bytes.
func bytes(of span: RawSpan) -> [UInt8] {
    unsafe span.withUnsafeBytes { unsafe Array($0) }
}

/// A JSON string with its quotes for bytes that are valid UTF-8 without control characters.
func quotedJSON(_ text: RawSpan) -> [UInt8] {
    var result: [UInt8] = [0x22]
    for offset in 0..<text.byteCount {
        let byte = text.byte(offset)
        if byte == 0x22 || byte == 0x5C {
            result.append(0x5C)
        }
        result.append(byte)
    }
    result.append(0x22)
    return result
}

/// What `quotedJSON` has quoted.
func unquotedJSON(_ text: RawSpan) -> [UInt8] {
    var result: [UInt8] = []
    var offset = 1
    while offset < text.byteCount - 1 {
        if text.byte(offset) == 0x5C { offset += 1 }
        result.append(text.byte(offset))
        offset += 1
    }
    return result
}

/// A path segment with its percent escapes resolved; wrong ones stay as they are.
func percentDecoded(_ text: RawSpan) -> [UInt8] {
    func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
    var result: [UInt8] = []
    var offset = 0
    while offset < text.byteCount {
        let byte = text.byte(offset)
        if byte == 0x25, offset + 2 < text.byteCount,
            let high = digit(text.byte(offset + 1)), let low = digit(text.byte(offset + 2))
        {
            result.append(high << 4 | low)
            offset += 3
        } else {
            result.append(byte)
            offset += 1
        }
    }
    return result
}
