internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A small model server that streams: what `routerc demo` has in the place of a real one.
///
/// Speaks `POST /v1/chat/completions`, streamed or not, and `GET /v1/models`; the answer is a
/// sentence that names the server, a word a chunk.
package final class DemoModelServer {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// Listens on a port of the system's choice on the loopback address.
    package init(name: String) throws {
        // Room for the router behind it too, whose failure must find a way to end this one.
        try Descriptors.require(3 * Descriptors.clientCount, for: "a demo")
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(DemoModelHandler(name: name))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    /// The port it listens on.
    package var port: Int { channel.localAddress?.port ?? 0 }

    /// Ends it.
    package func close() {
        try? group.syncShutdownGracefully()
    }
}

private final class DemoModelHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let wordDelay = TimeAmount.milliseconds(60)
    private let name: String
    private var head: HTTPRequestHead?
    private var body = ""

    init(name: String) {
        self.name = name
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ""
        case .body(let bytes):
            body += String(buffer: bytes)
        case .end:
            guard let head else { return }
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .POST else {
            let list = #"{"object":"list","data":[{"id":"\#(name)","object":"model"}]}"#
            write("application/json", [list], context, index: 0)
            return
        }
        let words = ["Hello", " from", " \(name),", " through", " routerc."]
        let isStream = body.contains("\"stream\":true") || body.contains("\"stream\": true")
        guard isStream else {
            let message = #"{"role":"assistant","content":"\#(words.joined())"}"#
            let choice = #"{"index":0,"message":\#(message),"finish_reason":"stop"}"#
            write(
                "application/json",
                [
                    #"{"id":"demo","object":"chat.completion","created":0,"model":"\#(name)","#
                        + #""choices":[\#(choice)]}"#
                ], context, index: 0)
            return
        }
        let events = words.map { word in
            #"data: {"id":"demo","object":"chat.completion.chunk","created":0,"model":"\#(name)","#
                + #""choices":[{"index":0,"delta":{"content":"\#(word)"},"finish_reason":null}]}"#
                + "\n\n"
        }
        write("text/event-stream", events + ["data: [DONE]\n\n"], context, index: 0)
    }

    /// Writes the pieces of an answer one after the other, with a pause between them.
    private func write(
        _ type: String, _ pieces: [String], _ context: ChannelHandlerContext, index: Int
    ) {
        if index == 0 {
            var answer = HTTPResponseHead(version: .http1_1, status: .ok)
            answer.headers.add(name: "content-type", value: type)
            context.write(wrapOutboundOut(.head(answer)), promise: nil)
        }
        let piece = ByteBuffer(string: pieces[index])
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
        guard index + 1 < pieces.count else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: DemoModelHandler.wordDelay) {
            bound.value.handler.write(type, pieces, bound.value.context, index: index + 1)
        }
    }
}
