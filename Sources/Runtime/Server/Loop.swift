internal import Glibc
internal import Logging
internal import NIOCore
internal import Pattern
internal import Routing
internal import TableFormat
internal import Wire

/// Numbers of one loop; plain integers, read by posting to the loop.
package struct LoopCounters: Sendable {
    package var clientConnections = 0
    package var upstreamConnections = 0
    /// Exchanges under way.
    package var inFlight = 0
    package var requests: UInt64 = 0
    /// Exchanges that still hold the current table.
    package var holdingCurrent = 0
    /// Exchanges that still hold an earlier table, by its generation.
    package var holdingEarlier: [UInt32: Int] = [:]

    package init() {}
}

/// All that one event loop owns: its table, its connections, its time.
///
/// Confined to the loop.
final class Loop {
    let eventLoop: any EventLoop
    let budget: Budget
    let answers: AnswerCache
    /// Nil where access records are not wanted.
    let access: AccessRing?
    let accessWriter: AccessWriter?
    let wheel: TimerWheel
    let scratch = MatchScratch()
    let sampler: HostSampler
    let requestFields = HeaderFields()
    let responseFields = HeaderFields()
    var counters = LoopCounters()
    var metrics = PoolMetrics()
    var modelLists = ModelListCache()
    var namedModels = NamedModels()
    var requestIDs = RequestIDs()
    /// What clients have not taken of lists of models, where they were long.
    var untakenListBytes = 0
    let pool: UpstreamPool
    private let directory: UpstreamDirectory
    private let complaints: Complaints
    private(set) var table: LoadedTable
    private(set) var targets: [UpstreamTarget]
    private(set) var isStopping = false
    /// The next ticket of each pool of the table.
    private var tickets: [UInt32] = []
    /// What each pool of the table may still try again; a swap begins anew.
    private var retryBudgets: [UInt32: RetryBudget] = [:]
    private let firstTicket: UInt32
    /// What `draw` goes on from.
    private var drawn = UInt64.random(in: 0 ... .max)
    private var clients: [ObjectIdentifier: ClientConnection] = [:]
    private var isTicking = false
    /// Whose head `requestFields` describe.
    private var fieldsOwner: ObjectIdentifier?
    /// Told when the last client has gone after `stop`.
    private var whenEmpty: (() -> Void)?

    init(
        eventLoop: any EventLoop, index: Int, shared: LoopSet.Shared, table: LoadedTable,
        targets: [UpstreamTarget]
    ) {
        self.eventLoop = eventLoop
        budget = shared.budget
        sampler = shared.sampler
        self.table = table
        self.targets = targets
        accessWriter = shared.access
        access = shared.access?.ring(ofLoop: index)
        answers = AnswerCache()
        wheel = TimerWheel(nowMilliseconds: Loop.monotonicMilliseconds())
        // Loops begin at different places of a ring, so that they do not march in step.
        firstTicket = UInt32(index)
        directory = shared.directory
        complaints = shared.complaints
        pool = UpstreamPool(idleMax: shared.idleMax, totalMax: shared.idleTotalMax)
        metrics.reserve(slots: table.poolSlotLimit)
        resetTickets()
    }

    /// Those of the current table: clients stay when tables go.
    var clientTimeouts: ClientTimeouts { table.settings.clientTimeouts }

    // MARK: - Time

    /// Milliseconds of the monotonic clock.
    var nowMilliseconds: UInt64 { Loop.monotonicMilliseconds() }

    static func monotonicMilliseconds() -> UInt64 {
        monotonicNanoseconds() / 1_000_000
    }

    static func monotonicNanoseconds() -> UInt64 {
        NIODeadline.now().uptimeNanoseconds
    }

    /// Seconds since the epoch: for `expires` only.
    static func wallSeconds() -> Int64 {
        Int64(time(nil))
    }

    /// Sets a deadline and sees to it that the wheel turns.
    func setTimer(_ node: TimerNode, afterMilliseconds delay: UInt64, now: UInt64) {
        wheel.set(node, atMilliseconds: now &+ delay)
        if !isTicking {
            isTicking = true
            scheduleTick()
        }
    }

    private func scheduleTick() {
        eventLoop.assumeIsolated().scheduleTask(
            in: .milliseconds(Int64(TimerWheel.tickMilliseconds))
        ) { [self] in
            wheel.advance(toMilliseconds: nowMilliseconds)
            if wheel.count > 0 {
                scheduleTick()
            } else {
                isTicking = false
            }
        }
    }

    // MARK: - Heads

    /// Parses a head into the loop's fields, which belong to `client` until the next parse.
    func parseHead(
        _ bytes: ByteBuffer, of client: ClientConnection
    ) throws(RequestFault) -> RequestHead {
        fieldsOwner = ObjectIdentifier(client)
        return try RequestHead.parse(bytes.readableBytesSpan, fields: requestFields)
    }

    /// Makes the loop's fields those of a head that `client` has parsed before.
    func recallFields(_ bytes: ByteBuffer, of client: ClientConnection) {
        guard fieldsOwner != ObjectIdentifier(client) else { return }
        // It parsed then, and is the same now.
        _ = try? parseHead(bytes, of: client)
    }

    // MARK: - The table

    /// Takes over the next table: requests that begin from now on are decided by it.
    func adopt(_ next: LoadedTable, targets: [UpstreamTarget]) {
        if counters.holdingCurrent > 0 {
            counters.holdingEarlier[table.generation] = counters.holdingCurrent
            counters.holdingCurrent = 0
        }
        table = next
        self.targets = targets
        metrics.reserve(slots: next.poolSlotLimit)
        resetTickets()
    }

    /// An exchange takes hold of a table, or lets it go.
    func countHold(generation: UInt32, by change: Int) {
        guard generation != table.generation else {
            counters.holdingCurrent += change
            return
        }
        let left = (counters.holdingEarlier[generation] ?? 0) + change
        counters.holdingEarlier[generation] = left > 0 ? left : nil
    }

    /// A connection could not be opened: the upstream's host may have moved.
    func connectFailed() {
        directory.wishLookup()
    }

    /// An upstream does not speak TLS, or nobody trusts it.
    func handshakeFailed(slot: UInt32, endpoint: String?, _ error: any Error) {
        complaints.handshakeFailed(
            slot: slot, host: targets[Int(slot)].host, endpoint: endpoint, error)
    }

    /// New addresses of upstreams.
    func adopt(targets: [UpstreamTarget]) {
        self.targets = targets
    }

    private func resetTickets() {
        let count = table.withView { Int($0.count(PoolRecord.self)) }
        tickets = [UInt32](repeating: firstTicket, count: count)
        retryBudgets = [:]
    }

    /// Takes an attempt out of the budget of a pool of `generation`, if there is one left.
    func takeRetry(pool: UInt32, generation: UInt32, _ policy: RetryPolicy) -> Bool {
        // Few requests still have an earlier table, and no count of its own is kept for them.
        guard generation == table.generation, pool < tickets.count else { return true }
        let ticket = tickets[Int(pool)]
        let now = nowMilliseconds
        var budget =
            retryBudgets[pool] ?? RetryBudget(ticket: firstTicket, milliseconds: now)
        let isThere = budget.take(ticket: ticket, milliseconds: now, policy: policy)
        retryBudgets[pool] = budget
        return isThere
    }

    /// The next ticket of a pool; an exchange may still hold a table with more pools.
    func nextTicket(pool: UInt32) -> UInt32 {
        guard pool < tickets.count else { return firstTicket }
        let ticket = tickets[Int(pool)]
        tickets[Int(pool)] = ticket &+ 1
        return ticket
    }

    /// Bits by chance, for a request without a session.
    func draw() -> UInt32 {
        drawn &+= 1
        return UInt32(truncatingIfNeeded: scattered(drawn) >> 32)
    }

    // MARK: - Clients

    func opened(_ client: ClientConnection) {
        clients[ObjectIdentifier(client)] = client
        counters.clientConnections += 1
        if isStopping {
            client.stop()
        }
    }

    func closed(_ client: ClientConnection) {
        guard clients.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
        counters.clientConnections -= 1
        tellWhenEmpty()
    }

    /// No further requests; calls `whenEmpty` when the last connection has gone.
    func stop(whenEmpty: @escaping () -> Void) {
        isStopping = true
        self.whenEmpty = whenEmpty
        pool.closeAll()
        for client in Array(clients.values) {
            client.stop()
        }
        tellWhenEmpty()
    }

    /// Ends every answer under way.
    func cutAll() {
        for client in Array(clients.values) {
            client.cut()
        }
    }

    private func tellWhenEmpty() {
        if isStopping, clients.isEmpty, let tell = whenEmpty {
            whenEmpty = nil
            tell()
        }
    }
}

/// The state of endpoints for `pick`: those whose upstream has an address can be tried.
struct LiveLoads: EndpointLoads {
    let table: LoadedTable
    let targets: [UpstreamTarget]
    /// Those that a request has tried.
    let excluding: [UInt32]
    /// Those that are none of the pool's for this request.
    let others: [UInt32]
    /// Where nobody else is left, those too that are left alone for a while.
    let ignoresBreakers: Bool

    func isMember(endpoint: UInt32) -> Bool { !others.contains(endpoint) }

    func isAvailable(endpoint: UInt32) -> Bool {
        guard !excluding.contains(endpoint), !others.contains(endpoint) else { return false }
        let state = table.endpointStates[Int(endpoint)]
        if !state.isFree,
            !state.takesRequests(
                at: Loop.monotonicMilliseconds(), evenIfOpen: ignoresBreakers)
        {
            return false
        }
        if state.mayBeLimited, state.limitLeft(at: Loop.monotonicMilliseconds()) > 0 {
            return false
        }
        let upstream = table.withView { $0.load(EndpointRecord.upstream, at: endpoint) }
        return targets[Int(table.slotOfUpstream[Int(upstream)])].address != nil
    }

    func load(endpoint: UInt32) -> EndpointLoad {
        table.endpointStates[Int(endpoint)].load(at: Loop.monotonicMilliseconds())
    }
}
