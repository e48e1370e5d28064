internal import NIOCore
internal import TableFormat

extension Observed {
    /// What `GET /status` says, gathered from the loops without stopping any.
    ///
    /// In a future of `eventLoop`.
    func status(on eventLoop: any EventLoop) -> EventLoopFuture<StatusValues> {
        loops.gather(on: eventLoop) { $0.counters }.map { StatusValues(self, $0) }
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
    private let discovery: DiscoverySummary
    private let endpoints: EndpointSummary

    init(_ observed: Observed, _ counters: [LoopCounters]) {
        snapshot = observed.state.snapshot
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
        bufferedBytes = observed.budget.usedBytes
        unresolvedHosts = observed.directory.unresolvedHosts()
        lostRecords = observed.access?.lostCount ?? 0
        descriptors = Descriptors.openCount()
        discovery = observed.discovery.summary()
        endpoints = EndpointSummary(observed, snapshot.table)
    }

    var json: String {
        let holding = generations.map {
            "{\"generation\":\($0.number),\"in_flight\":\($0.inFlight)}"
        }
        let unresolved = unresolvedHosts.map(JSONText.quoted)
        let last = snapshot.lastReload
        let reason = last.reason.map(JSONText.quoted) ?? "null"
        let at = JSONText.quoted(LogLine.timestamp(last.at))
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
            "discovery":\(discovery.json),\
            "endpoints":\(endpoints.json),\
            "lost_access_records":\(lostRecords),\
            "fds":\(descriptors.map { String($0) } ?? "null"),\
            "last_reload":{"result":"\(last.result)","reason":\(reason),"at":\(at)}}

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
        if let summary = discovery.text { lines.append(("discovery", summary)) }
        for line in endpoints.text { lines.append(line) }
        if lostRecords > 0 { lines.append(("lost", "\(lostRecords) access records")) }
        let last = snapshot.lastReload
        let result = last.result + (last.reason.map { ": \($0)" } ?? "")
        lines.append(("last reload", "\(LogLine.timestamp(last.at)) \(result)"))
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
