internal import Glibc
internal import Logging
internal import NIOCore
internal import Synchronization
internal import TableFormat

/// What the thread of `ModelDiscovery` does: ask whose time has come, wait, take in the answers.
///
/// Confined to the thread. At most so many questions are under way at once; the rest wait for their
/// turn, and each question has its own deadline, so that no endpoint can hold the others up.
struct DiscoveryThread {
    private struct Question {
        var identity: String
        var kind: EndpointKind
    }

    private let owner: ModelDiscovery
    private let transfers: CurlTransfers
    /// Those under way, by token.
    private var questions: [Int: Question] = [:]
    /// Identities of endpoints whose time has come.
    private var waiting: ArraySlice<String> = []
    /// When to look whose time has come.
    private var lookAt: UInt64 = 0
    /// Not before this a further catalog is made: answers that come together are taken together.
    private var publishAt: UInt64 = 0

    init(_ owner: ModelDiscovery, _ transfers: CurlTransfers) {
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
            while questions.count < Limits.discoveryTransfersMax, let next = waiting.popFirst() {
                ask(next)
            }
            let isDirty = owner.shared.withLock { $0.isDirty }
            if isDirty, now >= publishAt || questions.isEmpty {
                owner.publish()
                publishAt = Loop.monotonicMilliseconds() + Limits.discoveryPauseMilliseconds
                continue
            }
            wait(now, isDirty: isDirty)
            while let (token, result) = transfers.ended() {
                settle(token, result)
            }
        }
    }

    private mutating func wait(_ now: UInt64, isDirty: Bool) {
        // Who waits for a seat is let in by an answer.
        var until = waiting.isEmpty ? lookAt : .max
        if isDirty { until = min(until, publishAt) }
        let patience = until > now ? until - now : 0
        transfers.wait(milliseconds: Int(min(patience, 60_000)))
        if owner.wakeup.take() {
            lookAt = 0
        }
    }

    /// Finds the endpoints whose time has come, and when it comes for the next.
    private mutating func findDue(_ now: UInt64) {
        var due: [String] = []
        var next = UInt64.max
        owner.shared.withLock { shared in
            for (identity, endpoint) in shared.endpoints where endpoint.token == nil {
                if endpoint.state.dueAt <= now {
                    due.append(identity)
                } else {
                    next = min(next, endpoint.state.dueAt)
                }
            }
        }
        waiting = due.sorted()[...]
        // A look goes through all endpoints: not more than a few in a second.
        lookAt = max(next, now + Limits.discoveryPauseMilliseconds)
    }

    /// Begins to ask an endpoint.
    private mutating func ask(_ identity: String) {
        let begun = owner.shared.withLock { shared -> (Int, DiscoveryTarget, slot: UInt32)? in
            guard var endpoint = shared.endpoints[identity], endpoint.token == nil,
                let table = shared.table
            else { return nil }
            shared.lastToken += 1
            endpoint.token = shared.lastToken
            shared.endpoints[identity] = endpoint
            let slot = table.slotOfUpstream[Int(endpoint.target.upstream)]
            return (shared.lastToken, endpoint.target, slot)
        }
        guard let (token, target, slot) = begun else { return }
        questions[token] = Question(identity: identity, kind: target.kind)
        var download = target.download
        if download.socketPath.isEmpty {
            guard let address = owner.directory.address(ofSlot: slot)?.numeric else {
                take(token, .failure(.unresolved))
                return
            }
            download.address = address
        }
        if !transfers.start(download, token: token) {
            take(token, .failure(.unreachable))
        }
    }

    // MARK: - Answers

    private mutating func settle(_ token: Int, _ result: DownloadResult) {
        switch result {
        case .success((200, let body)):
            guard let kind = questions[token]?.kind else { return }
            if let found = FoundModels(body, kind: kind) {
                take(token, .success(found))
            } else {
                take(token, .failure(.malformed))
            }
        case .success: take(token, .failure(.status))
        case .failure(let failure): take(token, .failure(failure))
        }
    }

    /// Takes in what came of a question, unless the table has moved on meanwhile.
    private mutating func take(_ token: Int, _ result: Result<FoundModels, DiscoveryFailure>) {
        guard let question = questions.removeValue(forKey: token) else { return }
        let now = Loop.monotonicMilliseconds()
        let outcome = owner.shared.withLock {
            shared -> (name: String, DiscoveryState, DiscoveryState.Change)? in
            guard var endpoint = shared.endpoints[question.identity], endpoint.token == token,
                let interval = shared.table?.discovery?.intervalMilliseconds
            else { return nil }
            endpoint.token = nil
            let before = endpoint.state.models?.byteCount ?? 0
            let change = endpoint.state.take(
                result, at: now, interval: interval,
                room: Limits.discoveredBytesMax - shared.heldBytes + before)
            shared.heldBytes += (endpoint.state.models?.byteCount ?? 0) - before
            shared.endpoints[question.identity] = endpoint
            switch change {
            case .found, .changed, .lost: shared.isDirty = true
            case .nothing, .missing: break
            }
            return (endpoint.target.name, endpoint.state, change)
        }
        guard let (name, state, change) = outcome else { return }
        lookAt = min(lookAt, state.dueAt)
        tell(name, state, change)
    }

    /// What an operator wants to know: lists that cannot be had, and come back.
    private func tell(_ name: String, _ state: DiscoveryState, _ change: DiscoveryState.Change) {
        let reason = state.failure?.rawValue ?? ""
        switch change {
        case .lost:
            owner.logger.warning(
                "model list lost", metadata: ["endpoint": "\(name)", "reason": "\(reason)"])
        case .missing:
            owner.logger.warning(
                "no model list", metadata: ["endpoint": "\(name)", "reason": "\(reason)"])
        case .found:
            let count = state.models?.models.count ?? 0
            owner.logger.debug(
                "model list found",
                metadata: ["endpoint": "\(name)", "models": .stringConvertible(count)])
        case .nothing, .changed: break
        }
    }
}

extension DiscoveryState {
    /// What came of a question; a list that takes up more than `room` is not kept.
    fileprivate mutating func take(
        _ result: Result<FoundModels, DiscoveryFailure>, at now: UInt64, interval: UInt64,
        room: Int
    ) -> Change {
        switch result {
        case .success(let found) where found.byteCount <= room:
            succeeded(found, at: now, interval: interval)
        case .success: failed(.full, at: now, interval: interval)
        case .failure(let reason): failed(reason, at: now, interval: interval)
        }
    }
}
