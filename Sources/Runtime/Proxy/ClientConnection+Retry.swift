internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// What becomes of a request whose attempt has failed before a byte of an answer went to the client:
// another endpoint at once, the same one after a pause, or nothing more.

extension ClientConnection {
    /// Begins another attempt; false where there is none to be made.
    ///
    /// `mayReturn` says that the endpoint itself could do better at once. One that has answered, be
    /// it with a status, is not asked the same again.
    func retry(after cause: RetryCause, mayReturn: Bool) -> Bool {
        guard machine.canRetry, let table = exchange.table, let route = exchange.route else {
            return false
        }
        let policy = table.withView { RetryPolicy($0, pool: route.pool) }
        guard policy.covers(cause), !isOverTotal, cause.isAheadOfWork || isRepeatable,
            exchange.attempts < RetryPolicy.attemptsInAll
        else { return false }
        let failure = FailedAttempt(endpoint: exchange.endpoint, route)
        if !exchange.failures.contains(failure) { exchange.failures.append(failure) }
        guard let next = nextAttempt(table, route, policy, mayReturn: mayReturn) else {
            return false
        }
        noteFailure(isOutOfOrder: cause != .credential && cause != .tooManyRequests)
        loop.metrics.retried(slot: exchange.poolSlot, cause)
        let count = exchange.poolAttempts
        if let place = next.place { move(to: place, table) }
        exchange.attempts += 1
        exchange.poolAttempts += 1
        exchange.member = next.member
        exchange.endpoint = table.withView { $0.load(MemberRecord.endpoint, at: next.member) }
        let isKnown = next.place == nil && exchange.endpoint == failure.endpoint
        let pause =
            isKnown
            ? policy.pause(after: count, draw: UInt32.random(in: 0 ... .max)) : 0
        perform(machine.retried(afterPause: pause > 0))
        if pause > 0 { setTimer(phase: pause) }
        return true
    }

    /// Who is tried next, and where that is another pool or model.
    private typealias Attempt = (member: UInt32, place: Placement?)

    /// Another endpoint of the pool, then the pools and models of the course; the same from the
    /// beginning with endpoints that are left alone; and where nobody is left, the same one again
    /// if it may return.
    ///
    /// Going on to another pool is no more load for the one that fails, and costs no budget.
    private func nextAttempt(
        _ table: LoadedTable, _ route: Route, _ policy: RetryPolicy, mayReturn: Bool
    ) -> Attempt? {
        var mayStay = exchange.poolAttempts < policy.attempts
        func takeBudget() -> Bool {
            mayStay = loop.takeRetry(
                pool: route.pool, generation: exchange.generation, policy)
            return mayStay
        }
        for ignoringBreakers in [false, true] {
            // The same turn each time: whoever fails is no reason for the next request to skip one.
            if mayStay,
                let member = pickedMember(
                    table, route, exchange.turn, excluding: failedEndpoints(for: route),
                    ignoringBreakers: ignoringBreakers),
                takeBudget()
            {
                return (member, nil)
            }
            let start = ignoringBreakers ? exchange.firstRoute ?? route : route
            if ignoringBreakers, start != route,
                let place = placement(in: start, table, ignoringBreakers: true)
            {
                return (place.member, place)
            }
            if let place = nextPlacement(after: start, table, ignoringBreakers: ignoringBreakers) {
                return (place.member, place)
            }
        }
        guard mayReturn, mayStay, takeBudget() else { return nil }
        return (exchange.member, nil)
    }

    /// Whether doing what was asked twice does no harm (RFC 9110, section 9.2.2).
    ///
    /// A model is asked for an answer and nothing else. What else a pinned key may post, nobody
    /// here knows.
    private var isRepeatable: Bool {
        guard let head = exchange.head else { return false }
        switch head.method {
        case .get, .head, .put, .delete, .options, .trace: return true
        default: break
        }
        if exchange.look != .nothing { return true }
        let headBytes = exchange.headBytes
        switch APIPath(headBytes.readableBytesSpan.extracting(head.path)) {
        case .inference, .formInference: return true
        default: return false
        }
    }
}
