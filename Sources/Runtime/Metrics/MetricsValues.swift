internal import NIOCore
internal import Routing

extension Observed {
    /// What one loop has counted.
    private struct LoopNumbers: Sendable {
        var counters: LoopCounters
        var pools: PoolMetrics
    }

    /// What `GET /metrics` says, gathered from the loops without stopping any.
    ///
    /// In a future of `eventLoop`, on which the text is made. Names and labels come from the table
    /// and from closed lists, never from a request.
    func metrics(on eventLoop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        gather(on: eventLoop, attemptsLeft: 3).map { $0.text.bytes }
    }

    /// Numbers with the names that belong to them: where slots get another meaning meanwhile,
    /// they are read again.
    private func gather(
        on eventLoop: any EventLoop, attemptsLeft: Int
    ) -> EventLoopFuture<MetricsValues> {
        let naming = pools.naming
        return loops.gather(on: eventLoop) {
            LoopNumbers(counters: $0.counters, pools: $0.metrics)
        }.flatMap { numbers in
            if attemptsLeft > 0, pools.naming.version != naming.version {
                return gather(on: eventLoop, attemptsLeft: attemptsLeft - 1)
            }
            var values = MetricsValues(self, naming: naming)
            for loop in numbers {
                values.add(loop.counters, loop.pools)
            }
            return eventLoop.makeSucceededFuture(values)
        }
    }
}

/// The numbers of the process at one moment.
struct MetricsValues: Sendable {
    private let observed: Observed
    private let naming: PoolDirectory.Naming
    private var pools = PoolMetrics()
    private var inFlight = 0
    private var clientConnections = 0
    private var upstreamConnections = 0

    init(_ observed: Observed, naming: PoolDirectory.Naming) {
        self.observed = observed
        self.naming = naming
        pools.reserve(slots: naming.pools.count)
    }

    /// Adds what one loop has counted.
    mutating func add(_ counters: LoopCounters, _ other: PoolMetrics) {
        pools.add(other)
        inFlight += counters.inFlight
        clientConnections += counters.clientConnections
        upstreamConnections += counters.upstreamConnections
    }

    /// Everything, in the order of docs/metrics.md.
    var text: MetricsText {
        let shown = PoolSamples(naming, pools, inFlight: UInt64(clamping: inFlight))
        var text = MetricsText(capacity: shown.byteCountGuess)
        shown.add(to: &text)
        addGauges(to: &text)
        EndpointSamples(observed).add(to: &text)
        addTable(to: &text)
        addProcess(to: &text)
        return text
    }

    private func addGauges(to text: inout MetricsText) {
        text.begin(
            "routerc_client_connections", .gauge, "Connections of clients that are open.")
        text.add(clientConnections)
        text.begin(
            "routerc_upstream_connections", .gauge, "Connections to endpoints that are open.")
        text.add(upstreamConnections)
        text.begin("routerc_buffered_bytes", .gauge, "Bytes of request bodies in memory.")
        text.add(observed.budget.usedBytes)
        text.begin(
            "routerc_buffered_limit_bytes", .gauge,
            "The most bytes of request bodies in memory; beyond it requests are refused.")
        text.add(observed.budget.limit)
        text.begin(
            "routerc_unresolved_hosts", .gauge, "Hosts of endpoints that have no address.")
        text.add(observed.directory.unresolvedHosts().count)
        text.begin(
            "routerc_lost_access_records_total", .counter,
            "Access records that were dropped because the log could not keep up.")
        text.add(observed.access?.lostCount ?? 0)
    }

    private func addTable(to text: inout MetricsText) {
        let snapshot = observed.state.snapshot
        let isGood = snapshot.lastReload.isAccepted
        text.begin("routerc_table_info", .gauge, "The table in service, by its digest; always 1.")
        text.add(labels: MetricsText.label("digest", snapshot.digest), 1)
        text.begin(
            "routerc_table_generation", .gauge, "How many tables have been in service so far.")
        text.add(snapshot.generation)
        text.begin("routerc_living_tables", .gauge, "Tables that are in memory.")
        text.add(LoadedTable.living)
        text.begin("routerc_reloads_total", .counter, "Reloads since the start, by their result.")
        text.add(labels: MetricsText.label("result", "ok"), snapshot.acceptedCount)
        text.add(labels: MetricsText.label("result", "refused"), snapshot.refusedCount)
        text.begin(
            "routerc_last_reload_successful", .gauge,
            "Whether the last table that was offered was taken, at start or at a reload.")
        text.add(isGood ? 1 : 0)
        text.begin(
            "routerc_last_reload_timestamp_seconds", .gauge,
            "When a table was last offered, in seconds since the epoch.")
        text.add(microseconds: UInt64(clamping: snapshot.lastReload.at) * 1000)
        text.begin(
            "routerc_last_reload_success_timestamp_seconds", .gauge,
            "When the table in service was taken, in seconds since the epoch.")
        text.add(microseconds: UInt64(clamping: snapshot.acceptedAt) * 1000)
        text.begin(
            "routerc_last_reload_duration_seconds", .gauge, "How long the last reload took.")
        text.add(microseconds: snapshot.lastReload.durationMicroseconds)
        text.begin("routerc_draining", .gauge, "Whether the process is about to end.")
        text.add(snapshot.isDraining ? 1 : 0)
        text.begin("routerc_build_info", .gauge, "The version that runs; always 1.")
        text.add(labels: MetricsText.label("version", observed.version), 1)
    }

    private func addProcess(to text: inout MetricsText) {
        if let count = Descriptors.openCount() {
            text.begin("process_open_fds", .gauge, "Number of open file descriptors.")
            text.add(count)
        }
        text.begin("process_max_fds", .gauge, "Maximum number of open file descriptors.")
        text.add(observed.descriptorLimit)
        guard let process = ProcessNumbers.read() else { return }
        text.begin(
            "process_cpu_seconds_total", .counter,
            "Total user and system CPU time spent in seconds.")
        text.add(microseconds: process.cpuMicroseconds)
        text.begin("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
        text.add(process.residentBytes)
        text.begin("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.")
        text.add(process.virtualBytes)
        text.begin("process_threads", .gauge, "Number of OS threads in the process.")
        text.add(process.threadCount)
        text.begin(
            "process_start_time_seconds", .gauge,
            "Start time of the process since unix epoch in seconds.")
        text.add(microseconds: process.startMicroseconds)
    }
}
