internal import Glibc
internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

/// A client's connection: feeds the machine with what happens and performs what it says.
///
/// Confined to its loop. The order of a request stands in `ClientConnection+Request.swift`, the way
/// of an answer in `ClientConnection+Response.swift`, our own answers in `+Answers`.
final class ClientConnection: ChannelInboundHandler, TimerTarget {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let loop: Loop
    private(set) var context: ChannelHandlerContext?
    var machine = ExchangeMachine()
    var exchange = Exchange()
    var relay = Relay()
    /// Received and not yet understood.
    var inbound = ByteBuffer()
    var headScanner = HeadScanner()
    /// Bytes to come of a body that was refused.
    var bytesToSkip = 0
    var upstream: UpstreamConnection?
    /// Tells the connect that is wanted from those that were given up.
    var attempt: UInt32 = 0
    /// What `writeAnswer` will write: an answer, or else an error.
    var pendingAnswer: ByteBuffer?
    /// What follows it, shared with others.
    var pendingBody: ByteBuffer?
    var pendingError: ProxyError?
    /// The key this connection presented last, and whom it belongs to.
    var knownKey = KnownKey()
    /// Who is at the other end; a closed channel does not know it any more.
    private(set) var peer = ClientAddress.unknown
    private let timer = TimerNode()
    private var lingeredBytes = 0
    /// What is known of a client that does not take its answer.
    private var stall = StallWatch()
    private var readsPaused = false
    private var isAdvancing = false
    /// Told when the connection has gone: the count of connections.
    private let whenClosed: () -> Void

    init(loop: Loop, whenClosed: @escaping () -> Void) {
        self.loop = loop
        self.whenClosed = whenClosed
        timer.attach(self)
    }

    // MARK: - What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if loop.access != nil {
            peer = ClientAddress(context.channel.remoteAddress)
        }
        loop.opened(self)
        setTimer(loop.clientTimeouts.head)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if machine.state == .lingering {
            lingeredBytes += bytes.readableBytes
            if lingeredBytes > Limits.lingerBytesMax {
                perform(machine.lingerEnded())
            }
            return
        }
        // After the last answer nothing is listened to any more.
        guard machine.state != .closed, machine.state != .draining else { return }
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.writeBuffer(&bytes)
        }
        advance()
        boundPipelining()
    }

    /// Nobody behind this handler wants to know.
    func channelReadComplete(context: ChannelHandlerContext) {}

    func channelInactive(context: ChannelHandlerContext) {
        if machine.isBusy {
            exchange.outcome = .clientGone
        }
        perform(machine.clientClosed())
        context.fireChannelInactive()
    }

    /// Every channel gets here, also one that was closed before it was active.
    func handlerRemoved(context: ChannelHandlerContext) {
        perform(machine.clientClosed())
        gone()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        perform(machine.clientUnblocked())
        setRelayTimer()
        if machine.state == .idle {
            waitForRequest()
            advance()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func timerFired() {
        switch machine.state {
        case .readingHead, .readingBody, .admitting:
            refuse(.clientTooSlow, byTimeout: true)
        case .waiting where !isOverTotal:
            goOnAfterPause()
        case .waiting:
            refuse(.totalTimeout, byTimeout: true)
        case .connecting:
            if retry(after: .connect, mayReturn: false) { return }
            refuse(isOverTotal ? .totalTimeout : .connectTimeout, byTimeout: true)
        case .sending where machine.bodyPending && !readsPaused:
            refuse(isOverTotal ? .totalTimeout : .clientTooSlow, byTimeout: true)
        case .sending, .awaitingHead:
            if retry(after: .timeout, mayReturn: false) { return }
            refuse(isOverTotal ? .totalTimeout : .answerTimeout, byTimeout: true)
        case .relaying where !isOverTotal && !isWritable:
            if !clientReadsOn() {
                breakOff(.clientTooSlow)
                perform(machine.timedOut())
            }
        case .relaying:
            breakOff(isOverTotal ? .totalTimeout : .answerTimeout)
            perform(machine.timedOut())
        case .idle where stall.isWatching && bufferedBytes == 0:
            // It has taken the rest of its answer meanwhile.
            waitForRequest()
        case .idle, .draining:
            guard !clientReadsOn() else { return }
            // Where only the end of the connection tells the end of an answer, a FIN would lie.
            if bufferedBytes > 0 { resetAtClose() }
            perform(machine.timedOut())
        case .lingering, .closed:
            perform(machine.timedOut())
        }
    }

    /// The drain is over: an answer under way ends, and shows that it is not whole.
    func cut() {
        guard machine.state == .relaying else { return }
        exchange.outcome = .truncated
        perform(machine.timedOut())
    }

    /// The process is stopping.
    func stop() {
        perform(machine.stop())
    }

    // MARK: - Going on

    /// Does what can be done with what has been received.
    func advance() {
        // An action of the machine may ask to go on while we are at it.
        guard !isAdvancing else { return }
        isAdvancing = true
        defer {
            isAdvancing = false
            readOnIfWanted()
        }
        var goesOn = true
        while goesOn {
            switch machine.state {
            // Who does not read its answers gets no more of them.
            case .idle: goesOn = isWritable && readHead()
            case .readingHead: goesOn = readHead()
            case .readingBody: goesOn = readBody()
            case .sending, .relaying:
                if machine.bodyPending { handBodyOn() }
                goesOn = false
            default: goesOn = false
            }
        }
    }

    /// A client that sends ahead while it is answered is not read from beyond a bound.
    private func boundPipelining() {
        let isWaiting = machine.state == .idle && !isWritable
        guard isWaiting || (machine.isBusy && machine.state != .readingBody) else { return }
        let count = inbound.readableBytes
        if count > Limits.pipelinedBytesMax {
            setReading(false)
        }
        // At the end of its input a channel is read whatever we say: not without end.
        if count > 4 * Limits.pipelinedBytesMax {
            exchange.outcome = .clientGone
            perform(machine.clientClosed())
            context?.close(promise: nil)
        }
    }

    func setReading(_ reading: Bool) {
        guard readsPaused == reading, let context else { return }
        readsPaused = !reading
        try? context.channel.syncOptions?.setOption(.autoRead, value: reading)
    }

    // MARK: - Performing

    /// Does what the machine says, in the order of its bits.
    func perform(_ actions: ExchangeMachine.Actions) {
        if actions.isEmpty { return }
        if actions.contains(.pauseUpstream) { upstream?.setReading(false) }
        if actions.contains(.resumeUpstream) { upstream?.setReading(true) }
        if actions.contains(.dropLease) { dropLease() }
        if actions.contains(.returnLease) { returnLease() }
        if actions.contains(.lease) { lease(fresh: false) }
        if actions.contains(.leaseFresh) { lease(fresh: true) }
        if actions.contains(.sendContinue) { writeContinue() }
        if actions.contains(.sendRequest) { sendRequest() }
        if actions.contains(.writeAnswer) { writeAnswer() }
        if actions.contains(.record) { endExchange() }
        if actions.contains(.nextRequest) { nextRequest() }
        if actions.contains(.closeAfterFlush) { closeAfterFlush() }
        if actions.contains(.linger) { linger() }
        if actions.contains(.close) { context?.close(promise: nil) }
        if actions.contains(.abort) { abort() }
    }

    private func nextRequest() {
        if isWritable {
            waitForRequest()
        } else {
            waitForClient()
        }
        if inbound.readableBytes == 0 {
            // An idle connection keeps no buffer.
            inbound = ByteBuffer()
        }
        advance()
    }

    /// Reads again where nothing more can be done with what has been received, or little is left.
    private func readOnIfWanted() {
        let isHungry: Bool =
            switch machine.state {
            case .readingHead, .readingBody: true
            case .idle: isWritable
            case .sending where machine.bodyPending: upstream?.isWritable ?? false
            case .draining, .closed: false
            default: inbound.readableBytes <= Limits.pipelinedBytesMax
            }
        if isHungry {
            setReading(true)
        }
    }

    private func closeAfterFlush() {
        guard let context else { return }
        inbound = ByteBuffer()
        setReading(false)
        let empty = ByteBuffer()
        let flushed = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        flushed.futureResult.whenComplete { _ in
            bound.value.perform(bound.value.machine.flushed())
        }
        waitForClient()
        context.writeAndFlush(wrapOutboundOut(empty), promise: flushed)
    }

    private func linger() {
        guard let context else { return }
        setTimer(Limits.lingerMilliseconds)
        lingeredBytes = inbound.readableBytes
        inbound = ByteBuffer()
        setReading(true)
        // FIN after the answer; the other half stays open for the rest of the request.
        context.close(mode: .output, promise: nil)
    }

    /// Waits for the first byte of a head.
    private func waitForRequest() {
        stall.reset()
        setTimer(loop.clientTimeouts.keepAlive)
    }

    /// Waits for the client to take more of an answer.
    func waitForClient() {
        stall.reset()
        setTimer(loop.clientTimeouts.writeStall / StallWatch.looks)
    }

    /// Whether something waits for the client, and it has not stalled: then it is waited for still.
    private func clientReadsOn() -> Bool {
        let count = bufferedBytes
        guard count > 0, stall.goesOn(.init(buffered: count, inSocket: socketBytes)) else {
            return false
        }
        setTimer(loop.clientTimeouts.writeStall / StallWatch.looks)
        return true
    }

    /// Bytes that were written and not yet taken by the socket.
    private var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Bytes that the socket has taken and the client has not.
    private var socketBytes: Int {
        let count = try? context?.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { LinuxCalls.untakenBytes(of: $0) }
        return max(0, count ?? 0)
    }

    /// Ends an answer that has begun so that nobody takes it for whole: a reset, not a FIN.
    ///
    /// A FIN where the client was told in chunks why, and none of it is left here: a reset could
    /// overtake it, and the last chunk is missing.
    private func abort() {
        if !relay.hasSaidWhy || bufferedBytes > 0 { resetAtClose() }
        context?.close(promise: nil)
    }

    /// Has the connection end with a reset, which drops what the socket still holds.
    private func resetAtClose() {
        // Done at once on the loop of the channel; a unix socket has no such option and needs none.
        _ = (context?.channel as? any SocketOptionProvider)?.setSoLinger(
            Glibc.linger(l_onoff: 1, l_linger: 0))
    }

    private func gone() {
        guard context != nil else { return }
        context = nil
        timer.detach()
        inbound = ByteBuffer()
        loop.closed(self)
        whenClosed()
    }

    // MARK: - Time

    func setTimer(_ milliseconds: UInt64) {
        loop.setTimer(timer, afterMilliseconds: milliseconds, now: loop.nowMilliseconds)
    }

    /// Sets the deadline of a phase, or what is left of `total` where that is shorter.
    ///
    /// Returns what time it is.
    @discardableResult
    func setTimer(phase milliseconds: UInt32) -> UInt64 {
        let now = loop.nowMilliseconds
        var delay = milliseconds == noMilliseconds ? UInt64.max : UInt64(milliseconds)
        if exchange.timeouts.total != noMilliseconds {
            let end = exchange.began / 1_000_000 + UInt64(exchange.timeouts.total)
            delay = min(delay, end > now ? end - now : 0)
        }
        if delay == .max {
            timer.clear()
        } else {
            loop.setTimer(timer, afterMilliseconds: delay, now: now)
        }
        return now
    }

    var isOverTotal: Bool {
        exchange.timeouts.total != noMilliseconds
            && loop.nowMilliseconds
                >= exchange.began / 1_000_000 + UInt64(exchange.timeouts.total)
    }

    // MARK: - Writing

    func write(_ bytes: ByteBuffer) {
        exchange.bytesOut += UInt64(bytes.readableBytes)
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Writes a list of models; a long one counts until the client has taken it.
    func write(list: ByteBuffer) {
        let count = list.readableBytes
        guard let context, count > Limits.copiedBodyBytesMax else { return write(list) }
        exchange.bytesOut += UInt64(count)
        loop.untakenListBytes += count
        let taken = context.eventLoop.makePromise(of: Void.self)
        let loop = loop
        taken.futureResult.assumeIsolated().whenComplete { _ in loop.untakenListBytes -= count }
        context.write(wrapOutboundOut(list), promise: taken)
    }

    func flush() {
        context?.flush()
    }

    var allocator: ByteBufferAllocator {
        context?.channel.allocator ?? ByteBufferAllocator()
    }

    /// Whether the client takes more for now.
    var isWritable: Bool { context?.channel.isWritable ?? false }
}
