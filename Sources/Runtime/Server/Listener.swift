internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Counts client connections over all loops and holds accepting back at the limit.
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
                metadata: ["reason": "\(error)", "failures": .stringConvertible(failures)])
        }
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: AcceptPause.pause) {
            // Fails where the listener has been closed meanwhile.
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

/// A listening socket of the data path.
struct Listener: Sendable {
    let address: ListenAddress
    private let socket: BoundSocket

    /// Binds; connections are spread over the loops in turn.
    static func bind(
        _ address: ListenAddress, group: MultiThreadedEventLoopGroup, loops: LoopSet,
        limit: ConnectionLimit, logger: Logger
    ) throws(LoadFault) -> Listener {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptGate(limit: limit))
                    try pipeline.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.setDataPathOptions()
                    let loop = loops.loop(on: channel.eventLoop)
                    let client = ClientConnection(loop: loop) { limit.closed() }
                    try channel.pipeline.syncOperations.addHandler(client)
                }
            }
        return Listener(address: address, socket: try BoundSocket(bootstrap, to: address))
    }

    /// The port that was bound, where the system was to choose one.
    var boundPort: Int? { socket.channel.localAddress?.port }

    /// Accepts no more.
    func close() {
        socket.channel.close(promise: nil)
        socket.removeFile()
    }
}

/// The loops of the process, found by the event loop they are confined to.
struct LoopSet: Sendable {
    /// What all loops have in common.
    struct Shared: Sendable {
        var budget: Budget
        var access: AccessWriter?
        /// The most idle connections of a loop to one upstream.
        var idleMax: Int
        /// The most idle connections of a loop altogether: descriptors are for clients first.
        var idleTotalMax: Int
        var directory: UpstreamDirectory
        var complaints: Complaints
        var sampler: HostSampler
    }

    private let loops: [NIOLoopBound<Loop>]
    private let eventLoops: [any EventLoop]

    /// Makes one `Loop` on each event loop.
    init(
        group: MultiThreadedEventLoopGroup, shared: Shared, table: LoadedTable,
        targets: [UpstreamTarget]
    ) {
        eventLoops = Array(group.makeIterator())
        var loops: [NIOLoopBound<Loop>] = []
        for (index, eventLoop) in eventLoops.enumerated() {
            let made = eventLoop.submit {
                NIOLoopBound(
                    Loop(
                        eventLoop: eventLoop, index: index, shared: shared, table: table,
                        targets: targets),
                    eventLoop: eventLoop)
            }
            guard let loop = try? made.wait() else {
                preconditionFailure("a new event loop runs what is submitted to it")
            }
            loops.append(loop)
        }
        self.loops = loops
    }

    var count: Int { loops.count }

    /// The loop on an event loop; called on it.
    func loop(on eventLoop: any EventLoop) -> Loop {
        for (index, candidate) in eventLoops.enumerated() where candidate === eventLoop {
            return loops[index].value
        }
        preconditionFailure("a channel lives on a loop of its group")
    }

    /// Runs `body` on every loop and waits for all.
    func onAll<Result: Sendable>(_ body: @escaping @Sendable (Loop) -> Result) -> [Result] {
        let pending = zip(eventLoops, loops).map { eventLoop, loop in
            eventLoop.submit { body(loop.value) }
        }
        return pending.compactMap { try? $0.wait() }
    }

    /// Runs `body` on every loop; the results come in a future of `eventLoop`.
    func gather<Result: Sendable>(
        on eventLoop: any EventLoop, _ body: @escaping @Sendable (Loop) -> Result
    ) -> EventLoopFuture<[Result]> {
        let pending = zip(eventLoops, loops).map { source, loop in
            source.submit { body(loop.value) }
        }
        return EventLoopFuture.whenAllSucceed(pending, on: eventLoop)
    }
}
