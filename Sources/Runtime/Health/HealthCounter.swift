/// What probes have told of one endpoint, and when that makes it down or up.
///
/// Pure: what is known comes in, and the wall clock only for people. An endpoint counts as up until
/// `fall` failures in a row have said otherwise, and then as down until `rise` answers in a row.
package struct HealthCounter: Sendable {
    /// What one probe has found.
    package enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// It answers that it is asked too often: it is there.
        case limited
        /// It refuses the credential that it is asked with: it is there, and something is wrong.
        case misconfigured
        /// It loads a model: it is there, and not ready.
        case loading
        case failed
    }

    /// How an endpoint stands, in one word for people.
    package enum Standing: String, Sendable {
        /// Not answered yet.
        case unknown
        case up
        case misconfigured
        case loading
        case down
    }

    /// How it stands.
    package private(set) var standing = Standing.unknown
    /// Why it does not stand better, or why its last probes have failed; nil after a good one.
    package private(set) var reason: String?
    /// Since when it stands so, in milliseconds since the epoch; nil before the first answer.
    package private(set) var since: Int64?
    /// Failures since the last answer.
    package private(set) var failures: UInt16 = 0
    /// Answers since the last failure, while it is down.
    private var successes: UInt16 = 0

    /// Nobody has been asked.
    package init() {}

    /// Whether it shall get no requests.
    package var isDown: Bool { standing == .down }

    /// Takes in what a probe has found; how the endpoint stands now, if that is another way.
    package mutating func take(
        _ verdict: Verdict, reason: String?, fall: UInt16, rise: UInt16, at now: Int64
    ) -> Standing? {
        self.reason = reason
        let next = next(verdict, fall: fall, rise: rise)
        guard next != standing else { return nil }
        standing = next
        since = now
        return next
    }

    private mutating func next(_ verdict: Verdict, fall: UInt16, rise: UInt16) -> Standing {
        guard verdict != .failed else {
            successes = 0
            failures = failures == .max ? .max : failures + 1
            return failures >= fall ? .down : standing
        }
        failures = 0
        if isDown {
            // One that loads is no more gone, and can do nothing yet.
            successes = verdict == .loading ? 0 : successes + 1
            guard successes >= rise else { return .down }
        }
        successes = 0
        return switch verdict {
        case .ok, .limited: .up
        case .misconfigured: .misconfigured
        case .loading, .failed: .loading
        }
    }
}
