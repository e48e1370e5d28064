internal import Synchronization
internal import TableFormat

/// The outcome of the last attempt to take over a table.
package struct ReloadReport: Sendable {
    /// Whether it was taken.
    package var isAccepted: Bool
    /// Why not.
    package var reason: String?
    /// Milliseconds since the epoch.
    package var at: Int64
    /// How long it took; 0 at start.
    package var durationMicroseconds: UInt64 = 0
}

/// What the control thread knows and the admin interface shows.
final class ServerState: Sendable {
    struct Snapshot: Sendable {
        var digest = ""
        var specName = ""
        var generation: UInt32 = 0
        /// At start too.
        var lastReload: ReloadReport?
        /// Milliseconds since the epoch at which the table in service was taken.
        var acceptedAt: Int64 = 0
        /// Reloads since the start.
        var acceptedCount: UInt64 = 0
        var refusedCount: UInt64 = 0
        var isDraining = false
        /// What `/stats` shows.
        var stats = StatsFilter.nothing
    }

    private let state: Mutex<Snapshot>
    private let service: Mutex<LoadedTable?>

    init(specName: String) {
        state = Mutex(Snapshot(specName: specName))
        service = Mutex(nil)
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    /// The table in service, which says whose key is good; nil before the first.
    var table: LoadedTable? { service.withLock { $0 } }

    func update(_ change: (inout sending Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }

    /// The next table is in service.
    func serve(_ table: LoadedTable) {
        service.withLock { $0 = table }
    }
}
