internal import Routing
internal import TableFormat

/// The samples of pools: those of the tables in memory, and those that once had requests.
///
/// `pool=""` stands for requests that were not sent to any: refused, or answered by the router.
struct PoolSamples {
    /// A pool that is shown.
    private struct Shown {
        var slot: Int
        /// `pool="..."`.
        var label: String
        /// It stands for requests that were not sent to any.
        var isNone: Bool
    }

    /// A code of errors, and the errors that have it.
    private struct ErrorCode {
        var code: String
        var errors: [ProxyError]
        /// It is told of endpoints only, so a pool shows it from the start.
        var isOfEndpoint: Bool
    }

    private let pools: PoolMetrics
    private let shown: [Shown]
    /// Requests under way, whether their pool is decided or not.
    private let inFlight: UInt64

    init(_ naming: PoolDirectory.Naming, _ pools: PoolMetrics, inFlight: UInt64) {
        self.pools = pools
        self.inFlight = inFlight
        var shown: [Shown] = []
        for (slot, pool) in naming.pools.enumerated() {
            guard let pool else { continue }
            let isAlways = pool.users > 0 && slot != Int(PoolDirectory.folded)
            guard isAlways || !pools.isEmpty(slot: slot) else { continue }
            shown.append(
                Shown(
                    slot: slot, label: MetricsText.label("pool", pool.name),
                    isNone: slot == Int(PoolDirectory.noPool)))
        }
        // Slots are in the order in which pools came; people look for names.
        self.shown = shown.sorted { $0.label < $1.label }
    }

    /// About as many bytes as there will be.
    var byteCountGuess: Int { (shown.count + 1) * 6 << 10 }

    func add(to text: inout MetricsText) {
        addRequests(to: &text)
        addErrors(to: &text)
        addRetries(to: &text)
        addIncomplete(to: &text)
        addInFlight(to: &text)
        addTimes(to: &text)
    }

    private func addRequests(to text: inout MetricsText) {
        text.begin(
            "routerc_requests_total", .counter,
            "Requests that have ended, by pool and by the class of the status that was sent.")
        for pool in shown {
            for statusClass in StatusClass.allCases {
                let label = MetricsText.label("status_class", statusClass.label)
                text.add(
                    labels: "\(pool.label),\(label)",
                    pools.count(slot: pool.slot, class: statusClass))
            }
        }
    }

    private func addErrors(to text: inout MetricsText) {
        text.begin(
            "routerc_errors_total", .counter,
            "Requests that the router refused or could not complete, by pool and code.")
        for pool in shown {
            for code in PoolSamples.codes {
                let count = code.errors.reduce(0) { $0 + pools.errors(slot: pool.slot, $1) }
                // What cannot happen there is not shown as a zero for ever.
                guard count > 0 || code.isOfEndpoint != pool.isNone else { continue }
                text.add(
                    labels: "\(pool.label),\(MetricsText.label("code", code.code))", count)
            }
        }
    }

    private func addRetries(to text: inout MetricsText) {
        text.begin(
            "routerc_retries_total", .counter,
            "Attempts that failed and were followed by another one, by pool and cause.")
        for pool in shown where !pool.isNone {
            for cause in RetryCause.allCases {
                text.add(
                    labels: "\(pool.label),\(MetricsText.label("cause", cause.name))",
                    pools.retries(slot: pool.slot, cause))
            }
        }
    }

    private func addIncomplete(to text: inout MetricsText) {
        text.begin(
            "routerc_incomplete_answers_total", .counter,
            "Requests whose client left before the end, and answers that broke off.")
        for pool in shown {
            text.add(
                labels: "\(pool.label),\(MetricsText.label("reason", "client_gone"))",
                pools.clientsGone(slot: pool.slot))
            text.add(
                labels: "\(pool.label),\(MetricsText.label("reason", "truncated"))",
                pools.truncated(slot: pool.slot))
        }
    }

    private func addInFlight(to text: inout MetricsText) {
        text.begin(
            "routerc_requests_in_flight", .gauge,
            "Requests under way; without a pool until it is decided.")
        let decided = shown.reduce(0) { $0 + pools.inFlight(slot: $1.slot) }
        let undecided = inFlight > decided ? inFlight - decided : 0
        for pool in shown {
            text.add(
                labels: pool.label, pool.isNone ? undecided : pools.inFlight(slot: pool.slot))
        }
    }

    private func addTimes(to text: inout MetricsText) {
        text.begin(
            "routerc_request_duration_seconds", .histogram,
            "From the first byte of a request to the last of its answer.")
        for pool in shown where !pool.isNone {
            text.add(labels: pool.label, pools.durations(slot: pool.slot))
        }
        text.begin(
            "routerc_time_to_first_byte_seconds", .histogram,
            "From the first byte of a request to the first byte of the body of an endpoint's "
                + "answer.")
        for pool in shown where !pool.isNone {
            text.add(labels: pool.label, pools.firstBytes(slot: pool.slot))
        }
    }

    // MARK: - Codes

    /// In the order of `ProxyError`; some errors share a code.
    private static let codes: [ErrorCode] = {
        var codes: [ErrorCode] = []
        for error in ProxyError.allCases {
            let code = "\(error.code)"
            if let known = codes.firstIndex(where: { $0.code == code }) {
                codes[known].errors.append(error)
            } else {
                codes.append(
                    ErrorCode(
                        code: code, errors: [error], isOfEndpoint: error.isOfEndpoint))
            }
        }
        return codes
    }()
}
