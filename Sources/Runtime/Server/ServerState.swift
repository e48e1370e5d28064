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
}

/// What the control thread knows and the admin interface shows.
final class ServerState: Sendable {
    struct Snapshot: Sendable {
        var digest = ""
        var specName = ""
        var generation: UInt32 = 0
        var lastReload: ReloadReport?
        var isDraining = false
        /// What `/stats` shows.
        var stats = StatsFilter.nothing
    }

    private let state: Mutex<Snapshot>

    init(specName: String) {
        state = Mutex(Snapshot(specName: specName))
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ change: (inout sending Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
