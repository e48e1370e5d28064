import Routing
import TableFormat

/// What a change of tables moves, for people and for machines.
struct MovesReport {
    let moves: SessionMoves
    /// The digest of the table that is compared with.
    let against: String

    /// Draws are whole parts of 2^32, and shares of a split are not: 5 % may be one draw more.
    private static let slack = 1.0 / Double(UInt64(1) << 31)

    /// One line for each pool and split of which more moves than `limit`.
    func excess(over limit: Percentage) -> [String] {
        let bar = limit.share + MovesReport.slack
        let pools = moves.pools.filter { $0.moved > bar }.map {
            "\(Percentage.text($0.moved)) of the sessions of pool '\($0.name)' move"
        }
        let splits = moves.splits.filter { $0.moved > bar }.map {
            "\(Percentage.text($0.moved)) of the draws of split '\($0.text)' change sides"
        }
        return (pools + splits).map { "\($0), at most \(Percentage.text(limit.share)) may" }
    }

    // MARK: - Text

    var text: String {
        var lines = ["against \(against)"]
        for pool in moves.pools {
            lines += ["", "pool '\(pool.name)': \(headline(pool))"]
            var rows = pool.endpoints.map { ("'\($0.name)'", $0.share) }
            rows.append(("nobody", pool.nobody))
            lines += changed(rows)
        }
        for split in moves.splits {
            lines += ["", "split '\(split.text)' (\(split.kind)): \(headline(split))"]
            lines += changed(split.sides.map { ("pool '\($0.pool)'", $0.share) })
        }
        return (lines + ["", total]).joined(separator: "\n")
    }

    private var total: String {
        guard !moves.pools.isEmpty || !moves.splits.isEmpty else {
            return "nothing keeps or draws sessions, in either table"
        }
        return "at most \(Percentage.text(moves.most)) of the sessions of a pool or a split move"
    }

    private func headline(_ pool: SessionMoves.Pool) -> String {
        let by = "by [\(pool.sources.joined(separator: ", "))]"
        switch pool.change {
        case .kept:
            let causes = causes(pool)
            let shown = causes.prefix(4).joined(separator: ", ")
            let more = causes.count > 4 ? " and \(causes.count - 4) more" : ""
            return amount(pool.moved, "move") + (causes.isEmpty ? "" : " (\(shown)\(more))")
        case .renamed: return "all sessions move (they are named otherwise, \(by))"
        case .begins: return "it keeps sessions from now on, \(by)"
        case .ends: return "all sessions move (it keeps none any more)"
        case .came: return "it is new"
        case .went: return "all sessions move (the pool is gone)"
        }
    }

    private func headline(_ split: SessionMoves.Split) -> String {
        let by = "by [\(split.sources.joined(separator: ", "))]"
        switch split.change {
        case .kept where split.sources.isEmpty:
            return "\(Percentage.text(split.moved)) of draws change sides"
        case .kept: return amount(split.moved, "change sides")
        case .renamed: return "all sessions may change sides (they are named otherwise, \(by))"
        case .begins: return "sessions stay on their sides from now on, \(by)"
        case .ends: return "all sessions may change sides (each request is drawn)"
        case .came: return "it is new"
        case .went: return "all sessions move (the rule is gone)"
        }
    }

    private func amount(_ moved: Double, _ verb: String) -> String {
        if moved == 0 { return "no session \(verb == "move" ? "moves" : "changes sides")" }
        return moved == 1 ? "all sessions \(verb)" : "\(Percentage.text(moved)) of sessions \(verb)"
    }

    /// Who loses or gains, the most first.
    private func changed(_ rows: [(name: String, share: SessionMoves.Share)]) -> [String] {
        let shown = rows.filter { $0.share.lost > 0 || $0.share.gained > 0 }
            .sorted { max($0.share.lost, $0.share.gained) > max($1.share.lost, $1.share.gained) }
        return columns(
            shown.map { row in
                var parts: [String] = []
                if row.share.lost > 0 { parts.append("loses \(Percentage.text(row.share.lost))") }
                if row.share.gained > 0 {
                    parts.append("gains \(Percentage.text(row.share.gained))")
                }
                let before = Percentage.text(row.share.before)
                let after = Percentage.text(row.share.after)
                return (row.name, "\(parts.joined(separator: ", ")) (\(before) -> \(after))")
            }, isFirstRight: false)
    }

    /// What is different about the endpoints of a pool.
    private func causes(_ pool: SessionMoves.Pool) -> [String] {
        var causes: [String] = []
        if pool.placesBefore != pool.placesAfter {
            causes.append("\(pool.placesAfter) places, not \(pool.placesBefore)")
        }
        for endpoint in pool.endpoints where endpoint.was != endpoint.now {
            let name = "'\(endpoint.name)'"
            guard let was = endpoint.was else {
                causes.append("\(name) is new")
                continue
            }
            guard let now = endpoint.now else {
                causes.append("\(name) is gone")
                continue
            }
            if was.drains != now.drains {
                causes.append(now.drains ? "\(name) drains" : "\(name) no longer drains")
            }
            if was.weight != now.weight {
                causes.append("\(name) has weight \(now.weight), not \(was.weight)")
            }
            if was.tier != now.tier {
                causes.append("\(name) is in tier \(now.tier), not \(was.tier)")
            }
            if was.upstream != now.upstream { causes.append("\(name) is at another address") }
        }
        return causes
    }

    // MARK: - JSON

    var json: JSONValue {
        .object([
            ("digest", .text(against)), ("most", .share(moves.most)),
            ("pools", .list(moves.pools.map(json))), ("splits", .list(moves.splits.map(json))),
        ])
    }

    private func json(_ pool: SessionMoves.Pool) -> JSONValue {
        let endpoints: [JSONValue] = pool.endpoints.map { endpoint in
            .object(
                [("endpoint", .text(endpoint.name))] + shares(endpoint.share) + [
                    ("was", json(endpoint.was)), ("now", json(endpoint.now)),
                ])
        }
        return .object([
            ("pool", .text(pool.name)), ("change", .text(pool.change.rawValue)),
            ("moved", .share(pool.moved)), ("by", .list(pool.sources.map { .text($0) })),
            ("places_before", .count(pool.placesBefore)),
            ("places_after", .count(pool.placesAfter)),
            ("causes", .list(causes(pool).map { .text($0) })),
            ("endpoints", .list(endpoints)), ("nobody", .object(shares(pool.nobody))),
        ])
    }

    private func json(_ split: SessionMoves.Split) -> JSONValue {
        .object([
            ("rule", .text(split.text)), ("kind", .text("\(split.kind)")),
            ("change", .text(split.change.rawValue)), ("moved", .share(split.moved)),
            ("by", .list(split.sources.map { .text($0) })),
            (
                "sides",
                .list(
                    split.sides.map { .object([("pool", .text($0.pool))] + shares($0.share)) })
            ),
        ])
    }

    private func json(_ standing: SessionMoves.Standing?) -> JSONValue {
        guard let standing else { return .null }
        return .object([
            ("weight", .count(Int(standing.weight))), ("tier", .count(Int(standing.tier))),
            ("drains", .flag(standing.drains)),
        ])
    }

    private func shares(_ share: SessionMoves.Share) -> [(String, JSONValue)] {
        [
            ("before", .share(share.before)), ("after", .share(share.after)),
            ("lost", .share(share.lost)), ("gained", .share(share.gained)),
        ]
    }
}
