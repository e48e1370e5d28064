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
    /// Its endpoints that do not serve the model.
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
        return turn
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

    /// The member of a pool for a request, without some endpoints.
    func pickedMember(
        _ table: LoadedTable, _ route: Route, _ turn: Turn, excluding: [UInt32],
        ignoringBreakers: Bool = false
    ) -> UInt32? {
        let loads = LiveLoads(
            table: table, targets: loop.targets, excluding: excluding,
            ignoresBreakers: ignoringBreakers)
        return table.withView { view in
            if let session = turn.session {
                return pick(pool: route.pool, session: session, loads: loads, in: view)
            }
            return pick(pool: route.pool, ticket: turn.ticket, loads: loads, in: view)
        }
    }

    /// The same among those with a place for the path.
    func carryingMember(
        _ table: LoadedTable, _ route: Route, _ turn: Turn, excluding: [UInt32],
        ignoringBreakers: Bool
    ) -> UInt32? {
        var excluded = excluding + turn.others
        // A pool of many that have none is not searched for ever.
        for _ in 0..<16 {
            let member = pickedMember(
                table, route, turn, excluding: excluded, ignoringBreakers: ignoringBreakers)
            guard let member else { return nil }
            if canCarry(table, to: member) { return member }
            excluded.append(table.withView { $0.load(MemberRecord.endpoint, at: member) })
        }
        return nil
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
            let member = carryingMember(
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
            let others = endpointsNotServing(route, table)
            let isServed = table.withView {
                hasServer(pool: route.pool, besides: others, in: $0)
            }
            if isServed {
                let turn = Turn(ticket: exchange.turn.ticket, others: others)
                let member = pickedMember(
                    table, route, turn, excluding: others, ignoringBreakers: true)
                return member == nil ? refusal(table, route) : .urlUnknown
            }
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
            $0.pool == route.pool && $0.model == route.model
        }
        if isTried { return nil }
        let turn = turn(of: route, table)
        let member = carryingMember(
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

    /// The endpoints that have failed at the model of a route; another one may be well there.
    func failedEndpoints(for route: Route) -> [UInt32] {
        exchange.failures.filter { $0.model == route.model }.map(\.endpoint)
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
