internal import Logging
internal import Synchronization

/// Asks the endpoints of the table in service whether they are well, on a thread of its own.
///
/// What comes of it is one bit of the endpoint's state, which picking reads; no request waits for
/// anything here. Nobody is asked before the first `adopt`, and nobody where the table says so: the
/// thread sleeps. What the thread does stands in `HealthThread`.
final class HealthProbes: Sendable {
    /// One endpoint of the table in service.
    struct Endpoint {
        var target: HealthTarget
        var state: EndpointState
        /// Of its upstream, in the directory of addresses.
        var slot: UInt32
        var counter = HealthCounter()
        /// When to ask next.
        var dueAt: UInt64 = 0
        /// Not asked before: the second probe comes at random, so that not all come at once.
        var isNew = true
        /// The probe under way; an answer to another one comes too late.
        var token: Int?
    }

    struct Shared {
        /// By stable id.
        var endpoints: [UInt64: Endpoint] = [:]
        var lastToken = 0
        /// Probes since the start, by what they have found.
        var counts: [HealthCounter.Verdict: UInt64] = [:]
    }

    let shared = Mutex(Shared())
    let directory: UpstreamDirectory
    let logger: Logger
    let wakeup = Wakeup()
    let isStopping = AtomicFlag()
    /// Probes that may be under way at once.
    let countMax: Int
    private let thread = Mutex<BackgroundThread?>(nil)

    /// Where few descriptors may be open, few probes are under way: clients come first.
    init(directory: UpstreamDirectory, logger: Logger, descriptorLimit: Int) {
        self.directory = directory
        self.logger = logger
        countMax = max(1, min(Limits.probesMax, descriptorLimit / 32))
    }

    /// Starts the thread; called once, when libcurl has been prepared.
    func start() throws(LoadFault) {
        guard let transfers = CurlTransfers(wakeup: wakeup.descriptor) else {
            throw .library("libcurl")
        }
        let started = BackgroundThread.start { [self] in
            var thread = HealthThread(self, transfers)
            thread.run()
        }
        thread.withLock { $0 = started }
    }

    /// Takes over the next table.
    ///
    /// What is known of an endpoint stays while it is asked at the same place. Those that are new
    /// or asked otherwise are asked at once; those that are asked no more count as up.
    func adopt(_ table: LoadedTable) {
        let now = Loop.monotonicMilliseconds()
        shared.withLock { shared in
            var endpoints: [UInt64: Endpoint] = [:]
            for target in table.health {
                let state = table.endpointStates[Int(target.endpoint)]
                let slot = table.slotOfUpstream[Int(target.upstream)]
                var endpoint = Endpoint(target: target, state: state, slot: slot)
                if let known = shared.endpoints[target.stableID],
                    known.target.isSamePlace(as: target)
                {
                    endpoint.counter = known.counter
                    if known.target.download == target.download {
                        endpoint.token = known.token
                        endpoint.isNew = known.isNew
                        endpoint.dueAt = min(known.dueAt, now + target.intervalMilliseconds)
                    }
                }
                // Another state, where the endpoint was in no living table for a while.
                state.isDown = endpoint.counter.isDown
                endpoints[target.stableID] = endpoint
            }
            for (id, endpoint) in shared.endpoints where endpoints[id] == nil {
                endpoint.state.isDown = false
            }
            shared.endpoints = endpoints
        }
        wakeup.signal()
    }

    /// Ends the thread; waits for it, at most a second.
    func stop() {
        isStopping.set()
        wakeup.signal()
        let started = thread.withLock { $0 }
        if started?.waitForEnd(milliseconds: Limits.threadEndMilliseconds) == false {
            logger.warning("health thread left behind")
        }
    }

    // MARK: - Observation

    /// What is known of the endpoints that are asked, by stable id.
    func known() -> [UInt64: HealthCounter] {
        shared.withLock { $0.endpoints.mapValues(\.counter) }
    }

    /// Probes since the start, by what they have found.
    func counts() -> [HealthCounter.Verdict: UInt64] { shared.withLock { $0.counts } }
}
