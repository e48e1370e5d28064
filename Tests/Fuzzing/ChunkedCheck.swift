import NIOHTTP1
import RandomNumbers
import TableFormat
import Wire

/// A chunked body: the same data, the same end, the same verdict however it is cut; and what we
/// write in chunks reads as what was written.
enum ChunkedCheck {
    private static let head = Array(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    static func run(_ bytes: [UInt8]) throws(Mismatch) {
        let whole = ChunkedReading(bytes)
        try checkCuts(bytes, whole)
        try compareWithPeer(bytes, whole)
        try checkWriter(bytes)
    }

    private static func checkCuts(_ bytes: [UInt8], _ whole: ChunkedReading) throws(Mismatch) {
        try requireEqual(ChunkedReading.advancing(bytes), whole.frame, "the end, by advance")
        for cuts in Cuts.lists(for: bytes) {
            try requireEqual(ChunkedReading(bytes, cuts: cuts), whole, "the body, cut at \(cuts)")
            try requireEqual(
                ChunkedReading.advancing(bytes, cuts: cuts), whole.frame,
                "the end, by advance, cut at \(cuts)")
        }
    }

    private static func compareWithPeer(
        _ bytes: [UInt8], _ whole: ChunkedReading
    ) throws(Mismatch) {
        // Only what is accepted must be read alike; what comes before a fault as well.
        guard whole.fault == nil else { return }
        let peer = Peer.server()
        peer.feed(head[...])
        if let end = whole.end {
            peer.feed(bytes[..<(end - 1)])
            let isEarly = peer.messages.first?.isComplete ?? false
            try require(!isEarly, "llhttp ends the body earlier")
            peer.feed(bytes[(end - 1)..<end])
        } else {
            peer.feed(bytes[...])
        }
        if let error = peer.error {
            if ChunkDifference.explains(bytes, from: 0) { return }
            throw Mismatch("llhttp refuses the body: \(error)")
        }
        guard let theirs = peer.messages.first else { throw Mismatch("llhttp reads no head") }
        try requireEqual(whole.data.shown, theirs.body.shown, "the data")
        try requireEqual(whole.end != nil, theirs.isComplete, "whether the body has ended")
        let ours = FrameLines(bytes, from: 0).trailerNames
        if whole.end != nil {
            try requireEqual(ours, theirs.trailers.map(\.lowercasedName), "the trailers")
        }
    }

    /// Writes the input in chunks whose sizes it chooses, and reads it again.
    private static func checkWriter(_ bytes: [UInt8]) throws(Mismatch) {
        guard !bytes.isEmpty else { return }
        var generator = SplitMix(seed: bytes)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...40, using: &generator))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        let capacity = bytes.count + pieces.count * ChunkWriter.overheadByteLimit + 5
        let written = writtenBytes(capacity: capacity) { writer in
            for piece in pieces {
                let data = Array(piece)
                ChunkWriter.writeSize(data.count, into: &writer)
                writer.write(data.rawSpan)
                ChunkWriter.writeDataEnd(into: &writer)
            }
            ChunkWriter.writeEnd(into: &writer)
        }
        let again = ChunkedReading(written)
        try requireEqual(again.data.shown, bytes.shown, "what was written in chunks")
        try requireEqual(again.end, written.count, "the end of what was written in chunks")
    }
}

/// The bytes that a body of code writes, into room of exactly that capacity.
func writtenBytes(capacity: Int, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    // All arrays without capacity are one, in which threads would write the same count: a race.
    unsafe [UInt8](unsafeUninitializedCapacity: max(capacity, 1)) { buffer, count in
        let room = unsafe UnsafeMutableRawBufferPointer(
            start: buffer.baseAddress, count: capacity)
        var writer = unsafe ByteWriter(room)
        body(&writer)
        count = writer.count
    }
}
