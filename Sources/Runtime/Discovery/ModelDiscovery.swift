internal import Logging
internal import Synchronization

/// Asks the endpoints of the table in service for their models, on a thread of its own.
///
/// It feeds lists and never decides where a request goes. A request waits for nothing here: it
/// reads the catalog of its table, which is made anew when an answer has changed something.
/// Nobody is asked before the first `adopt`, and nobody where the table says so: the thread sleeps.
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
        /// Something is known that the table's catalog does not have.
        var isDirty = false
    }

    let shared = Mutex(Shared())
    let directory: UpstreamDirectory
    let logger: Logger
    let wakeup = Wakeup()
    let isStopping = AtomicFlag()
    private let thread = Mutex<BackgroundThread?>(nil)
    /// Catalogs are made one after the other, so that the last one knows the most.
    private let publishing = Mutex(())

    init(directory: UpstreamDirectory, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// Starts the thread; called once, while a failure can still keep the process from serving.
    func start() throws(LoadFault) {
        guard CurlTransfers.prepareLibrary(),
            let transfers = CurlTransfers(wakeup: wakeup.descriptor)
        else { throw .library("libcurl") }
        let started = BackgroundThread.start { [self] in
            var thread = DiscoveryThread(self, transfers)
            thread.run()
        }
        thread.withLock { $0 = started }
    }

    /// Takes over the next table, before a request sees it.
    ///
    /// What is known of its endpoints goes into its catalog; those that are new, or asked otherwise
    /// than before, are asked at once.
    func adopt(_ table: LoadedTable) {
        let now = Loop.monotonicMilliseconds()
        shared.withLock { shared in
            var endpoints: [String: Endpoint] = [:]
            let interval = table.discovery?.intervalMilliseconds ?? 0
            for target in table.discovery?.targets ?? [] {
                var endpoint = shared.endpoints[target.identity] ?? Endpoint(target: target)
                let isAskedOtherwise = endpoint.target.download != target.download
                endpoint.state.makeDue(by: isAskedOtherwise ? 0 : now + interval)
                if isAskedOtherwise { endpoint.token = nil }
                endpoint.target = target
                endpoints[target.identity] = endpoint
            }
            shared.endpoints = endpoints
            shared.heldBytes = endpoints.values.reduce(0) {
                $0 + ($1.state.models?.byteCount ?? 0)
            }
            shared.table = table
        }
        publish()
        wakeup.signal()
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
            table.discovered.publish(ModelCatalog(table, found: found), found)
        }
    }

    /// Ends the thread; waits for it, at most a second.
    func stop() {
        shared.withLock { $0.table = nil }
        isStopping.set()
        wakeup.signal()
        let started = thread.withLock { $0 }
        if started?.waitForEnd(milliseconds: Limits.threadEndMilliseconds) == false {
            logger.warning("discovery thread left behind")
        }
    }

    // MARK: - Observation

    /// What is known of the endpoints now.
    func summary() -> DiscoverySummary {
        let endpoints = shared.withLock { Array($0.endpoints.values) }
        return DiscoverySummary(
            endpoints.map { .init(name: $0.target.name, kind: $0.target.kind, $0.state) },
            at: Loop.monotonicMilliseconds())
    }
}
