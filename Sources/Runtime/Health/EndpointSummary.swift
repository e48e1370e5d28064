internal import TableFormat

/// How the endpoints of the table in service stand at one moment, in order of their names.
struct EndpointSummary: Sendable {
    /// How one endpoint stands.
    struct Entry: Sendable {
        var name: String
        /// Of the pools that have it.
        var pools: [String] = []
        /// Nil where it is not asked.
        var health: HealthCounter?
        var isOpen = false
        var drainsBySpec = false
        /// What an operator has ordered.
        var drain: EndpointDirectory.Drain?
        var inFlightCount = 0
    }

    /// The most endpoints that are named of one standing.
    private static let namedMax = 5

    let entries: [Entry]

    /// Of the table in service.
    init(_ observed: Observed) {
        self.init(observed, observed.state.table)
    }

    init(_ observed: Observed, _ table: LoadedTable) {
        let known = observed.health.known()
        let drains = observed.endpoints.drains
        let states = table.endpointStates
        let entries = table.withView { view in
            EndpointSummary.names(view).enumerated().map { index, named in
                let row = view.row(EndpointRecord.self, UInt32(index))
                let flags = view.load(EndpointRecord.flags, row)
                let id = view.load(EndpointRecord.stableID, row)
                return Entry(
                    name: named.name, pools: named.pools, health: known[id],
                    isOpen: states[index].isOpen,
                    drainsBySpec: flags & EndpointRecord.drainFlag != 0, drain: drains[id],
                    inFlightCount: states[index].inFlightCount)
            }
        }
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// The name of each endpoint of a table, and those of the pools that have it.
    private static func names(
        _ view: borrowing TableView
    ) -> [(name: String, pools: [String])] {
        var names: [(name: String, pools: [String])] = []
        for index in 0..<view.count(EndpointRecord.self) {
            names.append((view.text(view.load(EndpointRecord.name, at: index)), []))
        }
        for pool in 0..<view.count(PoolRecord.self) {
            let name = view.text(view.load(PoolRecord.name, at: pool))
            for member in view.load(PoolRecord.members, at: pool).indices {
                names[Int(view.load(MemberRecord.endpoint, at: member))].pools.append(name)
            }
        }
        return names.map { ($0.name, $0.pools.sorted()) }
    }

    /// A list, for `/status`.
    var json: String { "[\(entries.map(\.json).joined(separator: ","))]" }

    /// Lines for people, each with what it is about; none where all is well and nobody is asked.
    var text: [(name: String, value: String)] {
        var lines: [(name: String, value: String)] = []
        let asked = entries.filter { $0.health != nil }
        if !asked.isEmpty {
            let parts = [
                part("down", .down), part("misconfigured", .misconfigured),
                part("loading", .loading), part("not answered yet", .unknown),
            ]
            let whole = asked.count == 1 ? "1 endpoint" : "\(asked.count) endpoints"
            let text = ([whole] + parts.compactMap(\.self)).joined(separator: ", ")
            lines.append(("health", text))
        }
        let open = entries.filter(\.isOpen).map(\.name)
        if !open.isEmpty {
            lines.append(("left alone", EndpointSummary.listed(open)))
        }
        let drained = entries.filter { $0.drain != nil && !$0.drainsBySpec }
        if !drained.isEmpty {
            let names = drained.map { "\($0.name) \($0.drainWords)" }
            let verb = drained.count == 1 ? "it serves" : "they serve"
            let drift = "; the spec says that \(verb)"
            lines.append(("drained", EndpointSummary.listed(names) + drift))
        }
        return lines
    }

    /// A row for each endpoint, in columns, for people.
    var rows: String {
        let head = ["endpoint", "pools", "health", "breaker", "in flight", "drain"]
        let table = [head] + entries.map(\.row)
        let widths = head.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            var line = ""
            for (text, width) in zip(row, widths) {
                line += text + String(repeating: " ", count: width - text.count + 2)
            }
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    /// How many endpoints stand so, and which; nil where none does.
    private func part(_ words: String, _ standing: HealthCounter.Standing) -> String? {
        let found = entries.filter { $0.health?.standing == standing }
        guard !found.isEmpty else { return nil }
        let names = found.map { entry in
            entry.name + (entry.health?.reason.map { ": \($0)" } ?? "")
        }
        return "\(found.count) \(words) (\(EndpointSummary.listed(names)))"
    }

    private static func listed(_ names: [String]) -> String {
        let rest = names.count - namedMax
        let shown = names.prefix(namedMax).joined(separator: ", ")
        return shown + (rest > 0 ? ", and \(rest) more" : "")
    }
}

extension EndpointSummary.Entry {
    /// Until when an operator has taken it out of service.
    fileprivate var drainWords: String {
        guard let drain else { return "" }
        return "until \(drain.until.map(LogLine.timestamp) ?? "it is resumed")"
    }

    /// Its columns for people.
    fileprivate var row: [String] {
        var drainText = "-"
        if drainsBySpec {
            drainText = "by the spec"
        } else if drain != nil {
            drainText = "at run time \(drainWords); the spec says that it serves"
        }
        let reason = health?.reason.map { " (\($0))" } ?? ""
        return [
            name, pools.isEmpty ? "-" : pools.joined(separator: ","),
            health.map { $0.standing.rawValue + reason } ?? "-", isOpen ? "open" : "closed",
            String(inFlightCount), drainText,
        ]
    }

    var json: String {
        let reason = health?.reason.map(JSONText.quoted) ?? "null"
        let since = health?.since.map { JSONText.quoted(LogLine.timestamp($0)) } ?? "null"
        let standing = health.map { "\"\($0.standing.rawValue)\"" } ?? "null"
        let pools = pools.map(JSONText.quoted).joined(separator: ",")
        let by = drainsBySpec ? "\"spec\"" : drain == nil ? "null" : "\"run_time\""
        let end = drainsBySpec ? nil : drain?.until
        let until = end.map { JSONText.quoted(LogLine.timestamp($0)) } ?? "null"
        return """
            {"endpoint":\(JSONText.quoted(name)),"pools":[\(pools)],\
            "health":\(standing),"since":\(since),"reason":\(reason),\
            "breaker":"\(isOpen ? "open" : "closed")",\
            "drain":\(by),"drain_until":\(until),"in_flight":\(inFlightCount)}
            """
    }
}
