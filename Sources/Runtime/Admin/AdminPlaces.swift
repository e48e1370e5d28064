internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// What the admin interface can ask for.
struct AdminContext: Sendable {
    let observed: Observed
    let reloads: ReloadRequests
    let logger: Logger
}

/// A place of the admin interface: a path, and who answers there.
struct AdminPlace: Sendable {
    typealias Answering =
        @Sendable (AdminContext, AdminRequest, any EventLoop) -> EventLoopFuture<AdminAnswer>

    let path: String
    /// Whether it changes something: `POST` only, and not for keys that may only read.
    var isChange = false
    let answer: Answering

    /// Every place there is.
    static let all: [AdminPlace] = [
        AdminPlace(path: "/status", answer: status),
        AdminPlace(path: "/metrics", answer: metrics),
        AdminPlace(path: "/stats", answer: stats),
        AdminPlace(path: "/endpoints", answer: endpoints),
        AdminPlace(path: "/-/reload", isChange: true, answer: reload),
        AdminPlace(path: "/-/endpoint/drain", isChange: true, answer: drain),
        AdminPlace(path: "/-/endpoint/resume", isChange: true, answer: resume),
    ]

    /// The answer to a request that was let in.
    static func answer(
        _ head: HTTPRequestHead, _ context: AdminContext, on eventLoop: any EventLoop
    ) -> EventLoopFuture<AdminAnswer> {
        let request = AdminRequest(head.uri)
        func refuse(_ error: AdminError) -> EventLoopFuture<AdminAnswer> {
            eventLoop.makeSucceededFuture(error.answer(asText: request.wantsText))
        }
        guard let place = all.first(where: { $0.path == request.path }) else {
            return refuse(.notFound)
        }
        if place.isChange {
            guard head.method == .POST else { return refuse(.postOnly) }
        } else {
            guard head.method == .GET || head.method == .HEAD else { return refuse(.readOnly) }
        }
        return place.answer(context, request, eventLoop)
    }

    // MARK: - Answers

    private static let status: Answering = { context, request, eventLoop in
        context.observed.status(on: eventLoop).map { values in
            request.wantsText ? .text(values.text) : .json(values.json)
        }
    }

    private static let metrics: Answering = { context, _, eventLoop in
        context.observed.metrics(on: eventLoop).map { bytes in
            AdminAnswer(
                status: .ok, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: ByteBuffer(bytes: bytes))
        }
    }

    private static let stats: Answering = { context, _, eventLoop in
        context.observed.stats(on: eventLoop).map { AdminAnswer.json($0) }
    }

    private static let endpoints: Answering = { context, request, eventLoop in
        let summary = EndpointSummary(context.observed)
        return eventLoop.makeSucceededFuture(
            request.wantsText
                ? .text(summary.rows) : .json("{\"endpoints\":\(summary.json)}\n"))
    }

    private static let drain: Answering = { context, request, eventLoop in
        eventLoop.makeSucceededFuture(AdminPlace.shown(context.drain(request), request))
    }

    private static let resume: Answering = { context, request, eventLoop in
        eventLoop.makeSucceededFuture(AdminPlace.shown(context.resume(request), request))
    }

    private static func shown(
        _ result: Result<EndpointOutcome, AdminError>, _ request: AdminRequest
    ) -> AdminAnswer {
        switch result {
        case .success(let outcome):
            request.wantsText ? .text(outcome.text) : .json(outcome.json)
        case .failure(let error): error.answer(asText: request.wantsText)
        }
    }

    private static let reload: Answering = { context, request, eventLoop in
        context.reloads.ask(on: eventLoop).map { outcome in
            guard let outcome else {
                return AdminError.stopping.answer(asText: request.wantsText)
            }
            let status: HTTPResponseStatus = outcome.report.isAccepted ? .ok : .unprocessableEntity
            return request.wantsText
                ? .text(outcome.text, status: status) : .json(outcome.json, status: status)
        }
    }
}
