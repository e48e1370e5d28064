internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// The lease of an upstream connection, and the request that goes over it.

extension ClientConnection {
    // MARK: - Lease

    /// Gets a connection to the upstream of the picked endpoint.
    func lease(fresh: Bool) {
        guard let table = exchange.table else { return }
        attempt &+= 1
        let upstreamIndex = table.withView {
            $0.load(EndpointRecord.upstream, at: exchange.endpoint)
        }
        let slot = table.slotOfUpstream[Int(upstreamIndex)]
        let target = loop.targets[Int(slot)]
        exchange.attemptBegan = setTimer(phase: exchange.timeouts.connect)
        let state = table.endpointStates[Int(exchange.endpoint)]
        state.began(at: exchange.attemptBegan)
        exchange.endpointState = state
        exchange.isLimited = false
        if !fresh, let connection = loop.pool.take(slot: slot, stableID: target.stableID) {
            connection.wake(for: self)
            upstream = connection
            perform(machine.leased(reused: true))
            return
        }
        loop.pool.connect(
            slot: slot, target: target, tls: table.tls(ofUpstream: upstreamIndex),
            connectMilliseconds: exchange.timeouts.connect,
            client: self, attempt: attempt)
    }

    /// A connection is open.
    ///
    /// One that is no longer wanted is kept for somebody else.
    func connected(_ connection: UpstreamConnection, attempt: UInt32) {
        guard attempt == self.attempt, machine.state == .connecting else {
            loop.pool.put(connection, on: loop)
            return
        }
        connection.wake(for: self)
        upstream = connection
        perform(machine.leased(reused: false))
    }

    /// The upstream does not speak TLS, or nobody trusts it; names the endpoint if it was wanted.
    func handshakeFailed(slot: UInt32, _ error: any Error, attempt: UInt32) {
        var endpoint: String?
        if attempt == self.attempt, exchange.endpoint != noIndex, let table = exchange.table {
            endpoint = table.withView {
                $0.text($0.load(EndpointRecord.name, at: exchange.endpoint))
            }
        }
        loop.handshakeFailed(slot: slot, endpoint: endpoint, error)
    }

    /// No connection could be opened.
    func connectFailed(_ error: ProxyError, attempt: UInt32) {
        loop.connectFailed()
        guard attempt == self.attempt, machine.state == .connecting else { return }
        fail(error, beforeFirstByte: false)
    }

    func dropLease() {
        endAttempt()
        attempt &+= 1
        upstream?.close()
        upstream = nil
    }

    func returnLease() {
        endAttempt()
        guard let connection = upstream else { return }
        upstream = nil
        loop.pool.put(connection, on: loop)
    }

    private func endAttempt() {
        exchange.endpointState?.ended()
        exchange.endpointState = nil
    }

    /// What went wrong speaks against the endpoint.
    ///
    /// One that refuses our key, or has had enough of us for now, is not out of order.
    func noteFailure(isOutOfOrder: Bool = true) {
        let countsForBreaker = isOutOfOrder && !exchange.isLimited
        exchange.endpointState?.failed(
            at: loop.nowMilliseconds, breaker: countsForBreaker ? exchange.breaker : nil)
    }

    /// The first byte of an answer's body has come, or the end of one that has none.
    func noteFirstByte(at nanoseconds: UInt64) {
        exchange.bodyBegan = nanoseconds
        guard exchange.watchesFirstByte else { return }
        let now = nanoseconds / 1_000_000
        let began = exchange.attemptBegan
        exchange.endpointState?.answered(
            afterMilliseconds: now > began ? now - began : 0, at: now)
    }

    /// The upstream failed: a fresh connection, an error, or an end that shows.
    func fail(_ error: ProxyError, beforeFirstByte: Bool) {
        if !machine.replacesStale(beforeFirstByte: beforeFirstByte),
            let cause = RetryCause(error),
            retry(
                after: cause, mayReturn: error == .upstreamUnreachable || error == .upstreamClosed)
        {
            return
        }
        prepareAnswer(error)
        if machine.state == .relaying { breakOff(error) }
        let actions = machine.upstreamFailed(beforeFirstByte: beforeFirstByte)
        if actions.contains(.writeAnswer) {
            note(error)
        }
        perform(actions)
    }

    // MARK: - Request

    /// Writes head and body to the upstream, the model's name replaced where the table says so.
    func sendRequest() {
        guard let upstream, let table = exchange.table, let head = exchange.head else { return }
        relay = Relay()
        let body = exchange.body
        guard let splice = modelSplice(table) else {
            refuse(.malformedForm)
            return
        }
        let bodyCount = body.readableBytes - splice.range.count + splice.text.count
        let endpoint = table.endpoints[Int(exchange.endpoint)]
        let joins = bodyCount <= Limits.copiedBodyBytesMax
        let framing = upstreamFraming(head, bodyCount: bodyCount)
        var out = makeHead(
            table, head, endpoint, framing: framing,
            extraCapacity: joins ? bodyCount + ChunkWriter.overheadByteLimit : 0)
        if framing == .chunked, bodyCount > 0 {
            out.write(capacity: ChunkWriter.overheadByteLimit) { writer in
                ChunkWriter.writeSize(bodyCount, into: &writer)
            }
        }
        out.append(body.readableBytesSpan.extracting(0..<splice.range.lowerBound))
        out.append(splice.text.rawSpan)
        if joins {
            let rest = splice.range.upperBound..<body.readableBytes
            out.append(body.readableBytesSpan.extracting(rest))
        } else {
            // Large bodies are shared with the client's buffer, not copied.
            upstream.write(out)
            let rest = body.readerIndex + splice.range.upperBound
            out = body.getSlice(at: rest, length: body.writerIndex - rest) ?? ByteBuffer()
        }
        upstream.write(out)
        if framing == .chunked, bodyCount > 0 {
            upstream.write(ByteBuffer(staticString: "\r\n"))
        }
        upstream.flush()
        // A write can fail at once, and have led on to another connection.
        guard machine.state == .sending, self.upstream === upstream else { return }
        requestWritten(upstream)
    }

    /// All that has come of the request is written: the rest of it is due, or the answer.
    func requestWritten(_ upstream: UpstreamConnection) {
        if machine.bodyPending {
            exchange.body = ByteBuffer()
            advance()
            return
        }
        setAnswerTimer()
        if upstream.isWritable {
            machine.requestSent()
        }
    }

    /// The answer is due: its first byte for a stream, all else within `answer` (rule 11).
    func setAnswerTimer() {
        setTimer(
            phase: wantsStream ? exchange.timeouts.firstToken : exchange.timeouts.answer)
    }

    /// Whether the client asked for a stream.
    ///
    /// No property of the exchange, as all of that would be copied for it: 500 instructions.
    var wantsStream: Bool {
        exchange.form?.scanner.wantsStream ?? (exchange.scanner.stream.type == .true)
    }

    /// The upstream takes more: with nothing left to write the request is out.
    func upstreamWritable() {
        if machine.bodyPending {
            advance()
        } else {
            machine.requestSent()
        }
    }

    /// How the upstream is told of the body's end.
    private func upstreamFraming(_ head: RequestHead, bodyCount: Int) -> RequestFraming {
        switch head.framing {
        case .none: .none
        case .chunked where machine.streamsBody: .chunked
        default: .length(UInt64(bodyCount) + exchange.uploadRemaining)
        }
    }

    private func makeHead(
        _ table: LoadedTable, _ head: RequestHead, _ endpoint: EndpointHead,
        framing: RequestFraming, extraCapacity: Int
    ) -> ByteBuffer {
        let bytes = exchange.headBytes
        loop.recallFields(bytes, of: self)
        dropOverridden(endpoint)
        if !endpoint.keepsCredentials {
            for header in table.settings.keyHeaders where header.kind == nil {
                drop(header.bytes)
            }
        }
        dropAnsweredOrigin()
        return table.withView { view in
            let row = view.row(EndpointRecord.self, exchange.endpoint)
            let basePath = view.string(view.load(EndpointRecord.basePath, row))
            let upstreamIndex = view.load(EndpointRecord.upstream, row)
            let host = view.string(view.load(UpstreamRecord.hostField, at: upstreamIndex))
            let rewrite = RequestRewrite(
                strippedPrefixCount: basePath.byteCount > 0 ? 3 : 0,
                keepsCredentials: endpoint.keepsCredentials, framing: framing,
                requestID: endpoint.namesRequests ? nil : idToSend)
            let capacity = RequestRewrite.requestHeadCapacity(
                head, pathPrefix: basePath, hostField: host,
                extraFields: endpoint.fields.rawSpan)
            var out = allocator.buffer(capacity: capacity + extraCapacity)
            out.write(capacity: capacity) { writer in
                rewrite.writeRequestHead(
                    head, loop.requestFields, bytes: bytes.readableBytesSpan,
                    pathPrefix: basePath, hostField: host,
                    extraFields: endpoint.fields.rawSpan, into: &writer)
            }
            return out
        }
    }

    /// Leaves out the client's headers that the endpoint's own replace.
    private func dropOverridden(_ endpoint: EndpointHead) {
        for name in endpoint.names {
            drop(name)
        }
    }

    /// Leaves out every field of this name.
    func drop(_ name: [UInt8]) {
        let bytes = exchange.headBytes
        let fields = loop.requestFields
        var from = 0
        while let index = fields.firstIndex(
            of: name.rawSpan, in: bytes.readableBytesSpan, from: from)
        {
            fields.drop(at: index)
            from = index + 1
        }
    }

    /// Which bytes of the body give way to which; an empty range at the start for none.
    ///
    /// Nil where what they give way to cannot stand there.
    private func modelSplice(_ table: LoadedTable) -> (range: Range<Int>, text: [UInt8])? {
        guard exchange.look != .nothing, let route = exchange.route else {
            return (0..<0, [])
        }
        let spliced = withModel { model -> [UInt8]? in
            table.withView { view in
                switch replacement(
                    for: model, route: route, member: exchange.member, in: view)
                {
                case .unchanged: return nil
                case .text(let ref): return bytes(of: view.string(ref))
                case .star(let range): return quotedJSON(model.extracting(range))
                case .known(let known, let range):
                    let name = view.string(view.load(ModelRecord.name, at: known))
                    return quotedJSON(name.extracting(range))
                }
            }
        }
        exchange.sentModel = spliced ?? []
        guard let spliced else { return (0..<0, []) }
        if let form = exchange.form {
            let model = unquotedJSON(spliced.rawSpan)
            return form.scanner.canHold(model) ? formSplice(form, model: model) : nil
        }
        return (exchange.scanner.model.token.offsets, spliced)
    }

    /// The same in a form, where the part may say how long the model is.
    private func formSplice(_ form: Form, model: [UInt8]) -> (range: Range<Int>, text: [UInt8]) {
        let value = form.scanner.modelRange
        let length = form.scanner.modelLengthRange
        guard !length.isEmpty else { return (value, model) }
        let body = exchange.body
        let between = body.readableBytesSpan.extracting(length.upperBound..<value.lowerBound)
        let text = Array(String(model.count).utf8) + bytes(of: between) + model
        return (length.lowerBound..<value.upperBound, text)
    }
}
