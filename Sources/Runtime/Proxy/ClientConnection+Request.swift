internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// The order of a request:
//   head -> admit -> body -> resolve -> pick -> lease -> send.
// What decides is in `Routing`, what frames in `Wire`, what comes next in `ExchangeMachine`.

extension ClientConnection {
    // MARK: - Head

    /// Takes a head off what was received and decides on it; false where it is not complete.
    func readHead() -> Bool {
        skipBytes()
        guard inbound.readableBytes > 0 else { return false }
        if machine.state == .idle {
            machine.requestBegan()
            exchange = Exchange()
            exchange.began = Loop.monotonicNanoseconds()
            headScanner.reset()
            setTimer(loop.clientTimeouts.head)
        }
        // A head that is not complete holds no table.
        let table = loop.table
        let limit = table.settings.maxHeadBytes
        guard let end = headScanner.findEnd(inbound.readableBytesSpan) else {
            if inbound.readableBytes > limit {
                refuseHead(.headTooLarge)
            } else if headScanner.isHopeless(inbound.readableBytesSpan) {
                refuseHead(.malformedRequest)
            } else {
                return false
            }
            return true
        }
        guard end <= limit else {
            refuseHead(.headTooLarge)
            return true
        }
        exchange.table = table
        exchange.generation = table.generation
        inbound.moveReaderIndex(forwardBy: headScanner.start)
        guard let bytes = inbound.readSlice(length: end - headScanner.start) else { return false }
        exchange.headBytes = bytes
        exchange.bytesIn = UInt64(end)
        loop.counters.requests += 1
        let head: RequestHead
        do throws(RequestFault) {
            head = try loop.parseHead(bytes, of: self)
        } catch {
            refuseHead(ProxyError(error))
            return true
        }
        exchange.head = head
        admitRequest(head, table)
        return true
    }

    /// A head that cannot be understood: nothing after it on this connection can be either.
    private func refuseHead(_ error: ProxyError) {
        exchange.table = loop.table
        exchange.generation = loop.table.generation
        machine.headArrived(persists: false, bodyPending: true)
        beginExchange()
        refuse(error)
    }

    func beginExchange() {
        loop.counters.inFlight += 1
        loop.countHold(generation: exchange.generation, by: 1)
    }

    // MARK: - Admission

    /// Decides on the head.
    private func admitRequest(_ head: RequestHead, _ table: LoadedTable) {
        let bodyPending: Bool
        var contentLength: UInt64?
        switch head.framing {
        case .none: bodyPending = false
        case .length(let count):
            bodyPending = count > 0
            contentLength = count
        case .chunked: bodyPending = true
        }
        machine.headArrived(persists: head.keepAlive, bodyPending: bodyPending)
        beginExchange()
        let headBytes = exchange.headBytes
        let path = headBytes.readableBytesSpan.extracting(head.path)
        let isPlain = head.form == .asterisk || PathCheck.isPlain(path)
        let caller = identifyCaller(table)
        if case .success(let known) = caller {
            exchange.caller = known
        }
        let admission = table.withView { view in
            admit(
                MethodClass(head.method), path: path, isPlain: isPlain,
                contentLength: contentLength, caller: caller, in: view)
        }
        if case .proxied = admission {} else { skipBody(head) }
        switch admission {
        case .refused(let error): refuse(error)
        case .local(let place): answerLocally(place, table)
        case .options(let place): answerOptions(place)
        case .proxied(let needsModel):
            exchange.needsModel = needsModel
            wantBody(head)
        }
    }

    /// Throws away a small body that nobody asked for, so that the connection can go on.
    ///
    /// It is skipped as it comes. A large one, or one that waits to be invited, ends all.
    private func skipBody(_ head: RequestHead) {
        guard case .length(let count) = head.framing, count <= UInt64(Limits.lingerBytesMax),
            !head.expectContinue || count <= UInt64(inbound.readableBytes)
        else { return }
        bytesToSkip = Int(count)
        skipBytes()
        machine.bodyArrived()
    }

    /// Throws away what has come of a body that is skipped.
    private func skipBytes() {
        let count = min(bytesToSkip, inbound.readableBytes)
        inbound.moveReaderIndex(forwardBy: count)
        bytesToSkip -= count
    }

    // MARK: - Body

    /// Sees to it that the body is read, or goes on without one.
    private func wantBody(_ head: RequestHead) {
        if exchange.needsModel {
            let fields = loop.requestFields
            let headBytes = exchange.headBytes
            let bytes = headBytes.readableBytesSpan
            if fields.contains(.contentEncoding) {
                refuse(.contentEncodingUnsupported)
                return
            }
            // Without a type the body is taken for JSON: it will be looked at closely.
            if let type = fields.first(.contentType),
                !MediaType.isJSON(bytes.extracting(type.value))
            {
                refuse(.mediaTypeUnsupported)
                return
            }
        }
        // Only where the client waits: what has come already needs no invitation.
        let invites = head.expectContinue && inbound.readableBytes == 0
        perform(machine.bodyWanted(expectsContinue: invites))
        guard machine.state == .readingBody else {
            exchange.bodyIsComplete = true
            decide()
            return
        }
        exchange.bodyDeadline = loop.nowMilliseconds + Limits.bodyMilliseconds
        setBodyTimer()
    }

    /// The next byte of the body is due, and the last one by the deadline of all.
    func setBodyTimer() {
        let now = loop.nowMilliseconds
        let left = exchange.bodyDeadline > now ? exchange.bodyDeadline - now : 0
        setTimer(min(loop.clientTimeouts.bodyStall, left))
    }

    /// Takes what has come of the body; false where more is needed.
    func readBody() -> Bool {
        do throws(ProxyError) {
            switch exchange.framing {
            case .none: exchange.bodyIsComplete = true
            case .length(let count): try readBody(length: Int(count))
            case .chunked: try readChunks()
            }
        } catch {
            refuse(error)
            return true
        }
        if exchange.bodyIsComplete {
            machine.bodyArrived()
            decide()
            return true
        }
        if canStreamBody {
            beginUpload()
            return true
        }
        setBodyTimer()
        return false
    }

    private func readBody(length: Int) throws(ProxyError) {
        let available = min(length, inbound.readableBytes)
        exchange.bytesIn += UInt64(available - exchange.bodyBytesSeen)
        exchange.bodyBytesSeen = available
        try charge(upTo: available)
        if exchange.needsModel {
            let received = inbound
            try scan(received.readableBytesSpan.extracting(0..<available))
        }
        guard available == length, let body = inbound.readSlice(length: length) else { return }
        exchange.body = body
        exchange.bodyIsComplete = true
    }

    private func readChunks() throws(ProxyError) {
        let limit = exchange.table?.settings.maxBodyBytes ?? 0
        var position = 0
        let received = inbound
        let bytes = received.readableBytesSpan
        reading: while true {
            let step: ChunkStep
            do throws(ChunkFault) {
                step = try exchange.decoder.next(bytes, at: &position)
            } catch {
                throw ProxyError.malformedRequest
            }
            switch step {
            case .data(let start, let count):
                exchange.bodyBytesSeen += count
                guard exchange.bodyBytesSeen <= limit else {
                    throw ProxyError.bodyTooLarge
                }
                exchange.body.append(bytes.extracting(start..<start + count))
            case .needMore:
                break reading
            case .end:
                exchange.bodyIsComplete = true
                break reading
            }
        }
        inbound.moveReaderIndex(forwardBy: position)
        exchange.bytesIn += UInt64(position)
        try charge(upTo: exchange.body.readableBytes)
        if exchange.needsModel {
            let body = exchange.body
            try scan(body.readableBytesSpan)
        }
    }

    /// Charges the budget for bytes that are kept, or may come to be.
    func charge(upTo total: Int) throws(ProxyError) {
        let count = total - exchange.chargedBytes
        guard count > 0 else { return }
        guard loop.budget.take(count) else {
            throw ProxyError.overloaded
        }
        exchange.chargedBytes = total
    }

    private func scan(_ body: RawSpan) throws(ProxyError) {
        do throws(JSONFault) {
            _ = try exchange.scanner.scan(body)
        } catch {
            throw ProxyError(error)
        }
    }

    // MARK: - Decision

    /// All that decides is known: says where the request goes.
    func decide() {
        guard let table = exchange.table, let caller = exchange.caller else {
            refuse(.keyUnknown)
            return
        }
        let route: Route
        if exchange.needsModel {
            do throws(ProxyError) {
                route = try resolveModel(table, caller)
            } catch {
                refuse(error)
                return
            }
        } else {
            route = Route(pool: caller.pin, rule: noIndex)
        }
        exchange.route = route
        let loads = LiveLoads(table: table, targets: loop.targets)
        let ticket = loop.nextTicket(pool: route.pool)
        let member = table.withView { view in
            exchange.timeouts = ExchangeTimeouts(view, pool: route.pool)
            return pick(pool: route.pool, ticket: ticket, loads: loads, in: view)
        }
        guard let member else {
            refuse(.noEndpoint)
            return
        }
        exchange.member = member
        exchange.endpoint = table.withView { $0.load(MemberRecord.endpoint, at: member) }
        guard canCarry(table) else {
            refuse(.urlUnknown)
            return
        }
        perform(machine.bodyPending ? machine.routedStreaming() : machine.routed())
    }

    /// Whether the endpoint has a place for the path.
    private func canCarry(_ table: LoadedTable) -> Bool {
        guard let range = exchange.head?.path else { return false }
        let headBytes = exchange.headBytes
        let path = headBytes.readableBytesSpan.extracting(range)
        return table.withView { Routing.canCarry(path, to: exchange.endpoint, in: $0) }
    }

    private func resolveModel(
        _ table: LoadedTable, _ caller: Caller
    ) throws(ProxyError) -> Route {
        do throws(JSONFault) {
            let body = exchange.body
            try exchange.scanner.finish(body.readableBytesSpan)
        } catch {
            throw ProxyError(error)
        }
        guard exchange.scanner.model.type == .string else {
            throw ProxyError.modelMissing
        }
        let result = withModel { model in
            table.withView { view in
                resolve(
                    model: model, caller: caller, patterns: table.patterns,
                    scratch: loop.scratch, in: view)
            }
        }
        return try result.get()
    }

    /// Calls `body` with the model id of the request, unescaped; with nothing where there is none.
    func withModel<Result>(_ body: (RawSpan) -> Result) -> Result {
        let requestBody = exchange.body
        let bytes = requestBody.readableBytesSpan
        let model = exchange.scanner.model
        // A body that has been let go has no model any more.
        guard model.type == .string, Int(model.token.end) <= bytes.byteCount else {
            return body(RawSpan())
        }
        guard model.hasEscapes else {
            return body(bytes.extracting(model.content))
        }
        return unsafe withUnsafeTemporaryAllocation(
            byteCount: MemberScanner.modelByteLimit, alignment: 8
        ) { area in
            var writer = unsafe ByteWriter(area)
            model.writeText(bytes, into: &writer)
            let text = unsafe UnsafeRawBufferPointer(rebasing: area[..<writer.count])
            return unsafe body(text.bytes)
        }
    }
}

extension MethodClass {
    /// The method as far as it decides something.
    init(_ method: RequestMethod) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .options: self = .options
        default: self = .other
        }
    }
}
