internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Counts the connections of a listener, over all loops, and holds accepting back at the limit.
///
/// A limit that closed what it had accepted would look like a failure to clients; one that leaves
/// connections in the backlog looks like a queue.
final class ConnectionLimit: Sendable {
    private let open = Atomic<Int>(0)
    private let limit: Atomic<Int>

    init(limit: Int) {
        self.limit = Atomic(limit)
    }

    var isReached: Bool { open.load(ordering: .relaxed) >= limit.load(ordering: .relaxed) }

    /// Connections that are open.
    var count: Int { open.load(ordering: .relaxed) }

    func set(_ limit: Int) {
        self.limit.store(limit, ordering: .relaxed)
    }

    func opened() {
        open.add(1, ordering: .relaxed)
    }

    func closed() {
        open.subtract(1, ordering: .relaxed)
    }
}

/// Stands in the pipeline of a listening socket and asks for no connection beyond the limit.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = Channel
    typealias OutboundIn = Never

    private static let retryMilliseconds: Int64 = 20
    private let limit: ConnectionLimit
    private var isRemoved = false

    init(limit: ConnectionLimit) {
        self.limit = limit
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
    }

    func read(context: ChannelHandlerContext) {
        guard limit.isReached else {
            context.read()
            return
        }
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(AcceptGate.retryMilliseconds)) {
            let (gate, context) = bound.value
            if !gate.isRemoved { gate.read(context: context) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        limit.opened()
        context.fireChannelRead(data)
    }
}

/// What is done where `accept` fails, most likely for want of descriptors: wait, and say so.
///
/// The connection that could not be accepted stays in the backlog, so that the socket is still
/// readable: without a pause the loop would spin. NIO's `AcceptBackoffHandler` holds back the next
/// read only; after a failed accept the channel is still registered for the last one.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = Channel

    private static let pause = TimeAmount.milliseconds(200)
    private let logger: Logger
    private var silentUntil = NIODeadline.now()
    private var failures = 0

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failures += 1
        let now = NIODeadline.now()
        if now >= silentUntil {
            silentUntil = now + .milliseconds(Int64(Limits.silenceMilliseconds))
            logger.warning(
                "accept failed",
                metadata: [
                    "reason": "\(systemReason(error))",
                    "failures": .stringConvertible(failures),
                ])
        }
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: AcceptPause.pause) {
            // Fails where the listener has been closed meanwhile.
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

extension ServerBootstrap {
    /// A listener that accepts one connection at a time, none beyond the limit, and pauses where it
    /// cannot; whoever ends a connection tells the limit.
    static func accepting(
        on group: MultiThreadedEventLoopGroup, limit: ConnectionLimit, logger: Logger
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptGate(limit: limit))
                    try pipeline.addHandler(AcceptPause(logger: logger))
                }
            }
    }
}
