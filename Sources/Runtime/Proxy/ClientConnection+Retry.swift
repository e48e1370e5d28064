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
        let count = exchange.attempts
        guard policy.allows(cause, after: count), !isOverTotal,
            cause.isAheadOfWork || isRepeatable
        else { return false }
        guard let next = nextMember(table, route, mayReturn: mayReturn),
            loop.takeRetry(pool: route.pool, generation: exchange.generation, policy)
        else { return false }
        noteFailure(isOutOfOrder: cause != .credential && cause != .tooManyRequests)
        loop.metrics.retried(slot: exchange.poolSlot, cause)
        exchange.attempts = count + 1
        exchange.member = next
        exchange.endpoint = table.withView { $0.load(MemberRecord.endpoint, at: next) }
        let isKnown = exchange.failedEndpoints.contains(exchange.endpoint)
        let pause =
            isKnown
            ? policy.pause(after: count, draw: UInt32.random(in: 0 ... .max)) : 0
        perform(machine.retried(afterPause: pause > 0))
        if pause > 0 { setTimer(phase: pause) }
        return true
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

    /// The next member to try: one that this request has not tried, or else, where it may return,
    /// the same.
    private func nextMember(_ table: LoadedTable, _ route: Route, mayReturn: Bool) -> UInt32? {
        let tried = exchange.endpoint
        if !exchange.failedEndpoints.contains(tried) { exchange.failedEndpoints.append(tried) }
        var excluded = exchange.failedEndpoints
        // Some may have no place for the path; a pool of many such is not searched for ever.
        for _ in 0..<16 {
            guard let member = pickedMember(table, route, excluding: excluded) else { break }
            let endpoint = table.withView { $0.load(MemberRecord.endpoint, at: member) }
            if canCarry(table, to: endpoint) { return member }
            excluded.append(endpoint)
        }
        return mayReturn ? exchange.member : nil
    }

    /// The member whose turn it is, without some.
    ///
    /// Where only those are left whose breakers are open, one of them: a request that may fail is
    /// better than one that does.
    func pickedMember(_ table: LoadedTable, _ route: Route, excluding: [UInt32]) -> UInt32? {
        var loads = LiveLoads(table: table, targets: loop.targets, excluding: excluding)
        // The same turn each time: whoever fails is no reason for the next request to skip one.
        let ticket = exchange.ticket
        return table.withView { view in
            if let member = pick(pool: route.pool, ticket: ticket, loads: loads, in: view) {
                return member
            }
            loads.ignoresBreakers = true
            return pick(pool: route.pool, ticket: ticket, loads: loads, in: view)
        }
    }
}
