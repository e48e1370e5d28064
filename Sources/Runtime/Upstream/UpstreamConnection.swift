internal import NIOCore
internal import NIOTLS

/// A connection to an upstream, on the loop of the client that uses it.
///
/// Leased to at most one client connection at a time; between leases it waits in its loop's pool,
/// where a byte or an end from the other side closes it.
final class UpstreamConnection: ChannelInboundHandler, TimerTarget {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let slot: UInt32
    let stableID: UInt64
    private let loop: Loop
    private var context: ChannelHandlerContext?
    /// Who has the lease.
    var client: ClientConnection?
    /// Whether it waits in the pool.
    var isIdle = false
    private let timer = TimerNode()
    private var readsPaused = false
    /// It ended by a reset or another failure, not by a FIN.
    private var hasFailed = false
    /// The end of a TLS handshake, good or bad; nil before it.
    private var handshake: Bool?
    /// Why it was bad, where the channel has said so.
    private(set) var handshakeError: (any Error)?
    private var whenHandshakeEnded: ((Bool) -> Void)?

    init(slot: UInt32, stableID: UInt64, loop: Loop) {
        self.slot = slot
        self.stableID = stableID
        self.loop = loop
        timer.attach(self)
    }

    /// Whether it can carry a request.
    var isOpen: Bool { context != nil }

    /// Whether all that was written has left, or nearly.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: - What the client connection does with it

    func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    /// Stops or resumes reading: back-pressure from the client.
    func setReading(_ reading: Bool) {
        guard readsPaused == reading, let context else { return }
        readsPaused = !reading
        try? context.channel.syncOptions?.setOption(.autoRead, value: reading)
    }

    /// Back to the pool, for so long.
    func rest(forMilliseconds milliseconds: UInt64) {
        client = nil
        isIdle = true
        setReading(true)
        loop.setTimer(timer, afterMilliseconds: milliseconds, now: loop.nowMilliseconds)
    }

    /// Out of the pool.
    func wake(for client: ClientConnection) {
        isIdle = false
        timer.clear()
        self.client = client
    }

    func close() {
        client = nil
        timer.clear()
        context?.close(promise: nil)
    }

    func timerFired() {
        if isIdle {
            loop.pool.forget(self)
            close()
        } else if whenHandshakeEnded != nil {
            close()
        }
    }

    // MARK: - TLS

    /// Calls `body` once when the handshake has ended, at once where it has.
    ///
    /// Whoever waits may give up; the handshake ends after `milliseconds` all the same.
    func whenSecured(withinMilliseconds milliseconds: UInt64, _ body: @escaping (Bool) -> Void) {
        if let handshake {
            body(handshake)
        } else {
            whenHandshakeEnded = body
            loop.setTimer(timer, afterMilliseconds: milliseconds, now: loop.nowMilliseconds)
        }
    }

    private func endHandshake(succeeded: Bool) {
        guard handshake == nil else { return }
        handshake = succeeded
        timer.clear()
        let tell = whenHandshakeEnded
        whenHandshakeEnded = nil
        tell?(succeeded)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            endHandshake(succeeded: true)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.counters.upstreamConnections += 1
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer.detach()
        loop.counters.upstreamConnections -= 1
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let client else {
            // Nothing was asked: this is no peer to reuse.
            loop.pool.forget(self)
            close()
            return
        }
        client.upstreamRead(unwrapInboundIn(data))
    }

    /// Nobody behind this handler wants to know.
    func channelReadComplete(context: ChannelHandlerContext) {}

    func channelInactive(context: ChannelHandlerContext) {
        loop.pool.forget(self)
        let client = client
        self.client = nil
        self.context = nil
        endHandshake(succeeded: false)
        client?.upstreamClosed(cleanly: !hasFailed)
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            client?.upstreamWritable()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset, a broken pipe, a certificate nobody trusts, an end under TLS without
        // close_notify: the channel is of no use, and `channelInactive` tells.
        hasFailed = true
        if handshake == nil, handshakeError == nil {
            handshakeError = error
        }
        context.close(promise: nil)
    }
}
