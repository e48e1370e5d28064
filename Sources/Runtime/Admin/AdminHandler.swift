internal import NIOCore
internal import NIOHTTP1

/// A connection to the admin interface: one request, one answer, and the end.
///
/// Confined to its loop. Whoever takes too long with either is closed.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case reading
        case deciding
        case answering
    }

    private let door: AdminDoor
    private let context: AdminContext
    /// Set when the interface is about to end.
    private let isEnding: AtomicFlag
    private var state = State.reading
    private var head: HTTPRequestHead?
    private var bodyByteCount = 0
    private var deadline: Scheduled<Void>?

    init(door: AdminDoor, context: AdminContext, isEnding: AtomicFlag) {
        self.door = door
        self.context = context
        self.isEnding = isEnding
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(Limits.adminRequestMilliseconds, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // An answer that comes from now on comes too late.
        state = .answering
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state == .reading else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes):
            bodyByteCount += bytes.readableBytes
            if bodyByteCount > Limits.adminBodyBytesMax {
                refuse(.bodyTooLarge, context)
            }
        case .end:
            if let head { decide(head, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, state == .reading else {
            context.close(promise: nil)
            return
        }
        refuse(.malformed, context)
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if let refusal = door.refusal(of: head, table: self.context.observed.state.table) {
            refuse(refusal, context)
            return
        }
        guard !isEnding.isSet else {
            refuse(.stopping, context)
            return
        }
        state = .deciding
        deadline?.cancel()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        AdminPlace.answer(head, self.context, on: context.eventLoop).whenComplete { result in
            let (handler, context) = bound.value
            switch result {
            case .success(let answer): handler.write(answer, context)
            // A loop that has ended: there is nobody left to ask.
            case .failure: handler.refuse(.stopping, context)
            }
        }
    }

    private func refuse(_ error: AdminError, _ context: ChannelHandlerContext) {
        write(error.answer(asText: head.map { AdminRequest($0.uri).wantsText } ?? false), context)
    }

    private func write(_ answer: AdminAnswer, _ context: ChannelHandlerContext) {
        guard state != .answering else { return }
        state = .answering
        setDeadline(Limits.adminAnswerMilliseconds, context)
        var fields = HTTPHeaders([
            ("content-type", answer.contentType),
            ("content-length", String(answer.body.readableBytes)),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("connection", "close"),
        ])
        for field in answer.fields {
            fields.add(name: field.name, value: field.value)
        }
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if self.head?.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    private func setDeadline(_ milliseconds: Int64, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
            let (handler, context) = bound.value
            switch handler.state {
            case .reading: handler.refuse(.tooSlow, context)
            case .deciding, .answering: context.close(promise: nil)
            }
        }
    }
}
