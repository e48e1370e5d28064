internal import Routing
internal import TableFormat

/// What is counted of one exchange when it ends.
struct ExchangeSample {
    /// The pool's slot in the directory of pools; 0 where none was decided.
    var slot: UInt32 = 0
    /// What the client was answered with; 0 where no answer began.
    var status: UInt16 = 0
    var outcome = AccessOutcome.complete
    var error: ProxyError?
    var durationMicroseconds: UInt64 = 0
    /// Nil where no endpoint answered.
    var firstByteMicroseconds: UInt64?
}

/// The numbers of every pool on one loop: plain integers, a row for each slot.
///
/// Confined to its loop, where recording an exchange costs a few additions; whoever reads gets a
/// copy. Rows are found by the slot that `PoolDirectory` has given to the name of the pool, so
/// that a swap of tables neither resets nor mixes them.
struct PoolMetrics: Sendable {
    private var cells: [UInt64] = []

    /// Where the numbers of a row stand.
    private enum Cell {
        static let inFlight = 0
        /// One for each `StatusClass`.
        static let classes = 1
        static let clientGone = classes + StatusClass.allCases.count
        static let truncated = clientGone + 1
        /// The sum in microseconds, then the buckets.
        static let duration = truncated + 1
        static let firstByte = duration + 1 + Buckets.count
        /// One for each `ProxyError`.
        static let errors = firstByte + 1 + Buckets.count
        /// One for each `RetryCause`.
        static let retries = errors + ProxyError.allCases.count
        static let width = retries + RetryCause.allCases.count
    }

    /// Rows there are.
    var slotCount: Int { cells.count / Cell.width }

    /// Makes room for the slots below `count`.
    mutating func reserve(slots count: Int) {
        let missing = count * Cell.width - cells.count
        if missing > 0 {
            cells.append(contentsOf: repeatElement(0, count: missing))
        }
    }

    // MARK: - Recording

    /// An exchange goes to the pool of a slot.
    @inline(__always)
    mutating func began(slot: UInt32) {
        let cell = Int(slot) * Cell.width + Cell.inFlight
        if cell < cells.count { cells[cell] &+= 1 }
    }

    /// An exchange goes from the pool of a slot to another one.
    mutating func left(slot: UInt32) {
        let cell = Int(slot) * Cell.width + Cell.inFlight
        if cell < cells.count { cells[cell] &-= 1 }
    }

    /// An exchange is over.
    @inline(__always)
    mutating func ended(_ sample: ExchangeSample) {
        let row = Int(sample.slot) * Cell.width
        guard row + Cell.width <= cells.count else { return }
        cells[row + Cell.classes + StatusClass(status: sample.status).rawValue] &+= 1
        switch sample.outcome {
        case .complete, .refused: break
        case .clientGone: cells[row + Cell.clientGone] &+= 1
        case .truncated: cells[row + Cell.truncated] &+= 1
        }
        if let error = sample.error {
            cells[row + Cell.errors + Int(error.rawValue)] &+= 1
        }
        // Without a pool it was refused or answered here: its time says nothing of a model.
        guard sample.slot != PoolDirectory.noPool else { return }
        cells[row + Cell.inFlight] &-= 1
        observe(sample.durationMicroseconds, at: row + Cell.duration)
        if let time = sample.firstByteMicroseconds {
            observe(time, at: row + Cell.firstByte)
        }
    }

    /// An attempt has failed and another one follows.
    mutating func retried(slot: UInt32, _ cause: RetryCause) {
        let cell = Int(slot) * Cell.width + Cell.retries + Int(cause.rawValue)
        if cell < cells.count { cells[cell] &+= 1 }
    }

    @inline(__always)
    private mutating func observe(_ microseconds: UInt64, at cell: Int) {
        cells[cell] &+= microseconds
        cells[cell + 1 + Buckets.index(of: microseconds)] &+= 1
    }

    // MARK: - Reading

    func inFlight(slot: Int) -> UInt64 {
        cells[slot * Cell.width + Cell.inFlight]
    }

    func count(slot: Int, class statusClass: StatusClass) -> UInt64 {
        cells[slot * Cell.width + Cell.classes + statusClass.rawValue]
    }

    func clientsGone(slot: Int) -> UInt64 {
        cells[slot * Cell.width + Cell.clientGone]
    }

    func truncated(slot: Int) -> UInt64 {
        cells[slot * Cell.width + Cell.truncated]
    }

    func errors(slot: Int, _ error: ProxyError) -> UInt64 {
        cells[slot * Cell.width + Cell.errors + Int(error.rawValue)]
    }

    func retries(slot: Int, _ cause: RetryCause) -> UInt64 {
        cells[slot * Cell.width + Cell.retries + Int(cause.rawValue)]
    }

    func durations(slot: Int) -> Histogram {
        histogram(at: slot * Cell.width + Cell.duration)
    }

    func firstBytes(slot: Int) -> Histogram {
        histogram(at: slot * Cell.width + Cell.firstByte)
    }

    private func histogram(at cell: Int) -> Histogram {
        Histogram(
            sumMicroseconds: cells[cell],
            counts: cells[(cell + 1)..<(cell + 1 + Buckets.count)])
    }

    /// Whether nothing was ever counted in a row.
    func isEmpty(slot: Int) -> Bool {
        cells[(slot * Cell.width)..<((slot + 1) * Cell.width)].allSatisfy { $0 == 0 }
    }

    // MARK: - Rows together

    /// Adds the numbers of another loop.
    mutating func add(_ other: PoolMetrics) {
        reserve(slots: other.slotCount)
        for index in other.cells.indices {
            cells[index] &+= other.cells[index]
        }
    }

    /// Those of the slots in which an exchange is still under way.
    func busy(among slots: [UInt32]) -> [UInt32] {
        slots.filter { Int($0) < slotCount && inFlight(slot: Int($0)) > 0 }
    }

    /// Adds rows to another one and empties them.
    mutating func fold(_ slots: [UInt32], into target: UInt32) {
        reserve(slots: Int(target) + 1)
        for slot in slots where Int(slot) < slotCount && slot != target {
            for cell in 0..<Cell.width {
                let source = Int(slot) * Cell.width + cell
                cells[Int(target) * Cell.width + cell] &+= cells[source]
                cells[source] = 0
            }
        }
    }
}

/// The first digit of a status, or that no answer began.
enum StatusClass: Int, CaseIterable {
    case none
    case success
    case redirection
    case clientError
    case serverError

    var label: String {
        switch self {
        case .none: "none"
        case .success: "2xx"
        case .redirection: "3xx"
        case .clientError: "4xx"
        case .serverError: "5xx"
        }
    }

    /// The class of a final status, which is 200...599, or of 0.
    @inline(__always)
    init(status: UInt16) {
        self =
            switch status {
            case ..<200: .none
            case ..<300: .success
            case ..<400: .redirection
            case ..<500: .clientError
            default: .serverError
            }
    }
}

/// The buckets of the histograms: from a cache's answer to the longest that one waits for a model.
enum Buckets {
    /// The largest time of each, in microseconds; the last bucket has no end.
    static let boundsMicroseconds: [UInt64] = [
        5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 30_000_000, 60_000_000, 120_000_000, 300_000_000, 600_000_000,
    ]
    /// With the one without an end.
    static let count = 17

    /// The bucket of a time: the first that is not too short for it.
    @inline(__always)
    static func index(of microseconds: UInt64) -> Int {
        let bounds = boundsMicroseconds
        var index = 0
        while index < bounds.count, microseconds > bounds[index] {
            index += 1
        }
        return index
    }
}

/// How often times fell into each bucket.
struct Histogram {
    var sumMicroseconds: UInt64
    /// Of each bucket alone, in their order.
    var counts: ArraySlice<UInt64>
}
