internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Endpoints that have enough for now: 429, and 503 that says when to come again.

extension ClientConnection {
    private static let retryAfterName = Array("retry-after".utf8)

    /// Leaves an endpoint alone for as long as its answer says.
    ///
    /// Not where it answers the client's own credential: then it is the client that has had enough,
    /// and nobody else.
    func coolDown(_ head: ResponseHead, _ headBytes: ByteBuffer) {
        guard head.status == 429 || head.status == 503, let table = exchange.table,
            !table.endpoints[Int(exchange.endpoint)].keepsCredentials
        else { return }
        var wait: UInt64?
        let bytes = headBytes.readableBytesSpan
        let fields = loop.responseFields
        if let index = fields.firstIndex(of: ClientConnection.retryAfterName.rawSpan, in: bytes) {
            let value = RetryAfter(bytes.extracting(fields[index].value))
            wait = value?.milliseconds(
                now: Loop.wallSeconds(), limit: EndpointState.limitMillisecondsMax)
        }
        if wait == nil, head.status == 429 { wait = EndpointState.limitMillisecondsUsual }
        guard let wait else { return }
        exchange.isLimited = true
        if wait > 0 { exchange.endpointState?.limit(until: loop.nowMilliseconds + wait) }
    }

    /// Why no member of a pool can be tried.
    func refusal(_ table: LoadedTable, _ route: Route) -> ProxyError {
        let now = loop.nowMilliseconds
        return table.withView { view in
            Routing.refusal(ofPool: route.pool, in: view) {
                table.endpointStates[Int($0)].limitLeft(at: now) > 0
            }
        }
    }

    /// `Retry-After` for an answer that every endpoint has enough: when the first can be asked.
    var limitLine: String {
        guard let table = exchange.table, let route = exchange.route else { return "" }
        let now = loop.nowMilliseconds
        var soonest = EndpointState.limitMillisecondsMax
        table.withView { view in
            for member in view.load(PoolRecord.members, at: route.pool).indices {
                let endpoint = view.load(MemberRecord.endpoint, at: member)
                let left = table.endpointStates[Int(endpoint)].limitLeft(at: now)
                if left > 0 { soonest = min(soonest, left) }
            }
        }
        return "Retry-After: \((soonest + 999) / 1000)\r\n"
    }
}
