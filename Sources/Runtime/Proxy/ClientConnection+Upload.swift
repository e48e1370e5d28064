internal import NIOCore
internal import Routing
internal import Wire

// Bodies that go upstream as they come: those of pinned keys, where nothing in them decides, and
// forms once their model is known. A form is read on all the same, and a second model in it ends
// the request before the upstream has all of it.
//
// Back-pressure: while the upstream takes no more, the client is not read from. What was sent is
// not kept, so there is no second attempt.

extension ClientConnection {
    /// Whether the request can be decided on before its body is complete, and is worth it.
    var canStreamBody: Bool {
        switch (exchange.look, exchange.framing) {
        case (.json, _), (_, .none): return false
        case (.form, _) where exchange.form?.scanner.hasModel != true: return false
        case (_, .length(let count)): return count > Limits.keptBodyBytesMax
        case (.form, .chunked): return exchange.bodyBytesSeen > Limits.keptBodyBytesMax
        case (.nothing, .chunked): return true
        }
    }

    /// Decides on a request whose body is still coming.
    func beginUpload() {
        if case .length(let count) = exchange.framing {
            let available = min(Int(count), inbound.readableBytes)
            exchange.body = inbound.readSlice(length: available) ?? ByteBuffer()
            exchange.uploadRemaining = count - UInt64(available)
        }
        // A large upload takes its time; what it holds is bounded.
        exchange.bodyDeadline = .max
        do throws(ProxyError) {
            // What may wait for the upstream to take it.
            try charge(upTo: Limits.writeHighWaterBytes)
        } catch {
            refuse(error)
            return
        }
        decide()
    }

    /// Takes what has come of the body and sends it on; nothing while the upstream takes no more.
    func handBodyOn() {
        guard machine.state == .sending, let upstream else {
            // The answer has overtaken the body: nobody reads the rest of it.
            inbound = ByteBuffer()
            return
        }
        guard upstream.isWritable else {
            setReading(false)
            setAnswerTimer()
            return
        }
        let isComplete: Bool
        do throws(ProxyError) {
            isComplete =
                exchange.framing == .chunked
                ? try handChunksOn(upstream) : try handBytesOn(upstream)
        } catch {
            refuse(error)
            return
        }
        upstream.flush()
        // A write can fail at once.
        guard machine.state == .sending, self.upstream === upstream else { return }
        if isComplete {
            machine.bodyArrived()
            requestWritten(upstream)
        } else {
            setBodyTimer()
        }
    }

    /// Sends on bytes of a body of known length; true at its end.
    private func handBytesOn(_ upstream: UpstreamConnection) throws(ProxyError) -> Bool {
        let count = min(UInt64(inbound.readableBytes), exchange.uploadRemaining)
        if count > 0, let bytes = inbound.readSlice(length: Int(count)) {
            exchange.uploadRemaining -= count
            exchange.bytesIn += count
            try scanForm(bytes.readableBytesSpan)
            if exchange.uploadRemaining == 0 { try finishForm() }
            upstream.write(bytes)
        }
        return exchange.uploadRemaining == 0
    }

    /// Sends on the data of chunks in chunks of our own; true at the end of the body.
    private func handChunksOn(_ upstream: UpstreamConnection) throws(ProxyError) -> Bool {
        var out = allocator.buffer(
            capacity: inbound.readableBytes + 2 * ChunkWriter.overheadByteLimit)
        let isComplete = try takeChunks { out.appendChunk($0) }
        if isComplete {
            try finishForm()
            out.write(capacity: ChunkWriter.overheadByteLimit) { ChunkWriter.writeEnd(into: &$0) }
        }
        if out.readableBytes > 0 {
            upstream.write(out)
        }
        return isComplete
    }
}
