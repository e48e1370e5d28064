internal import Glibc
internal import Logging
internal import Synchronization
internal import TableFormat

/// Asks the endpoints of the table in service for their models, on a thread of its own.
///
/// It feeds lists and never decides where a request goes. A request waits for nothing here: it
/// reads the catalog of its table, which is made anew when an answer has changed something.
/// Nobody is asked before the first `adopt`, and without discovery in a table there is no thread.
/// What the thread does stands in `DiscoveryThread`.
final class ModelDiscovery: Sendable {
    /// One endpoint of the table in service.
    struct Endpoint {
        var target: DiscoveryTarget
        var state = DiscoveryState()
        /// The question under way; an answer to another one comes too late.
        var token: Int?
    }

    struct Shared {
        /// Nil until there is a first one, and at the end.
        var table: LoadedTable?
        /// By identity.
        var endpoints: [String: Endpoint] = [:]
        /// What the lists of all take up, about.
        var heldBytes = 0
        var lastToken = 0
        var isStarted = false
        /// Something is known that the table's catalog does not have.
        var isDirty = false
    }

    let shared = Mutex(Shared())
    let directory: UpstreamDirectory
    let logger: Logger
    /// An eventfd; written when there is something to do.
    let wakeup: CInt
    let isStopping = AtomicFlag()
    private let isSignaled = Atomic<Bool>(false)
    private let hasStopped = AtomicFlag()
    /// Catalogs are made one after the other, so that the last one knows the most.
    private let publishing = Mutex(())

    init(directory: UpstreamDirectory, logger: Logger) {
        self.directory = directory
        self.logger = logger
        wakeup = LinuxCalls.makeEventCounter()
        precondition(wakeup >= 0, "the system has no descriptor left at start")
    }

    deinit {
        close(wakeup)
    }

    /// Takes over the next table, before a request sees it.
    ///
    /// What is known of its endpoints goes into its catalog; those that are new, or asked otherwise
    /// than before, are asked at once.
    func adopt(_ table: LoadedTable) {
        let starts = shared.withLock { shared in
            var endpoints: [String: Endpoint] = [:]
            for target in table.discovery?.targets ?? [] {
                var endpoint = shared.endpoints[target.identity] ?? Endpoint(target: target)
                if endpoint.target.download != target.download {
                    endpoint.state.makeDue()
                    endpoint.token = nil
                }
                endpoint.target = target
                endpoints[target.identity] = endpoint
            }
            shared.endpoints = endpoints
            shared.heldBytes = endpoints.values.reduce(0) {
                $0 + ($1.state.models?.byteCount ?? 0)
            }
            shared.table = table
            let starts = !endpoints.isEmpty && !shared.isStarted
            shared.isStarted = shared.isStarted || starts
            return starts
        }
        publish()
        if starts { start() } else { signal() }
    }

    /// Makes the catalog of the table in service from what is known.
    func publish() {
        publishing.withLock { _ in
            let work = shared.withLock { shared -> (LoadedTable, [FoundModels?])? in
                shared.isDirty = false
                guard let table = shared.table, let plan = table.discovery else { return nil }
                return (table, plan.targets.map { shared.endpoints[$0.identity]?.state.models })
            }
            guard let (table, found) = work else { return }
            table.discovered.publish(ModelCatalog(table, found: found))
        }
    }

    private func start() {
        guard CurlTransfers.prepareLibrary() else {
            logger.error("libcurl cannot be used; no endpoint is asked for its models")
            return
        }
        BackgroundThread.start { [self] in
            if var thread = DiscoveryThread(self) {
                thread.run()
            } else {
                logger.error("libcurl cannot be used; no endpoint is asked for its models")
            }
            hasStopped.set()
        }
    }

    /// Ends the thread; waits for it, at most a second.
    func stop() {
        let isRunning = shared.withLock { shared in
            shared.table = nil
            return shared.isStarted
        }
        isStopping.set()
        signal()
        for _ in 0..<200 where isRunning && !hasStopped.isSet {
            usleep(5_000)
        }
    }

    private func signal() {
        if !isSignaled.exchange(true, ordering: .acquiringAndReleasing) {
            var one: UInt64 = 1
            _ = unsafe write(wakeup, &one, 8)
        }
    }

    /// Whether somebody has signaled since the last time.
    func takeSignal() -> Bool {
        guard isSignaled.exchange(false, ordering: .acquiringAndReleasing) else { return false }
        // Who has set the flag has written, or will at once.
        var count: UInt64 = 0
        _ = unsafe read(wakeup, &count, 8)
        return true
    }

    // MARK: - Observation

    /// What is known of each endpoint, for `/status`: a JSON list in order of their names.
    func report() -> String {
        let now = Loop.monotonicMilliseconds()
        let endpoints = shared.withLock { Array($0.endpoints.values) }
        let entries = endpoints.sorted { $0.target.name < $1.target.name }.map { endpoint in
            let state = endpoint.state
            let reason = state.failure.map { JSONText.quoted($0.rawValue) } ?? "null"
            let age = state.foundAt.map { String(now > $0 ? now - $0 : 0) } ?? "null"
            return """
                {"endpoint":\(JSONText.quoted(endpoint.target.name)),\
                "kind":"\(endpoint.target.kind)","state":"\(state.label)","reason":\(reason),\
                "models":\(state.models?.models.count ?? 0),"age_ms":\(age)}
                """
        }
        return "[\(entries.joined(separator: ","))]"
    }
}

extension DiscoveryState {
    /// One word for people: what the list of an endpoint is worth.
    package var label: String {
        if failure == nil { return foundAt == nil ? "pending" : "ok" }
        return models == nil ? "failed" : "stale"
    }
}
