internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// A stream that breaks after its first byte: the client is told why in an event of its own, as far
// as one can be put behind what it has got, and the answer still ends visibly broken.

extension ClientConnection {
    /// Whether an answer is a stream of events into which one of ours can be put.
    func isEventStream(_ head: ResponseHead, _ headBytes: ByteBuffer) -> Bool {
        switch head.framing {
        case .none, .length: return false
        case .chunked, .untilClose: break
        }
        let fields = loop.responseFields
        guard let type = fields.first(.contentType), !fields.contains(.contentEncoding) else {
            return false
        }
        return MediaType.isEventStream(headBytes.readableBytesSpan.extracting(type.value))
    }

    /// Writes an event with the error, where the client takes it now and what it has got is whole.
    func writeLastEvent(_ error: ProxyError) {
        guard machine.state == .relaying, relay.isEventStream, isWritable else { return }
        var isBehindChunk = false
        var isInChunks = true
        var isOpen = false
        switch relay.conversion {
        case .chunk: break
        case .verbatim where relay.head?.framing == .chunked:
            // Inside of a chunk its bytes would be taken for those that are missing.
            guard relay.decoder.isBetweenChunks else { return }
            isBehindChunk = true
        case .dechunk:
            isBehindChunk = relay.decoder.isBetweenChunks
            // What came last may be framing.
            isOpen = !isBehindChunk
            isInChunks = false
        case .verbatim, .rechunk:
            isInChunks = false
        }
        isOpen = isOpen || !relay.events.isBetweenEvents(behindChunk: isBehindChunk)
        let event = "\(isOpen ? "\n\n" : "")data: \(AnswerCache.body(error))\n\n"
        var out = ByteBuffer()
        if isInChunks {
            let bytes = Array(event.utf8)
            out.appendChunk(bytes.rawSpan)
        } else {
            out.writeString(event)
        }
        write(out)
        flush()
        relay.hasSaidWhy = isInChunks
    }
}
