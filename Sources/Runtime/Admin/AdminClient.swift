internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Why the admin interface of a running router could not be asked.
package struct AdminFault: Error, CustomStringConvertible {
    package var description: String
}

/// One request to the admin interface of a running router: what `routerc reload` and `routerc
/// status` send.
package enum AdminClient {
    package enum Method: Sendable {
        case get
        case post
    }

    package struct Answer: Sendable {
        package var status = 0
        package var body: [UInt8] = []
    }

    /// How long connecting may take.
    private static let connectSeconds: Int64 = 5
    /// How long the answer may take: a reload reads secrets and looks up names.
    private static let answerSeconds: Int64 = 120

    /// Sends a request, and waits for the whole answer.
    package static func ask(
        _ address: ListenAddress, _ method: Method, _ target: String, key: String?
    ) throws(AdminFault) -> Answer {
        do throws(LoadFault) {
            try Descriptors.require(Descriptors.clientCount, for: "a request")
        } catch {
            throw AdminFault(description: "cannot reach \(address): \(error)")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let promise = group.next().makePromise(of: Answer.self)
        let head = self.head(address, method, target, key)
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(.seconds(connectSeconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AdminAnswerReader(head, promise))
                }
            }
        do {
            switch address {
            case .tcp(let host, let port):
                _ = try bootstrap.connect(host: host, port: Int(port)).wait()
            case .unix(let path):
                _ = try bootstrap.connect(unixDomainSocketPath: path).wait()
            }
            group.next().scheduleTask(in: .seconds(answerSeconds)) {
                promise.fail(AdminFault(description: "no answer within \(answerSeconds) s"))
            }
            return try promise.futureResult.wait()
        } catch {
            // It has failed, or nobody will ever keep it.
            promise.fail(error)
            throw AdminFault(description: "cannot reach \(address): \(problem(error))")
        }
    }

    private static func head(
        _ address: ListenAddress, _ method: Method, _ target: String, _ key: String?
    ) -> HTTPRequestHead {
        var head = HTTPRequestHead(
            version: .http1_1, method: method == .get ? .GET : .POST, uri: target)
        switch address {
        case .tcp: head.headers.add(name: "host", value: address.description)
        case .unix: head.headers.add(name: "host", value: "localhost")
        }
        if let key {
            head.headers.add(name: "authorization", value: "Bearer \(key)")
        }
        if method == .post { head.headers.add(name: "content-length", value: "0") }
        return head
    }

    /// What went wrong, without NIO's names.
    private static func problem(_ error: any Error) -> String {
        switch error {
        case let fault as AdminFault: fault.description
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { problem($0.error) }
                ?? "there is no address for '\(error.host)'"
        case ChannelError.connectTimeout: "no connection within \(connectSeconds) s"
        case is HTTPParserError: "it does not speak HTTP"
        default: systemReason(error)
        }
    }
}

/// Sends one request when its channel is open, and puts the answer together.
///
/// Confined to its loop.
private final class AdminAnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let promise: EventLoopPromise<AdminClient.Answer>
    private var answer = AdminClient.Answer()

    init(_ head: HTTPRequestHead, _ promise: EventLoopPromise<AdminClient.Answer>) {
        self.head = head
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer.status = Int(head.status.code)
        case .body(let bytes):
            guard answer.body.count + bytes.readableBytes <= Limits.adminAnswerBytesMax else {
                let limit = Limits.adminAnswerBytesMax >> 20
                promise.fail(AdminFault(description: "the answer is larger than \(limit) MiB"))
                context.close(promise: nil)
                return
            }
            answer.body += bytes.readableBytesView
        case .end:
            promise.succeed(answer)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // The first outcome counts: after an answer this changes nothing.
        promise.fail(AdminFault(description: "the connection was closed without an answer"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
