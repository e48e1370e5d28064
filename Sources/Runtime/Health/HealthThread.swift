internal import Glibc
internal import Logging
internal import Synchronization

/// What the thread of `HealthProbes` does: ask whose time has come, wait, take in the answers.
///
/// Confined to the thread. At most so many probes are under way at once; the rest wait for their
/// turn, the longest waiting first, and each probe has its own deadline.
struct HealthThread {
    private let owner: HealthProbes
    private let transfers: CurlTransfers
    /// The endpoints of those under way, by token.
    private var asked: [Int: UInt64] = [:]
    /// Those of them that were down when they were let in.
    private var downAsked: Set<UInt64> = []
    /// Endpoints whose time has come.
    private var waiting: ArraySlice<UInt64> = []
    /// When to look whose time has come.
    private var lookAt: UInt64 = 0

    init(_ owner: HealthProbes, _ transfers: CurlTransfers) {
        self.owner = owner
        self.transfers = transfers
    }

    /// Goes on until it is told to stop.
    mutating func run() {
        while !owner.isStopping.isSet {
            let now = Loop.monotonicMilliseconds()
            if waiting.isEmpty, now >= lookAt {
                findDue(now)
            }
            while asked.count < owner.countMax, let next = waiting.popFirst() {
                ask(next)
            }
            // Who waits for a seat is let in by an answer.
            let until = waiting.isEmpty ? lookAt : .max
            transfers.wait(milliseconds: Int(min(until > now ? until - now : 0, 60_000)))
            if owner.wakeup.take() {
                lookAt = 0
            }
            while let (token, result) = transfers.ended() {
                settle(token, result)
            }
        }
    }

    /// Finds the endpoints whose time has come, and when it comes for the next.
    private mutating func findDue(_ now: UInt64) {
        var due: [(id: UInt64, at: UInt64, isDown: Bool)] = []
        var next = UInt64.max
        owner.shared.withLock { shared in
            for (id, endpoint) in shared.endpoints where endpoint.token == nil {
                if endpoint.dueAt <= now {
                    due.append((id, endpoint.dueAt, endpoint.counter.standing == .down))
                } else {
                    next = min(next, endpoint.dueAt)
                }
            }
        }
        due.sort { ($0.at, $0.id) < ($1.at, $1.id) }
        // Many that are away and take their time hold up nobody who serves: half of the seats are
        // not for them. Who is left out is found again at the next look.
        let away = due.filter(\.isDown)
        let seats = max(1, owner.countMax / 2) - asked.values.count { downAsked.contains($0) }
        let admitted = away.prefix(max(0, seats))
        if admitted.count < away.count { next = now }
        downAsked = Set(asked.values.filter { downAsked.contains($0) }).union(admitted.map(\.id))
        waiting = (due.filter { !$0.isDown } + admitted).map(\.id)[...]
        // A look goes through all endpoints: not more than a few in a second.
        lookAt = max(next, now + Limits.probePauseMilliseconds)
    }

    /// Begins to ask an endpoint.
    private mutating func ask(_ id: UInt64) {
        let now = Loop.monotonicMilliseconds()
        let begun = owner.shared.withLock { shared -> (Int, HealthProbes.Endpoint)? in
            guard var endpoint = shared.endpoints[id], endpoint.token == nil else { return nil }
            shared.lastToken += 1
            endpoint.token = shared.lastToken
            let interval = endpoint.target.intervalMilliseconds
            endpoint.dueAt =
                now + (endpoint.isNew ? UInt64.random(in: interval / 8...interval) : interval)
            endpoint.isNew = false
            shared.endpoints[id] = endpoint
            return (shared.lastToken, endpoint)
        }
        guard let (token, endpoint) = begun else { return }
        asked[token] = id
        var download = endpoint.target.download
        if download.socketPath.isEmpty {
            guard let address = owner.directory.address(ofSlot: endpoint.slot)?.numeric else {
                settle(token, .failure(.unresolved))
                return
            }
            download.address = address
        }
        if !transfers.start(download, token: token) {
            settle(token, nil)
        }
    }

    // MARK: - Answers

    /// Takes in what came of a probe, unless the endpoint is asked otherwise by now.
    ///
    /// Nil is a probe that could not be made, which says nothing of the endpoint.
    private mutating func settle(_ token: Int, _ result: DownloadResult?) {
        guard let id = asked.removeValue(forKey: token) else { return }
        let isTold = result.map { !HealthThread.isOurFault($0) } ?? false
        let now = LogLine.wallMilliseconds()
        let outcome = owner.shared.withLock {
            shared -> (HealthTarget, HealthCounter, before: HealthCounter.Standing)? in
            guard var endpoint = shared.endpoints[id], endpoint.token == token else { return nil }
            endpoint.token = nil
            lookAt = min(lookAt, endpoint.dueAt)
            let before = endpoint.counter.standing
            var hasChanged = false
            if isTold, let result {
                let (verdict, reason) = HealthThread.verdict(result, endpoint.target)
                shared.counts[verdict, default: 0] += 1
                let change = endpoint.counter.take(
                    verdict, reason: reason, fall: endpoint.target.fall,
                    rise: endpoint.target.rise, at: now)
                hasChanged = change != nil
                endpoint.state.isDown = endpoint.counter.isDown
            }
            shared.endpoints[id] = endpoint
            return hasChanged ? (endpoint.target, endpoint.counter, before) : nil
        }
        guard let (target, counter, before) = outcome else { return }
        tell(target.name, counter, before: before)
    }

    private static func verdict(
        _ result: DownloadResult, _ target: HealthTarget
    ) -> (HealthCounter.Verdict, reason: String?) {
        switch result {
        case .failure(let failure): return (.failed, failure.rawValue)
        case .success(let answer):
            let verdict = HealthCounter.Verdict(
                status: answer.status, kind: target.kind,
                wantsClientsCredential: target.wantsClientsCredential)
            return (verdict, verdict == .ok ? nil : "status \(answer.status)")
        }
    }

    /// Whether no connection could be made since this process has no descriptor left.
    private static func isOurFault(_ result: DownloadResult) -> Bool {
        guard case .failure(.unreachable) = result else { return false }
        let descriptor = LinuxCalls.makeEventCounter()
        guard descriptor >= 0 else { return true }
        close(descriptor)
        return false
    }

    /// What an operator wants to know: every way in which an endpoint stands from now on.
    private func tell(
        _ name: String, _ counter: HealthCounter, before: HealthCounter.Standing
    ) {
        var values: Logger.Metadata = ["endpoint": "\(name)"]
        if let reason = counter.reason { values["reason"] = "\(reason)" }
        switch counter.standing {
        case .unknown: break
        case .down: owner.logger.warning("endpoint down", metadata: values)
        case .misconfigured:
            owner.logger.warning("endpoint refuses our credential", metadata: values)
        case .loading: owner.logger.info("endpoint loading", metadata: values)
        // As was supposed.
        case .up where before == .unknown: owner.logger.debug("endpoint up", metadata: values)
        case .up: owner.logger.info("endpoint up", metadata: values)
        }
    }
}
