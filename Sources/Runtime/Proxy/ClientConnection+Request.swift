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
        let received = inbound
        guard let end = headScanner.findEnd(received.readableBytesSpan) else {
            if received.readableBytes > limit {
                refuseHead(.headTooLarge)
            } else if headScanner.isHopeless(received.readableBytesSpan) {
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
        loop.counters.requests += 1
        loop.counters.inFlight += 1
        loop.countHold(generation: exchange.generation, by: 1)
        if let table = exchange.table, table.crossOrigin != nil {
            exchange.origin = originStanding(table)
        }
        nameExchange()
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
        // An absolute target without a path means the root (RFC 9112, section 3.2.1).
        let isPlain =
            head.form == .asterisk || PathCheck.isPlain(path)
            || (head.form == .absolute && path.byteCount == 0)
        if exchange.origin != .off, isPreflight, isPlain || APIPath(path) == .model,
            let rules = table.crossOrigin
        {
            skipBody(head)
            answerPreflight(rules)
            return
        }
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
        case .proxied(let use): wantBody(head, use)
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

    // MARK: - Decision

    /// All that decides is known: says where the request goes.
    func decide() {
        guard let table = exchange.table, let caller = exchange.caller else {
            refuse(.keyUnknown)
            return
        }
        var route: Route
        if exchange.look == .nothing {
            route = Route(pool: caller.pin, rule: noIndex)
        } else {
            do throws(ProxyError) {
                route = try resolveModel(table, caller)
            } catch {
                refuse(error)
                return
            }
        }
        if route.isOpen { settle(&route, table) }
        exchange.firstRoute = route
        enter(route, turn(of: route, table), table)
        if let member = pickedMember(table, route, exchange.turn, excluding: []) {
            begin(member, table)
        } else {
            decideOtherwise(table, route)
        }
    }

    /// Makes the first attempt.
    func begin(_ member: UInt32, _ table: LoadedTable) {
        exchange.attempts = 1
        exchange.poolAttempts = 1
        exchange.member = member
        exchange.endpoint = table.withView { $0.load(MemberRecord.endpoint, at: member) }
        perform(machine.bodyPending ? machine.routedStreaming() : machine.routed())
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
        case .trace: self = .trace
        default: self = .other
        }
    }
}
