/// Why an endpoint has not named its models.
package enum DiscoveryFailure: String, Error, CaseIterable {
    /// Its host has no address.
    case unresolved
    case unreachable
    case timeout
    case tls
    /// The connection ended in the middle of the answer.
    case closed
    /// A status other than 200.
    case status
    case tooLarge = "too_large"
    /// No HTTP, or no list of models.
    case malformed
    /// There is no room left for the models of all endpoints.
    case full
}

/// What is known of one endpoint's models, and when it is asked again.
///
/// Pure: time is passed in, milliseconds of a monotonic clock. A list that was good outlives two
/// failures in a row, so that an endpoint that is busy for a moment does not vanish from lists and
/// come back; the third takes it away, and the next success brings it back.
package struct DiscoveryState: Sendable {
    /// What the list of an endpoint is worth, in one word for people.
    package enum Standing: String, Sendable {
        /// Not answered yet.
        case pending
        case ok
        /// The last answers were not good; the list from before is shown.
        case stale
        /// There is no list.
        case failed
    }

    /// What an answer has changed.
    package enum Change: Sendable, Equatable {
        case nothing
        /// There was no list, and now there is.
        case found
        /// The list is another one.
        case changed
        /// The list is gone.
        case lost
        /// There was no list, and there is none: the first failure.
        case missing
    }

    /// How many failures in a row a list outlives.
    package static let failuresMax = 2

    /// The models; nil where none are known.
    package private(set) var models: FoundModels?
    /// Failures since the last success.
    package private(set) var failureCount = 0
    /// Why the last question failed; nil after a success.
    package private(set) var failure: DiscoveryFailure?
    /// When the last list came.
    package private(set) var foundAt: UInt64?
    /// When to ask again.
    package private(set) var dueAt: UInt64 = 0

    /// Nobody has been asked.
    package init() {}

    /// What the list is worth.
    package var standing: Standing {
        if failure == nil { return foundAt == nil ? .pending : .ok }
        return models == nil ? .failed : .stale
    }

    /// The endpoint has named its models.
    package mutating func succeeded(
        _ found: FoundModels, at now: UInt64, interval: UInt64
    ) -> Change {
        failureCount = 0
        failure = nil
        foundAt = now
        dueAt = now + interval
        guard let known = models else {
            models = found
            return .found
        }
        if known.isLike(found) { return .nothing }
        models = found
        return .changed
    }

    /// It has not.
    ///
    /// It is asked sooner at first: it may be starting, or gone, and what is not there should not
    /// be listed for long.
    package mutating func failed(
        _ reason: DiscoveryFailure, at now: UInt64, interval: UInt64
    ) -> Change {
        failureCount += 1
        failure = reason
        let isLost = models != nil && failureCount > DiscoveryState.failuresMax
        let wasUnknown = models == nil
        if isLost { models = nil }
        dueAt = now + min(interval, UInt64(1_000) << UInt64(min(failureCount - 1, 20)))
        if isLost { return .lost }
        return wasUnknown && failureCount == 1 ? .missing : .nothing
    }

    /// It is asked at `latest` at the latest: the interval may be shorter now.
    package mutating func makeDue(by latest: UInt64) {
        dueAt = min(dueAt, latest)
    }
}
