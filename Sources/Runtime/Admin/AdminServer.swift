internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The admin interface: a listener and a loop of its own, away from the data path.
final class AdminServer {
    let address: ListenAddress
    private let group: MultiThreadedEventLoopGroup
    private let socket: BoundSocket
    private let connections = ConnectionLimit(limit: Limits.adminConnectionsMax)
    private let reloads: ReloadRequests
    private let isEnding = AtomicFlag()

    /// Binds.
    init(
        _ address: ListenAddress, context: AdminContext, logger: Logger
    ) throws(LoadFault) {
        self.address = address
        reloads = context.reloads
        // A reload may move the address when descriptors have run out.
        try Descriptors.require(Descriptors.clientCount, for: "the admin address")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let connections = self.connections
        let isEnding = self.isEnding
        let bootstrap = ServerBootstrap.accepting(on: group, limit: connections, logger: logger)
            .childChannelInitializer { channel in
                channel.closeFuture.whenComplete { _ in connections.closed() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // One request a connection: nothing to keep in order.
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(
                        AdminHandler(
                            door: AdminDoor(channel.parent?.localAddress), context: context,
                            isEnding: isEnding))
                }
            }
        do throws(LoadFault) {
            socket = try BoundSocket(bootstrap, to: address)
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    /// Whether nobody is connected.
    var isIdle: Bool { connections.count == 0 }

    /// Accepts no more; what is under way goes on.
    func stopListening() {
        // The next table may want the same address again.
        try? socket.channel.close().wait()
        socket.removeFile()
    }

    /// Ends the interface and what is under way.
    func close() {
        let loop = group.next()
        // From here on nobody asks the control thread for anything.
        try? loop.submit { [isEnding] in isEnding.set() }.wait()
        reloads.abandon(on: loop)
        try? group.syncShutdownGracefully()
        socket.removeFile()
    }
}
