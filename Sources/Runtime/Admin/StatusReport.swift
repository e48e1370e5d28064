internal import NIOCore
internal import TableFormat

/// What `GET /status` says, gathered from the loops without stopping any.
struct StatusReport: Sendable {
    let loops: LoopSet
    let state: ServerState
    let budget: Budget
    let directory: UpstreamDirectory
    let access: AccessWriter?

    /// The JSON object, in a future of `eventLoop`.
    func render(on eventLoop: any EventLoop) -> EventLoopFuture<String> {
        let report = self
        return loops.gather(on: eventLoop) { $0.counters }.map { report.render($0) }
    }

    private func render(_ counters: [LoopCounters]) -> String {
        let snapshot = state.snapshot
        var generations = [
            snapshot.generation: counters.reduce(0) { $0 + $1.holdingCurrent }
        ]
        for counter in counters {
            generations.merge(counter.holdingEarlier) { $0 + $1 }
        }
        let holding = generations.sorted { $0.key < $1.key }.map {
            "{\"generation\":\($0.key),\"in_flight\":\($0.value)}"
        }
        func total<Number: BinaryInteger>(_ value: (LoopCounters) -> Number) -> Number {
            counters.reduce(0) { $0 + value($1) }
        }
        let unresolved = directory.unresolvedHosts().map(JSONText.quoted)
        var reload = "null"
        if let last = snapshot.lastReload {
            let reason = last.reason.map(JSONText.quoted) ?? "null"
            let at = JSONText.quoted(LogLine.timestamp(last.at))
            let result = last.isAccepted ? "ok" : "refused"
            reload = "{\"result\":\"\(result)\",\"reason\":\(reason),\"at\":\(at)}"
        }
        return """
            {"table":{"digest":"\(snapshot.digest)",\
            "spec":\(JSONText.quoted(snapshot.specName)),\
            "generation":\(snapshot.generation)},\
            "generations":[\(holding.joined(separator: ","))],\
            "living_tables":\(LoadedTable.living),\
            "draining":\(snapshot.isDraining),\
            "requests":\(total { $0.requests }),\
            "in_flight":\(total { $0.inFlight }),\
            "client_connections":\(total { $0.clientConnections }),\
            "upstream_connections":\(total { $0.upstreamConnections }),\
            "buffered_bytes":\(budget.usedBytes),\
            "unresolved_hosts":[\(unresolved.joined(separator: ","))],\
            "lost_access_records":\(access?.lostCount ?? 0),\
            "fds":\(Descriptors.openCount().map { String($0) } ?? "null"),\
            "last_reload":\(reload)}

            """
    }
}
