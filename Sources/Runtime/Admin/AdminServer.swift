internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import TableFormat

/// The admin interface: a listener and a loop of its own, away from the data path.
final class AdminServer {
    let address: ListenAddress
    private let group: MultiThreadedEventLoopGroup
    private let socket: BoundSocket

    /// Binds; the address should be loopback or a unix socket.
    init(
        _ address: ListenAddress, status: StatusReport, stats: StatsReport
    ) throws(LoadFault) {
        self.address = address
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(AdminHandler(status: status, stats: stats))
                }
            }
        do throws(LoadFault) {
            socket = try BoundSocket(bootstrap, to: address)
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    /// Ends the interface.
    func close() {
        try? group.syncShutdownGracefully()
        socket.removeFile()
    }
}

/// `GET /status` and `GET /stats`; nothing else yet.
private final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let status: StatusReport
    private let stats: StatsReport
    private var head: HTTPRequestHead?

    init(status: StatusReport, stats: StatsReport) {
        self.status = status
        self.stats = stats
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            if let head { answer(head, context) }
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = head.uri.split(separator: "?", omittingEmptySubsequences: false)[0]
        guard path == "/status" || path == "/stats" else {
            write(.notFound, AdminHandler.error("There is nothing at this URL."), head, context)
            return
        }
        guard head.method == .GET || head.method == .HEAD else {
            write(.methodNotAllowed, AdminHandler.error("GET only."), head, context)
            return
        }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let body =
            path == "/stats"
            ? stats.render(on: context.eventLoop) : status.render(on: context.eventLoop)
        body.whenSuccess { body in
            bound.value.handler.write(.ok, body, head, bound.value.context)
        }
    }

    private static func error(_ message: String) -> String {
        "{\"error\":{\"message\":\(JSONText.quoted(message))}}\n"
    }

    private func write(
        _ code: HTTPResponseStatus, _ body: String, _ head: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        var answer = HTTPResponseHead(version: .http1_1, status: code)
        answer.headers.add(name: "content-type", value: "application/json")
        answer.headers.add(name: "content-length", value: String(body.utf8.count))
        answer.headers.add(name: "connection", value: "close")
        if code == .methodNotAllowed { answer.headers.add(name: "allow", value: "GET, HEAD") }
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if head.method != .HEAD {
            let bytes = ByteBuffer(string: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }
}
