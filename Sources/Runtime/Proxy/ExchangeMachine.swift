/// One request and its answer, as a pure state machine: events in, actions out.
///
/// It owns no bytes, sockets or clocks; a `ClientConnection` tells it what happened and performs
/// what it says, in the order of `Actions`. Reused for each request of a connection. It holds at
/// most one upstream lease, records each exchange exactly once and says nothing after `closed`.
/// A simulator in the tests throws random interleavings of events at it.
package struct ExchangeMachine: Sendable {
    package enum State: UInt8, Sendable {
        /// Between requests.
        case idle
        /// The first byte of a head has come.
        case readingHead
        /// The head is complete, or the body: a decision is due.
        case admitting
        case readingBody
        /// An attempt has failed, and the next one waits.
        case waiting
        /// A lease of an upstream connection is asked for.
        case connecting
        /// The request is on its way upstream.
        case sending
        case awaitingHead
        /// The answer goes through.
        case relaying
        /// The last answer is written; the connection closes when it is flushed.
        case draining
        /// As `draining`, and the rest of the request is read and thrown away.
        case lingering
        case closed
    }

    /// What to do, in the order of the bits.
    package struct Actions: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let pauseUpstream = Actions(rawValue: 1 << 0)
        package static let resumeUpstream = Actions(rawValue: 1 << 1)
        /// Close the upstream connection, or give up getting one.
        package static let dropLease = Actions(rawValue: 1 << 2)
        /// Give the upstream connection back for reuse.
        package static let returnLease = Actions(rawValue: 1 << 3)
        /// Get an upstream connection, idle or new.
        package static let lease = Actions(rawValue: 1 << 4)
        /// Get a new upstream connection: an idle one has just died.
        package static let leaseFresh = Actions(rawValue: 1 << 5)
        package static let sendContinue = Actions(rawValue: 1 << 6)
        package static let sendRequest = Actions(rawValue: 1 << 7)
        package static let forwardHead = Actions(rawValue: 1 << 8)
        /// Write an answer of our own: an error, or what was asked of the router itself.
        package static let writeAnswer = Actions(rawValue: 1 << 9)
        package static let record = Actions(rawValue: 1 << 10)
        /// Look for the next request in what has been received.
        package static let nextRequest = Actions(rawValue: 1 << 11)
        /// Close when all that was written is flushed.
        package static let closeAfterFlush = Actions(rawValue: 1 << 12)
        /// Send FIN when all is flushed, and throw away what still comes.
        package static let linger = Actions(rawValue: 1 << 13)
        package static let close = Actions(rawValue: 1 << 14)
        /// Close so that the client sees that the answer is incomplete.
        package static let abort = Actions(rawValue: 1 << 15)
    }

    private enum Lease: UInt8 {
        case none
        case pending
        case held
    }

    package private(set) var state: State = .idle
    private var lease: Lease = .none
    /// The connection may serve another request after this one.
    private var persists = false
    /// Bytes of the request's body are still to come.
    package private(set) var bodyPending = false
    /// The body goes upstream as it comes, and is not kept for another attempt.
    package private(set) var streamsBody = false
    private var leaseWasReused = false
    private var hasReplacedStale = false
    private var upstreamReusable = false
    private var upstreamPaused = false
    private var stopping = false

    package init() {}

    /// Whether the client must be told that the connection ends after this answer.
    package var closesAfterAnswer: Bool { stopping || !persists || bodyPending }

    /// Whether an exchange has begun and not ended.
    package var isBusy: Bool {
        switch state {
        case .idle, .readingHead, .draining, .lingering, .closed: false
        default: true
        }
    }

    // MARK: - The client's side

    /// The first byte of a request.
    package mutating func requestBegan() {
        guard state == .idle else { return }
        state = .readingHead
    }

    /// A whole head, good or bad.
    package mutating func headArrived(persists: Bool, bodyPending: Bool) {
        guard state == .readingHead || state == .idle else { return }
        state = .admitting
        self.persists = persists
        self.bodyPending = bodyPending
        streamsBody = false
        hasReplacedStale = false
        upstreamReusable = false
    }

    /// The body is wanted before a decision can be made.
    package mutating func bodyWanted(expectsContinue: Bool) -> Actions {
        guard state == .admitting, bodyPending else { return [] }
        state = .readingBody
        return expectsContinue ? .sendContinue : []
    }

    /// The last byte of the body.
    package mutating func bodyArrived() {
        guard bodyPending else { return }
        bodyPending = false
        if state == .readingBody {
            state = .admitting
        }
    }

    /// The router answers itself: a refusal, a failure, a list of models.
    package mutating func answered() -> Actions {
        switch state {
        case .admitting, .readingBody, .waiting, .connecting, .sending, .awaitingHead: break
        default: return []
        }
        return endLease(reuse: false).union(.writeAnswer).union(endExchange())
    }

    /// The client has closed its side or the connection broke.
    package mutating func clientClosed() -> Actions {
        guard state != .closed else { return [] }
        let record: Actions = isBusy ? .record : []
        state = .closed
        return endLease(reuse: false).union(record)
    }

    /// More is waiting to be written to the client than should be.
    package mutating func clientBlocked() -> Actions {
        guard state == .relaying, !upstreamPaused else { return [] }
        upstreamPaused = true
        return .pauseUpstream
    }

    /// The client reads again.
    package mutating func clientUnblocked() -> Actions {
        guard state == .relaying, upstreamPaused else { return [] }
        upstreamPaused = false
        return .resumeUpstream
    }

    /// All that was written before a close is out.
    package mutating func flushed() -> Actions {
        guard state == .draining else { return [] }
        state = .closed
        return .close
    }

    /// Enough has been thrown away.
    package mutating func lingerEnded() -> Actions {
        guard state == .lingering else { return [] }
        state = .closed
        return .close
    }

    // MARK: - The upstream's side

    /// A pool and an endpoint are decided; the body is complete.
    package mutating func routed() -> Actions {
        guard state == .admitting, !bodyPending else { return [] }
        state = .connecting
        lease = .pending
        return .lease
    }

    /// A pool and an endpoint are decided before the body has come: it is sent on as it comes.
    ///
    /// What was sent is not kept, so an idle connection that turns out to be dead could not be
    /// replaced: it goes over a fresh one.
    package mutating func routedStreaming() -> Actions {
        guard state == .readingBody, bodyPending else { return [] }
        state = .connecting
        lease = .pending
        streamsBody = true
        return .leaseFresh
    }

    /// The connection that was asked for is there.
    package mutating func leased(reused: Bool) -> Actions {
        guard state == .connecting else { return [] }
        state = .sending
        lease = .held
        leaseWasReused = reused
        upstreamReusable = true
        return .sendRequest
    }

    /// The whole request has left for the upstream.
    package mutating func requestSent() {
        guard state == .sending, !bodyPending else { return }
        state = .awaitingHead
    }

    /// The head of the final answer.
    package mutating func responseHeadArrived(upstreamReusable: Bool) -> Actions {
        guard state == .sending || state == .awaitingHead else { return [] }
        // An answer that overtakes its request leaves a connection nobody can trust.
        self.upstreamReusable = upstreamReusable && state == .awaitingHead
        state = .relaying
        upstreamPaused = false
        return .forwardHead
    }

    /// The answer can only be ended by closing: a client of HTTP/1.0 and an unknown length.
    package mutating func endAfterAnswer() {
        persists = false
    }

    /// The last byte of the answer; `upstreamClean` where nothing follows it.
    package mutating func responseEnded(upstreamClean: Bool) -> Actions {
        guard state == .relaying else { return [] }
        let reuse = upstreamReusable && upstreamClean
        let resume: Actions = upstreamPaused && reuse ? .resumeUpstream : []
        return endLease(reuse: reuse).union(resume).union(endExchange())
    }

    /// The upstream could not be reached, closed, or said something that is not HTTP.
    ///
    /// `beforeFirstByte` says that it closed without a byte of an answer: on a reused connection
    /// that is the race with its keep-alive, and one fresh connection is tried. Otherwise an error
    /// is due (`writeAnswer`), or the answer that has begun ends visibly broken (`abort`).
    package mutating func upstreamFailed(beforeFirstByte: Bool) -> Actions {
        switch state {
        case .connecting:
            return answered()
        case .sending, .awaitingHead:
            guard replacesStale(beforeFirstByte: beforeFirstByte) else {
                return answered()
            }
            hasReplacedStale = true
            state = .connecting
            lease = .pending
            return [.dropLease, .leaseFresh]
        case .relaying:
            state = .closed
            return endLease(reuse: false).union([.record, .abort])
        default:
            return []
        }
    }

    /// Whether a failure at this moment is that of a reused connection which its upstream has just
    /// closed, and is mended by a fresh one.
    package func replacesStale(beforeFirstByte: Bool) -> Bool {
        let isWaiting = state == .sending || state == .awaitingHead
        return isWaiting && beforeFirstByte && leaseWasReused && !hasReplacedStale
    }

    /// Whether the attempt under way can give way to another one.
    ///
    /// All of the request must be here still, and nothing of an answer with the client.
    package var canRetry: Bool {
        switch state {
        case .connecting: true
        case .sending, .awaitingHead: !streamsBody && !bodyPending
        default: false
        }
    }

    /// The attempt has failed and another one follows, after a pause where one is wanted.
    package mutating func retried(afterPause: Bool) -> Actions {
        guard canRetry else { return [] }
        hasReplacedStale = false
        upstreamReusable = false
        let drop = endLease(reuse: false)
        guard !afterPause else {
            state = .waiting
            return drop
        }
        state = .connecting
        lease = .pending
        return drop.union(streamsBody ? .leaseFresh : .lease)
    }

    /// The pause ahead of an attempt is over.
    package mutating func pauseEnded() -> Actions {
        guard state == .waiting else { return [] }
        state = .connecting
        lease = .pending
        return streamsBody ? .leaseFresh : .lease
    }

    // MARK: - Time

    /// A deadline has passed; an answer that is due then is an error (`writeAnswer`).
    package mutating func timedOut() -> Actions {
        switch state {
        case .idle, .draining, .lingering:
            state = .closed
            return .close
        case .readingHead:
            // There is no request to keep the connection for.
            state = .admitting
            persists = false
            bodyPending = true
            return answered()
        case .admitting, .readingBody, .waiting, .connecting, .sending, .awaitingHead:
            return answered()
        case .relaying:
            state = .closed
            return endLease(reuse: false).union([.record, .abort])
        case .closed:
            return []
        }
    }

    /// The process wants to stop: no further request on this connection.
    package mutating func stop() -> Actions {
        stopping = true
        guard state == .idle else { return [] }
        // The last answer may still be on its way out.
        state = .draining
        return .closeAfterFlush
    }

    // MARK: - Ends

    private mutating func endLease(reuse: Bool) -> Actions {
        guard lease != .none else { return [] }
        lease = .none
        return reuse ? .returnLease : .dropLease
    }

    private mutating func endExchange() -> Actions {
        if bodyPending {
            state = .lingering
            return [.record, .linger]
        }
        if persists && !stopping {
            state = .idle
            return [.record, .nextRequest]
        }
        state = .draining
        return [.record, .closeAfterFlush]
    }
}
