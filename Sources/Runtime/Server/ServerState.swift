internal import Synchronization
internal import TableFormat

/// What came of an attempt to take over a table; the start is one too.
package struct ReloadReport: Sendable {
    /// Why the table was refused; nil where it was taken.
    package var reason: String?
    /// Milliseconds since the epoch.
    package var at: Int64
    /// How long it took; 0 at start.
    package var durationMicroseconds: UInt64

    package init(reason: String? = nil, at: Int64, durationMicroseconds: UInt64 = 0) {
        self.reason = reason
        self.at = at
        self.durationMicroseconds = durationMicroseconds
    }

    /// Whether it was taken.
    package var isAccepted: Bool { reason == nil }

    /// In one word.
    package var result: String { isAccepted ? "ok" : "refused" }
}

/// What the control thread knows and the admin interface shows.
final class ServerState: Sendable {
    struct Snapshot: Sendable {
        /// What is served, for people.
        let specName: String
        /// The table in service, which says whose key is good.
        fileprivate(set) var table: LoadedTable
        fileprivate(set) var lastReload: ReloadReport
        /// Milliseconds since the epoch at which the table in service was taken.
        fileprivate(set) var acceptedAt: Int64
        /// Reloads since the start.
        fileprivate(set) var acceptedCount: UInt64 = 0
        fileprivate(set) var refusedCount: UInt64 = 0
        fileprivate(set) var isDraining = false

        var digest: String { table.digest }
        var generation: UInt32 { table.generation }
    }

    private let state: Mutex<Snapshot>

    /// The first table is in service.
    init(specName: String, table: LoadedTable) {
        let start = ReloadReport(at: LogLine.wallMilliseconds())
        state = Mutex(
            Snapshot(
                specName: specName, table: table, lastReload: start, acceptedAt: start.at))
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    /// The table in service.
    var table: LoadedTable { state.withLock { $0.table } }

    /// The next table is in service.
    func serve(_ table: LoadedTable) {
        state.withLock { $0.table = table }
    }

    /// A reload is over.
    func note(_ report: ReloadReport) {
        state.withLock { state in
            state.lastReload = report
            if report.isAccepted {
                state.acceptedCount += 1
                state.acceptedAt = report.at
            } else {
                state.refusedCount += 1
            }
        }
    }

    /// The process is about to end.
    func drain() {
        state.withLock { $0.isDraining = true }
    }
}
