internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Where a request goes: its pool, after it the pools and models of its rule's course, and what
// keeps its session where it is.

/// What decides among the endpoints of one pool for one request.
struct Turn {
    /// What turns of rings go by.
    var ticket: UInt32 = 0
    /// Where the pool keeps sessions and the request has one.
    var session: Session?
    /// Its endpoints that do not serve the model, or have no place for the path.
    var others: [UInt32] = []
}

extension ClientConnection {
    /// The request is one of a pool's from here on.
    func enter(_ route: Route, _ turn: Turn, _ table: LoadedTable) {
        exchange.route = route
        beginMetrics(table, pool: route.pool)
        exchange.turn = turn
        table.withView { view in
            exchange.timeouts = ExchangeTimeouts(view, pool: route.pool)
            exchange.breaker = BreakerPolicy(view, pool: route.pool)
            exchange.watchesFirstByte =
                view.load(PoolRecord.strategy, at: route.pool) == .adaptive
        }
    }

    /// The request goes on to another pool, or to the same one for another model.
    func move(to place: Placement, _ table: LoadedTable) {
        endPoolMetrics()
        // The deadline over all is that of the pool it began in.
        let total = exchange.timeouts.total
        enter(place.route, place.turn, table)
        exchange.timeouts.total = total
        exchange.poolAttempts = 0
    }

    /// Draws the side of a split: the same for each request of a session.
    func settle(_ route: inout Route, _ table: LoadedTable) {
        let session = table.withView { view -> Session? in
            let sticky = route.splitSticky(in: view)
            return sticky == noIndex
                ? nil : Session(sticky: sticky, values: RequestSession(client: self), in: view)
        }
        let draw = session?.draw ?? loop.draw()
        table.withView { route.settle(draw: draw, in: $0) }
    }

    func turn(of route: Route, _ table: LoadedTable) -> Turn {
        var turn = Turn(ticket: loop.nextTicket(pool: route.pool))
        let (sticky, flags) = table.withView { view in
            let row = view.row(PoolRecord.self, route.pool)
            return (view.load(PoolRecord.sticky, row), view.load(PoolRecord.flags, row))
        }
        if sticky != noIndex {
            turn.session = table.withView {
                Session(sticky: sticky, values: RequestSession(client: self), in: $0)
            }
        }
        if flags & PoolRecord.unevenFlag != 0 { turn.others = endpointsNotServing(route, table) }
        if !isBelowVersion { turn.others += endpointsNotCarrying(route, table) }
        return turn
    }

    /// Whether the path is one for which every endpoint has a place (rule 5).
    private var isBelowVersion: Bool {
        guard let range = exchange.head?.path else { return true }
        let headBytes = exchange.headBytes
        return isBelowV1(headBytes.readableBytesSpan.extracting(range))
    }

    private func endpointsNotCarrying(_ route: Route, _ table: LoadedTable) -> [UInt32] {
        guard let range = exchange.head?.path else { return [] }
        let headBytes = exchange.headBytes
        let path = headBytes.readableBytesSpan.extracting(range)
        return table.withView { Routing.endpointsNotCarrying(path, pool: route.pool, in: $0) }
    }

    private func endpointsNotServing(_ route: Route, _ table: LoadedTable) -> [UInt32] {
        let found = loop.namedModels.read(table)
        return withModel { asked in
            table.withView { view in
                Routing.endpointsNotServing(
                    route, asked: asked, patterns: table.patterns, scratch: loop.scratch, in: view
                ) { endpoint, sent in
                    guard Int(endpoint) < found.count, let models = found[Int(endpoint)] else {
                        return nil
                    }
                    return models.find(sent.text(of: asked, in: view)) != nil
                }
            }
        }
    }

    // MARK: - Picking

    /// The member of a pool that takes a request, without some endpoints.
    func pickedMember(
        _ table: LoadedTable, _ route: Route, _ turn: Turn, excluding: [UInt32],
        ignoringBreakers: Bool = false
    ) -> UInt32? {
        let loads = LiveLoads(
            table: table, targets: loop.targets, excluding: excluding, others: turn.others,
            ignoresBreakers: ignoringBreakers)
        return table.withView { view in
            if let session = turn.session {
                return pick(pool: route.pool, session: session, loads: loads, in: view)
            }
            return pick(pool: route.pool, ticket: turn.ticket, loads: loads, in: view)
        }
    }

    // MARK: - Going on

    /// A pool and a member that can take the request.
    struct Placement {
        var route: Route
        var turn: Turn
        var member: UInt32
    }

    /// Where the first pool has nobody: the next places, and then those that were left alone.
    ///
    /// A request that may fail is better than one that does.
    func decideOtherwise(_ table: LoadedTable, _ route: Route) {
        for ignoringBreakers in [false, true] {
            let member = pickedMember(
                table, route, exchange.turn, excluding: [], ignoringBreakers: ignoringBreakers)
            if let member { return begin(member, table) }
            if let place = nextPlacement(after: route, table, ignoringBreakers: ignoringBreakers) {
                move(to: place, table)
                return begin(place.member, table)
            }
        }
        refuse(reasonOfAll(table, route))
    }

    /// Why nobody takes the request: that the model is not there only if no pool of the course has
    /// it, whatever its endpoints are doing.
    private func reasonOfAll(_ table: LoadedTable, _ first: Route) -> ProxyError {
        var next: Route? = first
        while let route = next {
            let (isServed, isCarried) = table.withView { view in
                let others = endpointsNotServing(route, table)
                let further = endpointsNotCarrying(route, table)
                return (
                    hasServer(pool: route.pool, besides: others, in: view),
                    hasServer(pool: route.pool, besides: others + further, in: view)
                )
            }
            if isServed { return isCarried ? refusal(table, route) : .urlUnknown }
            next = nextRoute(after: route, table)
        }
        return .modelNotFound
    }

    /// A member of the pool of a route that can take the request; nil too where that pool has had
    /// its attempts.
    func placement(
        in route: Route, _ table: LoadedTable, ignoringBreakers: Bool
    ) -> Placement? {
        let isTried = exchange.failures.contains {
            $0.pool == route.pool && $0.isForModel(of: route)
        }
        if isTried { return nil }
        let turn = turn(of: route, table)
        let member = pickedMember(
            table, route, turn, excluding: failedEndpoints(for: route),
            ignoringBreakers: ignoringBreakers)
        return member.map { Placement(route: route, turn: turn, member: $0) }
    }

    /// The same of the next pool of the course, or the next model's, that has one.
    func nextPlacement(
        after current: Route, _ table: LoadedTable, ignoringBreakers: Bool
    ) -> Placement? {
        var route = current
        while let next = nextRoute(after: route, table) {
            route = next
            let place = placement(in: route, table, ignoringBreakers: ignoringBreakers)
            if let place { return place }
        }
        return nil
    }

    /// The pause is over: the endpoint is asked again if it may still be, and else the next place.
    ///
    /// It may have been taken out of service meanwhile, or found down.
    func goOnAfterPause() {
        guard let table = exchange.table, let route = exchange.route else { return }
        let loads = LiveLoads(
            table: table, targets: loop.targets, excluding: [], others: [], ignoresBreakers: true)
        if !loads.isAvailable(endpoint: exchange.endpoint) {
            let failed = failedEndpoints(for: route)
            if let member = pickedMember(
                table, route, exchange.turn, excluding: failed, ignoringBreakers: true)
            {
                exchange.member = member
            } else if let place = nextPlacement(after: route, table, ignoringBreakers: true) {
                move(to: place, table)
                exchange.poolAttempts = 1
                exchange.member = place.member
            } else {
                return refuse(refusal(table, route))
            }
            exchange.endpoint = table.withView {
                $0.load(MemberRecord.endpoint, at: exchange.member)
            }
        }
        perform(machine.pauseEnded())
    }

    /// The endpoints that have failed at the model of a route; another one may be well there.
    func failedEndpoints(for route: Route) -> [UInt32] {
        exchange.failures.filter { $0.isForModel(of: route) }.map(\.endpoint)
    }

    private func nextRoute(after route: Route, _ table: LoadedTable) -> Route? {
        guard let caller = exchange.caller else { return nil }
        let next = withModel { model in
            table.withView { view in
                route.next(
                    asked: model, caller: caller, patterns: table.patterns,
                    scratch: loop.scratch, in: view)
            }
        }
        guard var next else { return nil }
        if next.isOpen { settle(&next, table) }
        return next
    }
}

/// What a request says of its session.
struct RequestSession: SessionValues {
    let client: ClientConnection

    /// The longest name of a session that is unescaped.
    private static let textBytesMax = 1_024

    func withValue(of source: SessionSource, header: RawSpan, _ body: (RawSpan) -> Void) {
        switch source {
        case .header: withField(header, body)
        case .user: withMember(client.exchange.scanner.user, body)
        case .promptCacheKey: withMember(client.exchange.scanner.promptCacheKey, body)
        case .key:
            guard let key = client.exchange.caller?.key, key != noIndex,
                let table = client.exchange.table
            else { return }
            table.withView { view in body(view.string(view.load(KeyRecord.name, at: key))) }
        }
    }

    private func withField(_ name: RawSpan, _ body: (RawSpan) -> Void) {
        let bytes = client.exchange.headBytes
        client.loop.recallFields(bytes, of: client)
        let fields = client.loop.requestFields
        let head = bytes.readableBytesSpan
        guard let index = fields.firstIndex(of: name, in: head) else { return }
        let value = head.extracting(fields[index].value)
        if value.byteCount > 0 { body(value) }
    }

    private func withMember(_ member: Member, _ body: (RawSpan) -> Void) {
        let requestBody = client.exchange.body
        let bytes = requestBody.readableBytesSpan
        guard member.type == .string, member.content.count > 0,
            Int(member.token.end) <= bytes.byteCount
        else { return }
        guard member.hasEscapes, member.content.count <= RequestSession.textBytesMax else {
            return body(bytes.extracting(member.content))
        }
        unsafe withUnsafeTemporaryAllocation(
            byteCount: RequestSession.textBytesMax, alignment: 8
        ) { area in
            var writer = unsafe ByteWriter(area)
            member.writeText(bytes, into: &writer)
            let text = unsafe UnsafeRawBufferPointer(rebasing: area[..<writer.count])
            unsafe body(text.bytes)
        }
    }
}
