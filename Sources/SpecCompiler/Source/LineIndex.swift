internal import TableFormat

/// Where the lines of a source begin, as far as somebody wants to know.
struct LineIndex {
    private let bytes: [UInt8]
    /// The first byte of each line, ascending; the first is 0.
    private var starts: [Int] = [0]
    /// The column of every `blockSize`th byte, so that very long lines are not counted again.
    private var blockColumns: [Int] = []

    /// The bytes of the byte order mark, which no column counts and no line shows.
    private let markWidth: Int

    private static let blockSize = 4096

    /// Indexes the lines of `source` up to the one that holds byte `limit`.
    init(_ source: SourceFile, upTo limit: Int) {
        bytes = source.bytes
        markWidth = source.markWidth
        var index = 0
        var column = 0
        let end = min(limit, bytes.count)
        while index < end {
            if index % LineIndex.blockSize == 0 {
                blockColumns.append(column)
            }
            if bytes[index] & 0xC0 != 0x80, index >= markWidth {
                column += 1
            }
            if bytes[index] == UInt8(ascii: "\n") {
                starts.append(index + 1)
                column = 0
            }
            index += 1
        }
    }

    /// The number of the line that holds byte `offset`, from 0.
    func line(of offset: Int) -> Int {
        max(0, starts.partitioningIndex { $0 > offset } - 1)
    }

    /// The bytes of a line without its line break, at most `limit` of them.
    func range(ofLine line: Int, limit: Int = 1 << 16) -> Range<Int> {
        let start = line == 0 ? markWidth : starts[line]
        var end = start
        let stop = min(bytes.count, start + limit)
        while end < stop, bytes[end] != UInt8(ascii: "\n") {
            end += 1
        }
        if end > start, end < bytes.count, bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return start..<end
    }

    /// The column of byte `offset` in its line, from 0, in characters (Unicode scalars).
    func column(of offset: Int) -> Int {
        var count = 0
        var index = max(markWidth, starts[line(of: offset)])
        let block = min(offset / LineIndex.blockSize, blockColumns.count - 1)
        if block * LineIndex.blockSize > index {
            count = blockColumns[block]
            index = block * LineIndex.blockSize
        }
        while index < min(offset, bytes.count) {
            if bytes[index] & 0xC0 != 0x80 {
                count += 1
            }
            index += 1
        }
        return count
    }
}
