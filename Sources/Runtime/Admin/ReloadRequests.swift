internal import Glibc
internal import NIOCore
internal import Synchronization
internal import TableFormat

/// What came of a reload.
struct ReloadOutcome: Sendable {
    var report: ReloadReport
    /// Of the table that is in service afterwards.
    var digest: String
    var generation: UInt32

    var json: String {
        """
        {"result":"\(report.result)",\
        "reason":\(report.reason.map(JSONText.quoted) ?? "null"),\
        "digest":"\(digest)","generation":\(generation),\
        "duration_us":\(report.durationMicroseconds)}

        """
    }

    var text: String {
        let table = "generation \(generation), digest \(digest)"
        guard let reason = report.reason else {
            return "table swapped: \(table), after \(report.durationMicroseconds) us\n"
        }
        return "table refused: \(reason)\nstill in service: \(table)\n"
    }
}

/// Requests for a reload from the admin interface, answered by the control thread.
///
/// A reload answers all that were asked before it began; those that come meanwhile wait for the
/// next one, as signals do.
final class ReloadRequests: Sendable {
    private struct State {
        var waiting: [EventLoopPromise<ReloadOutcome?>] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// `wake` tells the control thread, for which it is one more SIGHUP.
    init(wake: @escaping @Sendable () -> Void = { kill(getpid(), SIGHUP) }) {
        self.wake = wake
    }

    /// Asks for a reload; the outcome comes in a future of `eventLoop`, nil where the process
    /// stops first.
    func ask(on eventLoop: any EventLoop) -> EventLoopFuture<ReloadOutcome?> {
        let promise = eventLoop.makePromise(of: ReloadOutcome?.self)
        let (isClosed, isFirst) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            state.waiting.append(promise)
            return (false, state.waiting.count == 1)
        }
        if isClosed {
            promise.succeed(nil)
        } else if isFirst {
            wake()
        }
        return promise.futureResult
    }

    /// Those that the reload which begins now will answer.
    func take() -> [EventLoopPromise<ReloadOutcome?>] {
        state.withLock { state in
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
    }

    /// Gives up on those of one event loop, which is about to end.
    func abandon(on eventLoop: any EventLoop) {
        let left = state.withLock { state in
            let left = state.waiting.filter { $0.futureResult.eventLoop === eventLoop }
            state.waiting.removeAll { $0.futureResult.eventLoop === eventLoop }
            return left
        }
        for promise in left {
            promise.succeed(nil)
        }
    }

    /// No reload any more: the process is stopping.
    func close() {
        state.withLock { $0.isClosed = true }
        for promise in take() {
            promise.succeed(nil)
        }
    }
}
