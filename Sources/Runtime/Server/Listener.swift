internal import Logging
internal import NIOCore
internal import NIOPosix

/// A listening socket of the data path.
struct Listener: Sendable {
    let address: ListenAddress
    private let socket: BoundSocket

    /// Binds; connections are spread over the loops in turn.
    static func bind(
        _ address: ListenAddress, group: MultiThreadedEventLoopGroup, loops: LoopSet,
        limit: ConnectionLimit, logger: Logger
    ) throws(LoadFault) -> Listener {
        let bootstrap = ServerBootstrap.accepting(on: group, limit: limit, logger: logger)
            .serverChannelOption(.backlog, value: 4096)
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
