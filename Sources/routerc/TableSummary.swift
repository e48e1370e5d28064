import Routing
import TableFormat

/// What a person wants to know of a table before the lines of a dump.
struct TableSummary {
    /// Rows of a list before the rest is only counted.
    static let rowCountMax = 20

    let digest: String
    private let format: String
    private let byteCount: Int
    private let counts: Counts
    /// Of the table against itself: who has which share of sessions.
    private let shares: SessionMoves
    /// The biggest first.
    private let sections: [(name: String, byteCount: Int)]

    init(_ table: borrowing TableView) {
        digest = table.digest.hex
        format = "\(table.header(FileHeader.major)).\(table.header(FileHeader.minor))"
        byteCount = Int(table.header(FileHeader.byteCount))
        shares = SessionMoves(from: table, to: table)
        sections = table.sections.map { ("\($0.kind)", $0.byteCount) }
            .sorted { ($1.byteCount, $0.name) < ($0.byteCount, $1.name) }
        counts = Counts(table)
    }

    /// How many there are of what people write.
    private struct Counts {
        let keys: Int
        let models: Int
        let listedModels: Int
        let rules: Int
        let patterns: Int
        let pools: Int
        let endpoints: Int
        let drainingEndpoints: Int
        let servers: Int

        init(_ table: borrowing TableView) {
            keys = Int(table.count(KeyRecord.self))
            models = Int(table.count(ModelRecord.self))
            listedModels = Int(table.setting(SettingsRecord.listing).count)
            rules = Int(table.count(RuleRecord.self))
            patterns = Int(table.count(PatternRecord.self))
            pools = Int(table.count(PoolRecord.self))
            endpoints = Int(table.count(EndpointRecord.self))
            servers = Int(table.count(UpstreamRecord.self))
            drainingEndpoints = (0..<table.count(EndpointRecord.self)).count {
                table.load(EndpointRecord.flags, at: $0) & EndpointRecord.drainFlag != 0
            }
        }
    }

    // MARK: - Text

    var text: String {
        var lines = [
            "digest     \(digest)",
            "format     \(format)",
            "bytes      \(byteCount)",
            "keys       \(counts.keys)",
            "models     \(counts.models), \(counts.listedModels) listed",
            "rules      \(counts.rules), \(shares.splits.count) split",
            "patterns   \(counts.patterns)",
            "pools      \(counts.pools), \(shares.pools.count) sticky",
            "endpoints  \(counts.endpoints) on \(counts.servers) servers,"
                + " \(counts.drainingEndpoints) draining",
        ]
        for pool in shares.pools {
            lines.append("")
            lines.append(
                "pool '\(pool.name)': sessions by [\(pool.sources.joined(separator: ", "))],"
                    + " when_down \(pool.whenDown), \(pool.placesAfter) places")
            var rows = pool.endpoints.map {
                (Percentage.text($0.share.after), "'\($0.name)'" + remarks($0.now))
            }
            if pool.nobody.after > 0 { rows.append((Percentage.text(pool.nobody.after), "nobody")) }
            lines += columns(rows, isFirstRight: true)
        }
        for split in shares.splits {
            let by =
                split.sources.isEmpty
                ? "each request is drawn" : "sessions by [\(split.sources.joined(separator: ", "))]"
            lines += ["", "split '\(split.text)' (\(split.kind)): \(by)"]
            lines += columns(
                split.sides.map { (Percentage.text($0.share.after), "pool '\($0.pool)'") },
                isFirstRight: true)
        }
        lines += ["", "biggest sections"]
        let biggest = sections.prefix(5).map {
            (Percentage.text(Double($0.byteCount) / Double(byteCount)), $0.name, $0.byteCount)
        }
        lines += columns(biggest.map { ($0, "\($1), \($2) bytes") }, isFirstRight: true)
        return lines.joined(separator: "\n")
    }

    /// What is not usual about an endpoint.
    private func remarks(_ standing: SessionMoves.Standing?) -> String {
        guard let standing else { return "" }
        return (standing.weight == 1 ? "" : ", weight \(standing.weight)")
            + (standing.tier == 1 ? "" : ", tier \(standing.tier)")
            + (standing.drains ? ", drains" : "")
    }

    // MARK: - JSON

    var members: [(String, JSONValue)] {
        [
            ("digest", .text(digest)), ("format", .text(format)), ("bytes", .count(byteCount)),
            ("counts", countsJSON),
            ("pools", .list(shares.pools.map(json))),
            ("splits", .list(shares.splits.map(json))),
            (
                "sections",
                .list(
                    sections.map {
                        .object([("section", .text($0.name)), ("bytes", .count($0.byteCount))])
                    })
            ),
        ]
    }

    private var countsJSON: JSONValue {
        .object([
            ("keys", .count(counts.keys)), ("models", .count(counts.models)),
            ("models_listed", .count(counts.listedModels)), ("rules", .count(counts.rules)),
            ("rules_split", .count(shares.splits.count)), ("patterns", .count(counts.patterns)),
            ("pools", .count(counts.pools)), ("pools_sticky", .count(shares.pools.count)),
            ("endpoints", .count(counts.endpoints)),
            ("endpoints_draining", .count(counts.drainingEndpoints)),
            ("servers", .count(counts.servers)),
        ])
    }

    private func json(_ pool: SessionMoves.Pool) -> JSONValue {
        .object([
            ("pool", .text(pool.name)), ("by", .list(pool.sources.map { .text($0) })),
            ("when_down", .text("\(pool.whenDown)")), ("places", .count(pool.placesAfter)),
            (
                "endpoints",
                .list(
                    pool.endpoints.map {
                        .object([
                            ("endpoint", .text($0.name)), ("share", .share($0.share.after)),
                            ("weight", .count(Int($0.now?.weight ?? 0))),
                            ("tier", .count(Int($0.now?.tier ?? 0))),
                            ("drains", .flag($0.now?.drains == true)),
                        ])
                    })
            ),
            ("nobody", .share(pool.nobody.after)),
        ])
    }

    private func json(_ split: SessionMoves.Split) -> JSONValue {
        .object([
            ("rule", .text(split.text)), ("kind", .text("\(split.kind)")),
            ("by", .list(split.sources.map { .text($0) })),
            (
                "sides",
                .list(
                    split.sides.map {
                        .object([("pool", .text($0.pool)), ("share", .share($0.share.after))])
                    })
            ),
        ])
    }
}

/// Rows of two columns, indented; after `rowCountMax` of them the number of the others.
func columns(_ rows: [(String, String)], isFirstRight: Bool) -> [String] {
    let shown = rows.prefix(TableSummary.rowCountMax)
    let width = shown.map(\.0.count).max() ?? 0
    var lines = shown.map { first, second in
        let space = String(repeating: " ", count: width - first.count)
        return "  " + (isFirstRight ? space + first : first + space) + "  " + second
    }
    if rows.count > shown.count { lines.append("  ... and \(rows.count - shown.count) more") }
    return lines
}
