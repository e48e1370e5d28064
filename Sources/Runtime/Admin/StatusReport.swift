internal import NIOCore
internal import TableFormat

/// What `GET /status` says, gathered from the loops without stopping any.
struct StatusReport: Sendable {
    let loops: LoopSet
    let state: ServerState
    let budget: Budget
    let directory: UpstreamDirectory
    let access: AccessWriter?
    let discovery: ModelDiscovery

    /// The values, in a future of `eventLoop`.
    func gather(on eventLoop: any EventLoop) -> EventLoopFuture<StatusValues> {
        let report = self
        return loops.gather(on: eventLoop) { $0.counters }.map { counters in
            StatusValues(report, counters)
        }
    }
}

/// The state of the process at one moment.
struct StatusValues: Sendable {
    private let snapshot: ServerState.Snapshot
    private let generations: [(number: UInt32, inFlight: Int)]
    private let livingTables: Int
    private let requests: UInt64
    private let inFlight: Int
    private let clientConnections: Int
    private let upstreamConnections: Int
    private let bufferedBytes: Int
    private let unresolvedHosts: [String]
    private let lostRecords: Int
    private let descriptors: Int?
    private let discovery: ModelDiscovery

    init(_ report: StatusReport, _ counters: [LoopCounters]) {
        snapshot = report.state.snapshot
        var holding = [snapshot.generation: counters.reduce(0) { $0 + $1.holdingCurrent }]
        for counter in counters {
            holding.merge(counter.holdingEarlier) { $0 + $1 }
        }
        generations = holding.sorted { $0.key < $1.key }
            .map { (number: $0.key, inFlight: $0.value) }
        func total<Number: BinaryInteger>(_ value: (LoopCounters) -> Number) -> Number {
            counters.reduce(0) { $0 + value($1) }
        }
        livingTables = LoadedTable.living
        requests = total { $0.requests }
        inFlight = total { $0.inFlight }
        clientConnections = total { $0.clientConnections }
        upstreamConnections = total { $0.upstreamConnections }
        bufferedBytes = report.budget.usedBytes
        unresolvedHosts = report.directory.unresolvedHosts()
        lostRecords = report.access?.lostCount ?? 0
        descriptors = Descriptors.openCount()
        discovery = report.discovery
    }

    var json: String {
        let holding = generations.map {
            "{\"generation\":\($0.number),\"in_flight\":\($0.inFlight)}"
        }
        let unresolved = unresolvedHosts.map(JSONText.quoted)
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
            "living_tables":\(livingTables),\
            "draining":\(snapshot.isDraining),\
            "requests":\(requests),\
            "in_flight":\(inFlight),\
            "client_connections":\(clientConnections),\
            "upstream_connections":\(upstreamConnections),\
            "buffered_bytes":\(bufferedBytes),\
            "unresolved_hosts":[\(unresolved.joined(separator: ","))],\
            "discovery":\(discovery.report()),\
            "lost_access_records":\(lostRecords),\
            "fds":\(descriptors.map { String($0) } ?? "null"),\
            "last_reload":\(reload)}

            """
    }

    /// The same for people, a line each.
    var text: String {
        var lines: [(String, String)] = [
            ("table", snapshot.digest),
            ("spec", snapshot.specName),
            ("generation", "\(snapshot.generation), \(livingTables) in memory"),
            ("requests", "\(requests), \(inFlight) in flight"),
            ("connections", "\(clientConnections) of clients, \(upstreamConnections) to upstreams"),
            ("buffered", "\(bufferedBytes) bytes of request bodies"),
            ("descriptors", descriptors.map { "\($0)" } ?? "?"),
        ]
        for earlier in generations where earlier.number != snapshot.generation {
            lines.append(
                ("held", "generation \(earlier.number) by \(earlier.inFlight) requests"))
        }
        if snapshot.isDraining { lines.append(("draining", "yes")) }
        if !unresolvedHosts.isEmpty {
            lines.append(("unresolved", unresolvedHosts.joined(separator: ", ")))
        }
        if let summary = discovery.summary() { lines.append(("discovery", summary)) }
        if lostRecords > 0 { lines.append(("lost", "\(lostRecords) access records")) }
        if let last = snapshot.lastReload {
            let result = last.isAccepted ? "ok" : "refused: \(last.reason ?? "")"
            lines.append(("last reload", "\(LogLine.timestamp(last.at)) \(result)"))
        }
        return lines.map { name, value in
            let gap = String(repeating: " ", count: max(1, 13 - name.count))
            return "\(name)\(gap)\(StatusValues.plain(value))\n"
        }.joined()
    }

    /// On one line: what was quoted from a spec or a system may have line ends.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
