internal import Glibc
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TableFormat

/// Gives the next table: a file, or a spec compiled anew.
///
/// Called at start and at every SIGHUP.
package typealias TableSource = @Sendable () throws(LoadFault) -> TableInput

/// How a server is run; what the table does not say.
package struct ServerOptions: Sendable {
    /// What is served, for people: the path that was given.
    package var name: String
    /// Overrides the table's address.
    package var listen: ListenAddress?
    package var logFormat = LogFormat.text
    /// Whether each request leaves a record.
    package var recordsAccess = true
    /// Which routerc this is, for metrics.
    package var version = ""
    /// Event loops; 0 for one a core.
    package var loopCount = 0
    /// Told of the bound port once the server listens.
    package var whenListening: (@Sendable (Int?) -> Void)?

    package init(name: String) {
        self.name = name
    }
}

/// The process: loops, listeners, the admin interface, and the control thread that runs them.
package final class Server {
    private let source: TableSource
    private let options: ServerOptions
    private let logger: Logger
    private let directories = LoadedTable.Directories()
    private let budget = Budget()
    private let sampler: HostSampler
    private let group: MultiThreadedEventLoopGroup
    private let loops: LoopSet
    private let limit: ConnectionLimit
    private let access: AccessWriter?
    private let state: ServerState
    private var table: LoadedTable
    private var listener: Listener
    private var admin: AdminServer?
    /// Admin interfaces that tables have left, and when, until their answers are out.
    private var retiredAdmins: [(server: AdminServer, at: UInt64)] = []
    private let adminContext: AdminContext
    private let reloads = ReloadRequests()
    private let discovery: ModelDiscovery
    private let health: HealthProbes
    private let descriptorLimit: Int

    /// Loads the first table and listens.
    ///
    /// Call `Signals.block()` before.
    package init(
        source: @escaping TableSource, options: ServerOptions, logger: Logger
    ) throws(LoadFault) {
        self.source = source
        self.options = options
        self.logger = logger
        descriptorLimit = Descriptors.raiseLimit()
        let count = options.loopCount > 0 ? options.loopCount : NIOCore.System.coreCount
        try Descriptors.require(
            Descriptors.startCount + count * Descriptors.loopCount,
            for: "a server with \(count == 1 ? "1 loop" : "\(count) loops")")
        sampler = HostSampler()
        LinuxCalls.keepFreedMemory()
        Server.openDispatch()
        let table = try LoadedTable(
            source(), generation: 1, directories: directories)
        self.table = table
        state = ServerState(specName: options.name, table: table)
        group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        access =
            options.recordsAccess
            ? AccessWriter(loopCount: count, format: options.logFormat) : nil
        loops = LoopSet(
            group: group,
            shared: LoopSet.Shared(
                budget: budget, access: access,
                idleMax: max(1, Limits.upstreamIdleMax / count),
                idleTotalMax: max(1, descriptorLimit / 4 / count),
                directory: directories.upstreams, complaints: Complaints(logger: logger),
                sampler: sampler),
            table: table, targets: directories.upstreams.targets())
        limit = ConnectionLimit(
            limit: Server.connectionLimit(table, descriptors: descriptorLimit))
        discovery = ModelDiscovery(directory: directories.upstreams, logger: logger)
        health = HealthProbes(
            directory: directories.upstreams, logger: logger, descriptorLimit: descriptorLimit)
        adminContext = AdminContext(
            observed: Observed(
                loops: loops, state: state, budget: budget, directory: directories.upstreams,
                pools: directories.pools, endpoints: directories.endpoints,
                access: access, discovery: discovery, health: health, sampler: sampler,
                version: options.version, descriptorLimit: descriptorLimit),
            reloads: reloads, logger: logger)
        // Ahead of the addresses: what cannot be had shows before anybody is accepted.
        try discovery.start()
        try health.start()
        access?.start()
        sampler.start()
        // First, so that whoever sees the listener ready finds the admin address too.
        admin = try Server.makeAdmin(table, adminContext, logger)
        listener = try Listener.bind(
            options.listen ?? table.settings.listen, group: group, loops: loops, limit: limit,
            logger: logger)
    }

    /// Serves until it is told to stop; returns when the last answer is out or the drain is over.
    package func run() {
        var values: Logger.Metadata = [
            "address": "\(address)", "digest": "\(table.digest)", "spec": "\(options.name)",
        ]
        if let admin { values["admin"] = "\(admin.address)" }
        logger.notice("listening", metadata: values)
        warnOfUnresolvedHosts()
        ServingWarnings.log(table, listen: options.listen, to: logger)
        discovery.adopt(table)
        health.adopt(table)
        options.whenListening?(listener.boundPort)
        var resolvedAt = Loop.monotonicMilliseconds()
        while true {
            switch Signals.wait(milliseconds: 1_000) {
            case .reload: reload()
            case .stop:
                drain()
                return
            case .nothing: break
            }
            let now = Loop.monotonicMilliseconds()
            closeRetiredAdmins(now)
            for name in directories.endpoints.endDrains(at: now) {
                logger.notice("endpoint drain over", metadata: ["endpoint": "\(name)"])
            }
            if now >= resolvedAt + Limits.resolveMilliseconds || directories.upstreams.takeWish() {
                resolvedAt = now
                if directories.upstreams.resolveAgain() {
                    let targets = directories.upstreams.targets()
                    _ = loops.onAll { $0.adopt(targets: targets) }
                }
            }
        }
    }

    /// Makes libdispatch, with which NIO ends its loops, open its descriptors now.
    ///
    /// It does so at its first use, and ends the process where there is none left: that may be so
    /// when the server is told to stop.
    private static func openDispatch() {
        try? MultiThreadedEventLoopGroup(numberOfThreads: 1).syncShutdownGracefully()
    }

    private var address: String {
        guard case .tcp(let host, 0) = listener.address, let port = listener.boundPort else {
            return listener.address.description
        }
        return ListenAddress.tcp(host: host, port: UInt16(port)).description
    }

    /// min(spec, (hard limit - reserve) / 2): a client connection may need one upstream.
    private static func connectionLimit(_ table: LoadedTable, descriptors: Int) -> Int {
        max(1, min(table.settings.maxConnections, (descriptors - Limits.descriptorReserve) / 2))
    }

    // MARK: - Reload

    /// Takes over the next table, or keeps the one in service and says why.
    private func reload() {
        // Whoever asked until now is told of this reload.
        let waiting = reloads.take()
        let began = Loop.monotonicNanoseconds()
        var reason: String?
        do throws(LoadFault) {
            try prepareAndCommit()
        } catch {
            reason = error.description
        }
        let report = ReloadReport(
            reason: reason, at: LogLine.wallMilliseconds(),
            durationMicroseconds: (Loop.monotonicNanoseconds() - began) / 1_000)
        state.note(report)
        tell(report)
        let outcome = ReloadOutcome(
            report: report, digest: table.digest, generation: table.generation)
        for promise in waiting {
            promise.succeed(outcome)
        }
    }

    private func tell(_ report: ReloadReport) {
        if let reason = report.reason {
            logger.error("table refused", metadata: ["reason": "\(reason)"])
            return
        }
        warnOfUnresolvedHosts()
        logger.notice(
            "table swapped",
            metadata: [
                "digest": "\(table.digest)", "address": "\(address)",
                "generation": .stringConvertible(table.generation),
                "duration_us": .stringConvertible(report.durationMicroseconds),
            ])
        ServingWarnings.log(table, listen: options.listen, to: logger)
    }

    /// A host without an address is no reason to refuse a table: it may come back.
    private func warnOfUnresolvedHosts() {
        for host in directories.upstreams.unresolvedHosts() {
            logger.warning("upstream host not found", metadata: ["host": "\(host)"])
        }
    }

    private func prepareAndCommit() throws(LoadFault) {
        let living = LoadedTable.living
        guard living < Limits.generationsMax else {
            throw LoadFault.tooManyGenerations(living)
        }
        let next = try LoadedTable(
            source(), generation: table.generation + 1, directories: directories)
        var nextListener: Listener?
        if options.listen == nil, next.settings.listen != table.settings.listen {
            nextListener = try Listener.bind(
                next.settings.listen, group: group, loops: loops, limit: limit,
                logger: logger)
        }
        var nextAdmin = admin
        if next.settings.admin != table.settings.admin {
            do throws(LoadFault) {
                nextAdmin = try Server.makeAdmin(next, adminContext, logger)
            } catch {
                nextListener?.close()
                throw error
            }
        }
        // Beyond this point nothing can fail.
        limit.set(Server.connectionLimit(next, descriptors: descriptorLimit))
        discovery.adopt(next)
        health.adopt(next)
        let targets = directories.upstreams.targets()
        _ = loops.onAll { $0.adopt(next, targets: targets) }
        if let nextListener {
            listener.close()
            listener = nextListener
        }
        if nextAdmin !== admin {
            // Whoever asked there for this reload is still to be answered.
            if let admin {
                admin.stopListening()
                retiredAdmins.append((admin, Loop.monotonicMilliseconds()))
            }
            admin = nextAdmin
        }
        table = next
        // Nobody holds the one before now, so that its pools may be gone.
        state.serve(next)
        foldGonePools()
    }

    /// Adds the metrics of pools that have been gone for long to one row, beyond a limit.
    private func foldGonePools() {
        let surplus = directories.pools.surplus(beyond: Limits.gonePoolsMax)
        guard !surplus.isEmpty else { return }
        // No table has them, so what is not busy now never will be.
        let busy = Set(loops.onAll { $0.metrics.busy(among: surplus) }.joined())
        let idle = surplus.filter { !busy.contains($0) }
        _ = loops.onAll { $0.metrics.fold(idle, into: PoolDirectory.folded) }
        directories.pools.forget(idle)
    }

    private static func makeAdmin(
        _ table: LoadedTable, _ context: AdminContext, _ logger: Logger
    ) throws(LoadFault) -> AdminServer? {
        guard let address = table.settings.admin else { return nil }
        return try AdminServer(address, context: context, logger: logger)
    }

    /// Closes admin interfaces that tables have left, once nobody waits there, or long enough.
    private func closeRetiredAdmins(_ now: UInt64) {
        retiredAdmins.removeAll { server, at in
            guard server.isIdle || now >= at + Limits.adminCloseMilliseconds else { return false }
            server.close()
            return true
        }
    }

    // MARK: - The end

    /// Accepts no more, lets answers end, and gives up after `drain` or at a second signal.
    private func drain() {
        state.drain()
        reloads.close()
        logger.notice("draining")
        listener.close()
        let left = Countdown(loops.count)
        _ = loops.onAll { loop in
            loop.stop { left.countDown() }
        }
        let patience = table.settings.drainMilliseconds
        let began = Loop.monotonicMilliseconds()
        var isCut = false
        while !left.isOver {
            if case .stop = Signals.wait(milliseconds: 10) {
                isCut = true
                break
            }
            if let patience, Loop.monotonicMilliseconds() >= began + patience {
                isCut = true
                break
            }
        }
        if isCut {
            _ = loops.onAll { $0.cutAll() }
        }
        discovery.stop()
        health.stop()
        admin?.close()
        closeRetiredAdmins(.max)
        access?.stop()
        sampler.stop()
        logger.notice("stopped", metadata: ["cut_short": .stringConvertible(isCut)])
    }
}

/// Counts to zero across loops.
final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    func countDown() {
        left.subtract(1, ordering: .relaxed)
    }

    var isOver: Bool { left.load(ordering: .relaxed) <= 0 }
}
