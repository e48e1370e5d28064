// What a dump says of where rules lead besides one pool, and of sessions.

extension TableDump {
    func poolName(_ view: borrowing TableView, _ pool: UInt32) -> String {
        "pool '\(view.text(view.load(PoolRecord.name, at: pool)))'"
    }

    /// The course of a rule, behind its pool; empty for none.
    func course(_ view: borrowing TableView, _ index: UInt32) -> String {
        guard index != noIndex else { return "" }
        let row = view.row(CourseRecord.self, index)
        var text = ""
        let split = view.load(CourseRecord.split, row)
        if split.count > 0 {
            var from: UInt64 = 0
            var sides: [String] = []
            for side in split.indices {
                let end = UInt64(view.load(ShareRecord.last, at: side)) + 1
                let pool = poolName(view, view.load(ShareRecord.pool, at: side))
                sides.append("\(((end - from) * 100 + 1 << 31) >> 32)% \(pool)")
                from = end
            }
            text += " to \(sides.joined(separator: ", "))"
            let sticky = view.load(CourseRecord.sticky, row)
            if sticky != noIndex { text += " by \(sources(view, sticky))" }
        }
        let then = view.load(CourseRecord.then, row).indices
        if !then.isEmpty {
            let pools = then.map { poolName(view, view.index(at: $0)) }
            text += " then \(pools.joined(separator: ", "))"
        }
        let fallback = view.load(CourseRecord.fallback, row).indices
        if !fallback.isEmpty {
            let models = fallback.map {
                "'\(view.text(view.load(ModelRecord.name, at: view.index(at: $0))))'"
            }
            text += " fallback \(models.joined(separator: ", "))"
        }
        return text
    }

    /// The rules that are for some keys.
    func ownRules(_ view: borrowing TableView, _ audience: UInt32) -> String {
        let row = view.row(AudienceRecord.self, audience)
        let exact = view.load(AudienceRecord.exact, row).indices
        let patterns = view.load(AudienceRecord.patterns, row).indices
        var rules = (Array(exact) + Array(patterns)).map { view.index(at: $0) }
        let star = view.load(AudienceRecord.starRule, row)
        if star != noIndex { rules.append(star) }
        let numbers = rules.map { String($0) }.joined(separator: ", ")
        return "rule\(rules.count == 1 ? "" : "s") \(numbers) of its own"
    }

    func sticky(_ view: borrowing TableView, _ index: UInt32) -> String {
        "by \(sources(view, index)), when_down \(view.load(StickyRecord.whenDown, at: index))"
    }

    private func sources(_ view: borrowing TableView, _ sticky: UInt32) -> String {
        "[\(view.sessionSources(of: sticky).joined(separator: ", "))]"
    }

    /// How many places of sessions each member has.
    mutating func addPlaces(
        _ view: borrowing TableView, _ places: IndexRange, _ members: IndexRange, indent: String
    ) {
        guard places.count > 0 else { return }
        var counts = [UInt32](repeating: 0, count: Int(members.count))
        for place in places.indices { counts[Int(view.index(at: place) - members.first)] += 1 }
        let shares = counts.map { String($0) }.joined(separator: " ")
        add("\(indent)places \(shares) (\(places.count) in all)")
    }
}
