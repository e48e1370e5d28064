public import TableFormat

/// When a pool tries a request again.
public struct RetryPolicy: Sendable {
    /// With the first one.
    public var attempts: UInt16
    /// Bits of `RetryCause`.
    public var causes: UInt16
    /// Milliseconds before an endpoint is tried again that has failed.
    public var backoff: UInt32
    /// Further attempts for a thousand requests.
    public var budget: UInt16

    /// That of a pool.
    public init(_ table: borrowing TableView, pool: UInt32) {
        let row = table.row(RetryRecord.self, table.load(PoolRecord.retry, at: pool))
        attempts = table.load(RetryRecord.attempts, row)
        causes = table.load(RetryRecord.causes, row)
        backoff = table.load(RetryRecord.backoff, row)
        budget = table.load(RetryRecord.budget, row)
    }

    /// The most attempts of one request, whatever pools and models it goes through.
    public static let attemptsInAll: UInt16 = 30

    /// Whether a failure of this kind is tried again at all.
    public func covers(_ cause: RetryCause) -> Bool { causes & cause.bit != 0 }

    /// The pause ahead of the attempt that follows on `count` of them, in milliseconds.
    ///
    /// Doubles each time, and half of it is by chance (`draw`, any bits), so that clients which
    /// failed together do not come back together.
    public func pause(after count: UInt16, draw: UInt32) -> UInt32 {
        let whole = min(UInt64(backoff) << UInt64(min(count, 16) - 1), 10_000)
        let half = whole / 2
        return UInt32(half + (UInt64(draw) * (whole - half + 1)) >> 32)
    }
}

/// When a pool leaves an endpoint alone.
public struct BreakerPolicy: Sendable {
    /// In a row.
    public var errors: UInt32
    /// Milliseconds from the first of them to the last.
    public var within: UInt32
    /// Milliseconds until one request may try it.
    public var tryAgain: UInt32

    /// That of a pool; nil where it has none.
    public init?(_ table: borrowing TableView, pool: UInt32) {
        let index = table.load(PoolRecord.breaker, at: pool)
        guard index != noIndex else { return nil }
        let row = table.row(BreakerRecord.self, index)
        errors = table.load(BreakerRecord.errors, row)
        within = table.load(BreakerRecord.within, row)
        tryAgain = table.load(BreakerRecord.tryAgain, row)
    }

    /// From its parts.
    public init(errors: UInt32, within: UInt32, tryAgain: UInt32) {
        self.errors = errors
        self.within = within
        self.tryAgain = tryAgain
    }
}

extension RetryCause {
    /// Whether the endpoint has surely not begun to do what was asked.
    public var isAheadOfWork: Bool {
        switch self {
        case .connect, .credential, .tooManyRequests: true
        default: false
        }
    }

    /// Why an attempt has failed that would end with this error; nil where another is no use.
    public init?(_ error: ProxyError) {
        switch error {
        case .upstreamUnreachable, .upstreamNotTrusted, .connectTimeout: self = .connect
        case .upstreamClosed, .upstreamMalformed: self = .reset
        case .answerTimeout: self = .timeout
        default: return nil
        }
    }

    /// What the status of an endpoint's answer says; nil where it is the client's affair.
    ///
    /// Whose key was refused depends on whose was presented.
    public init?(status: UInt16, presentsOwnCredential: Bool) {
        switch status {
        case 401, 403:
            guard presentsOwnCredential else { return nil }
            self = .credential
        case 429: self = .tooManyRequests
        case 500: self = .internalError
        case 502: self = .badGateway
        case 503: self = .unavailable
        case 504: self = .gatewayTimeout
        default: return nil
        }
    }
}

/// How many further attempts a pool may make for now: a share of its requests, and some saved.
///
/// A storm of retries would keep an upstream down that is about to recover.
public struct RetryBudget: Sendable {
    private var saved: Float = RetryBudget.atStart
    /// The ticket and the time up to which was saved.
    private var ticket: UInt32
    private var milliseconds: UInt64

    /// What a pool may spend before it has had a request.
    public static let atStart: Float = 50
    /// The most that is saved.
    public static let most: Float = 500

    /// A budget of which nothing is spent.
    public init(ticket: UInt32, milliseconds: UInt64) {
        self.ticket = ticket
        self.milliseconds = milliseconds
    }

    /// Takes one attempt out of it, if there is one.
    ///
    /// Every request since the last time has added its share, and every second one attempt, so that
    /// a pool with few requests can try again too. `ticket` counts the requests of the pool.
    public mutating func take(
        ticket: UInt32, milliseconds: UInt64, policy: RetryPolicy
    ) -> Bool {
        guard policy.budget > 0 else { return false }
        let requests = Float(ticket &- self.ticket) * Float(policy.budget) / 1000
        let seconds = Float(milliseconds &- self.milliseconds) / 1000
        saved = min(saved + requests + seconds, RetryBudget.most)
        self.ticket = ticket
        self.milliseconds = milliseconds
        guard saved >= 1 else { return false }
        saved -= 1
        return true
    }
}
