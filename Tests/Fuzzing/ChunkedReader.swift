import TableFormat
import Wire

/// A chunked body as `Wire` reads it, however it is cut.
struct ChunkedReading: Equatable {
    var data: [UInt8] = []
    /// The offset behind the message, or nil where it has not ended.
    var end: Int?
    var fault: ChunkFault?
    /// The offset of the byte at fault.
    var faultOffset: Int?

    /// Reads the bytes from `start` on, in pieces that end at the cuts.
    ///
    /// Each piece is an array of its own, so that the address sanitizer sees reads beyond it.
    init(_ bytes: [UInt8], from start: Int = 0, cuts: [Int] = []) {
        var decoder = ChunkedDecoder()
        var pieceStart = start
        for cut in cuts + [bytes.count] where cut >= pieceStart {
            let piece = Array(bytes[pieceStart..<cut])
            var position = 0
            do throws(ChunkFault) {
                reading: while true {
                    switch try decoder.next(piece.rawSpan, at: &position) {
                    case .data(let start, let count): data += piece[start..<start + count]
                    case .needMore: break reading
                    case .end:
                        end = pieceStart + position
                        return
                    }
                }
            } catch {
                fault = error
                faultOffset = pieceStart + position
                return
            }
            pieceStart = cut
        }
    }

    /// The same without the data, as the verb that only looks for the end has it.
    static func advancing(_ bytes: [UInt8], cuts: [Int] = []) -> ChunkedReading {
        var reading = ChunkedReading([])
        var decoder = ChunkedDecoder()
        var pieceStart = 0
        for cut in cuts + [bytes.count] where cut >= pieceStart {
            let piece = Array(bytes[pieceStart..<cut])
            var position = 0
            do throws(ChunkFault) {
                if try decoder.advance(piece.rawSpan, at: &position) {
                    reading.end = pieceStart + position
                    return reading
                }
            } catch {
                reading.fault = error
                reading.faultOffset = pieceStart + position
                return reading
            }
            pieceStart = cut
        }
        return reading
    }

    /// Without the data.
    var frame: ChunkedReading {
        var frame = self
        frame.data = []
        return frame
    }
}
