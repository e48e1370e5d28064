internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// The way of an answer: head checked and written anew, body handed on as it comes.

extension ClientConnection {
    /// Bytes from the leased upstream connection.
    func upstreamRead(_ bytes: ByteBuffer) {
        relay.hasBytes = true
        // A read that fills its buffer may have left bytes behind: see `endRelay`.
        relay.lastReadWasFull = bytes.writableBytes == 0
        switch relay.phase {
        case .head: readResponseHead(bytes)
        case .body: relayBody(bytes, after: nil)
        }
    }

    /// The leased upstream connection is gone.
    func upstreamClosed(cleanly: Bool) {
        upstream = nil
        switch machine.state {
        case .relaying where relay.head?.framing == .untilClose && cleanly:
            endRelay(lastBytes: nil, upstreamClean: false)
        case .relaying:
            fail(.upstreamClosed, beforeFirstByte: false)
        default:
            fail(.upstreamClosed, beforeFirstByte: !relay.hasBytes)
        }
    }

    // MARK: - Head

    private func readResponseHead(_ bytes: ByteBuffer) {
        var bytes = bytes
        if relay.headBytes.readableBytes > 0 {
            relay.headBytes.writeBuffer(&bytes)
            bytes = relay.headBytes
            relay.headBytes = ByteBuffer()
        }
        while true {
            guard let end = relay.scanner.findEnd(bytes.readableBytesSpan) else {
                guard bytes.readableBytes <= Limits.responseHeadBytesMax else {
                    fail(.upstreamMalformed, beforeFirstByte: false)
                    return
                }
                relay.headBytes = bytes
                return
            }
            guard let headBytes = bytes.readSlice(length: end), let head = parse(headBytes) else {
                fail(.upstreamMalformed, beforeFirstByte: false)
                return
            }
            relay.scanner.reset()
            if !head.isInterim {
                begin(head, headBytes, rest: bytes)
                return
            }
            // 100 and its like concern our own connection with the upstream.
            relay.interimCount += 1
            guard relay.interimCount <= Limits.interimResponsesMax else {
                fail(.upstreamMalformed, beforeFirstByte: false)
                return
            }
            if bytes.readableBytes == 0 { return }
        }
    }

    private func parse(_ bytes: ByteBuffer) -> ResponseHead? {
        do throws(ResponseFault) {
            return try ResponseHead.parse(
                bytes.readableBytesSpan, fields: loop.responseFields,
                requestWasHead: exchange.head?.method == .head)
        } catch {
            return nil
        }
    }

    /// The final head: writes it to the client, with what has come of the body.
    private func begin(_ head: ResponseHead, _ headBytes: ByteBuffer, rest: ByteBuffer) {
        if head.status >= 400, !isForClient(head, headBytes) { return }
        guard let lines = exchange.table?.answerLines else { return }
        var object: [UInt8] = []
        if lines.place == .body {
            switch routerObject(head, headBytes, rest: rest, lines) {
            case .none: break
            case .undecided:
                relay.headBytes = headBytes
                relay.headBytes.append(rest.readableBytesSpan)
                return
            case .text(let text): object = text
            }
        }
        guard
            !machine.responseHeadArrived(upstreamReusable: head.keepAlive).isEmpty
        else { return }
        relay.phase = .body
        relay.head = head
        exchange.status = UInt16(head.status)
        exchange.answered = Loop.monotonicNanoseconds()
        if head.status >= 500 { noteFailure() } else { exchange.endpointState?.succeeded() }
        releaseBody()
        if machine.bodyPending {
            // Nobody reads the rest of the request; it comes until this answer is out.
            handBodyOn()
            setReading(true)
        }
        let rewrite = prepareRelay(head, growingBy: object.count)
        relay.isEventStream = isEventStream(head, headBytes)
        let count = rest.readableBytes + object.count
        let joined = count <= Limits.copiedBodyBytesMax ? count : 0
        let out = makeHead(
            rewrite, head, headBytes, object.isEmpty ? lines : nil, extraCapacity: joined + 32)
        if head.framing == .none || head.framing == .length(0) {
            noteFirstByte(at: exchange.answered)
            endRelay(lastBytes: out, upstreamClean: rest.readableBytes == 0)
            return
        }
        if object.isEmpty {
            relayBody(rest, after: out)
        } else if head.framing == .chunked {
            relayDechunked(rest, after: out, inserting: object)
        } else {
            relayBody(ByteBuffer(bytes: spliced(rest.readableBytesSpan, object)), after: out)
        }
    }

    /// Decides how the body goes through and what the client is told of its length, which grows by
    /// what is put into it.
    private func prepareRelay(_ head: ResponseHead, growingBy count: Int) -> ResponseRewrite {
        var framing = head.framing
        var closes = machine.closesAfterAnswer
        let isOld = exchange.isOldClient
        switch head.framing {
        case .none: relay.conversion = .verbatim
        case .length(let length):
            relay.conversion = .verbatim
            relay.remaining = length + UInt64(count)
            framing = .length(relay.remaining)
        case .chunked:
            relay.conversion = isOld ? .dechunk : count == 0 ? .verbatim : .rechunk
            relay.decoder = ChunkedDecoder()
        case .untilClose:
            relay.conversion = isOld ? .verbatim : .chunk
            if !isOld { framing = .chunked }
        }
        if isOld, head.framing == .chunked || head.framing == .untilClose {
            // Only the end of the connection can tell a client of 1.0 where such an answer ends.
            framing = .untilClose
            machine.endAfterAnswer()
            closes = true
        }
        return ResponseRewrite(
            framing: framing, notice: closes ? .close : isOld ? .keepAlive : .none)
    }

    /// The head that the client gets, with the way the answer came where there are lines of that.
    private func makeHead(
        _ rewrite: ResponseRewrite, _ head: ResponseHead, _ headBytes: ByteBuffer,
        _ way: AnswerLines?, extraCapacity: Int
    ) -> ByteBuffer {
        let lines = originLines
        let fields = loop.responseFields
        if exchange.origin != .off {
            // Two of a field that names an origin are none to a browser: ours stand.
            fields.drop(prefix: "access-control-", in: headBytes.readableBytesSpan)
        }
        // What was said of the way is the router's word alone.
        fields.dropRoutersOwn(in: headBytes.readableBytesSpan)
        let capacity =
            ResponseRewrite.responseHeadCapacity(head, extraFields: lines.rawSpan)
            + ownLinesCapacity(way)
        var out = allocator.buffer(capacity: capacity + extraCapacity)
        out.write(capacity: capacity) { writer in
            rewrite.writeResponseFields(
                head, fields, bytes: headBytes.readableBytesSpan, into: &writer)
            writer.write(lines.rawSpan)
            if fields.contains(.xRequestID) { writeUpstreamsID(headBytes, into: &writer) }
            writeOwnLines(way, into: &writer)
            writer.write("\r\n")
        }
        return out
    }

    /// Whether an answer that is no success goes to the client; otherwise something else has begun.
    private func isForClient(_ head: ResponseHead, _ headBytes: ByteBuffer) -> Bool {
        coolDown(head, headBytes)
        let presents = exchange.table?.endpoints[Int(exchange.endpoint)].hasCredential ?? false
        guard
            let cause = RetryCause(
                status: UInt16(head.status), presentsOwnCredential: presents)
        else { return true }
        if retry(after: cause, mayReturn: false) { return false }
        // It would tell the client that its own key is wrong.
        guard cause == .credential else { return true }
        fail(.credentialRefused, beforeFirstByte: false)
        return false
    }

    // MARK: - Body

    /// Hands on bytes of the body, behind `prefix` where there is one, and finds its end.
    private func relayBody(_ bytes: ByteBuffer, after prefix: ByteBuffer?) {
        let count = bytes.readableBytes
        if relay.isEventStream { relay.events.follow(bytes.readableBytesSpan) }
        if count > 0, !relay.bodyBegan { noteFirstBody(after: prefix) }
        var taken = count
        var ended = false
        switch relay.head?.framing ?? .none {
        case .length:
            taken = Int(min(UInt64(count), relay.remaining))
            relay.remaining -= UInt64(taken)
            ended = relay.remaining == 0
        case .chunked:
            if relay.conversion != .verbatim {
                relayDechunked(bytes, after: prefix)
                return
            }
            taken = 0
            do throws(ChunkFault) {
                ended = try relay.decoder.advance(bytes.readableBytesSpan, at: &taken)
            } catch {
                if let prefix { write(prefix) }
                flush()
                // What has gone out ended somewhere before these bytes.
                relay.isEventStream = false
                fail(.upstreamMalformed, beforeFirstByte: false)
                return
            }
        case .untilClose, .none: break
        }
        let body =
            taken == count
            ? bytes : bytes.getSlice(at: bytes.readerIndex, length: taken) ?? ByteBuffer()
        if ended {
            endRelay(
                lastBytes: joined(prefix, converted(body)), upstreamClean: taken == count)
            return
        }
        writeRelayed(joined(prefix, converted(body)))
    }

    private func noteFirstBody(after prefix: ByteBuffer?) {
        relay.bodyBegan = true
        // What came with the head came when it did.
        noteFirstByte(at: prefix == nil ? Loop.monotonicNanoseconds() : exchange.answered)
    }

    /// Puts a piece of a close-delimited answer into a chunk.
    private func converted(_ body: ByteBuffer) -> ByteBuffer {
        guard relay.conversion == .chunk, body.readableBytes > 0 else { return body }
        var out = allocator.buffer(capacity: body.readableBytes + 32)
        out.appendChunk(body.readableBytesSpan)
        return out
    }

    /// Hands on what is in chunks, with `object` behind its first byte.
    private func relayDechunked(
        _ bytes: ByteBuffer, after prefix: ByteBuffer?, inserting object: [UInt8] = []
    ) {
        var object = object
        if !object.isEmpty { noteFirstBody(after: prefix) }
        var out = prefix ?? allocator.buffer(capacity: bytes.readableBytes)
        let span = bytes.readableBytesSpan
        var position = 0
        do throws(ChunkFault) {
            reading: while true {
                switch try relay.decoder.next(span, at: &position) {
                case .data(let start, let count):
                    let piece = span.extracting(start..<start + count)
                    if object.isEmpty {
                        appendPiece(piece, to: &out)
                    } else {
                        let whole = spliced(piece, object)
                        appendPiece(whole.rawSpan, to: &out)
                        object = []
                    }
                case .needMore: break reading
                case .end:
                    endRelay(lastBytes: out, upstreamClean: position == span.byteCount)
                    return
                }
            }
        } catch {
            relay.isEventStream = false
            fail(.upstreamMalformed, beforeFirstByte: false)
            return
        }
        writeRelayed(out)
    }

    /// Appends a piece of a body whose chunks were taken apart, in a chunk of ours where the client
    /// gets chunks.
    private func appendPiece(_ piece: RawSpan, to out: inout ByteBuffer) {
        if relay.conversion == .rechunk {
            out.appendChunk(piece)
        } else {
            out.append(piece)
        }
    }

    /// One buffer where the second is small, so that head and first bytes leave together.
    private func joined(_ prefix: ByteBuffer?, _ body: ByteBuffer) -> ByteBuffer {
        guard var prefix else { return body }
        if body.readableBytes <= Limits.copiedBodyBytesMax {
            prefix.append(body.readableBytesSpan)
            return prefix
        }
        write(prefix)
        return body
    }

    private func writeRelayed(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 {
            write(bytes)
        }
        flush()
        letTableGo()
        if isWritable {
            setRelayTimer()
        } else {
            perform(machine.clientBlocked())
            waitForClient()
        }
    }

    /// The last byte of the answer.
    private func endRelay(lastBytes: ByteBuffer?, upstreamClean: Bool) {
        if let lastBytes, lastBytes.readableBytes > 0 {
            write(lastBytes)
        }
        if relay.conversion == .chunk || relay.conversion == .rechunk {
            var end = ByteBuffer()
            end.write(capacity: ChunkWriter.overheadByteLimit) { ChunkWriter.writeEnd(into: &$0) }
            write(end)
        }
        flush()
        // Bytes behind the answer would be taken for the next one: where more could be waiting
        // unread, the connection is not used again.
        perform(machine.responseEnded(upstreamClean: upstreamClean && !relay.lastReadWasFull))
    }

    /// The next byte of the body is due within the idle time; the first was due before (rule 11).
    func setRelayTimer() {
        if machine.state == .relaying, relay.bodyBegan {
            setTimer(phase: exchange.timeouts.idle)
        }
    }

    // MARK: - What an answer no longer needs

    /// The request is not needed once an answer has begun: there is no second try then.
    func releaseBody() {
        if exchange.chargedBytes > 0 {
            loop.budget.give(exchange.chargedBytes)
            exchange.chargedBytes = 0
        }
    }
}
