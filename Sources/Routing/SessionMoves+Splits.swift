internal import TableFormat

// The splits of two tables, draw by draw.

extension SessionMoves {
    static func splits(
        from old: borrowing TableView, to new: borrowing TableView
    ) -> [Split] {
        guard old.count(ShareRecord.self) > 0 || new.count(ShareRecord.self) > 0 else { return [] }
        let (before, after) = (SplitRules(old), SplitRules(new))
        var found: [Split] = []
        for name in after.names + before.names.filter({ after.courses[$0] == nil }) {
            let (was, now) = (before.courses[name], after.courses[name])
            guard was?.isSplit == true || now?.isSplit == true else { continue }
            found.append(split(name, from: was, to: now))
        }
        return found
    }

    private static func split(
        _ rule: SplitRules.Name, from old: SplitRules.Course?, to new: SplitRules.Course?
    ) -> Split {
        let change = change(from: old, to: new)
        var shares: [UInt64: Share] = [:]
        var order: [(id: UInt64, pool: String)] = []
        for side in (new?.sides ?? []) + (old?.sides ?? []) where shares[side.id] == nil {
            shares[side.id] = Share()
            order.append((side.id, side.pool))
        }
        let moved = draw(old?.sides ?? [], new?.sides ?? [], change, into: &shares)
        return Split(
            text: rule.text, kind: rule.kind, change: change, moved: moved,
            sources: (new?.isSplit == true ? new : old)?.sources ?? [],
            sides: order.map { Side(pool: $0.pool, share: shares[$0.id] ?? Share()) })
    }

    /// A side that nobody has to draw keeps its sessions, whatever names them.
    private static func change(
        from old: SplitRules.Course?, to new: SplitRules.Course?
    ) -> Change {
        guard let old else { return .came }
        guard let new else { return .went }
        guard old.isSplit, new.isSplit else { return .kept }
        if old.sources.isEmpty { return new.sources.isEmpty ? .kept : .begins }
        if new.sources.isEmpty { return .ends }
        return keepsNames(old.sources, new.sources) ? .kept : .renamed
    }

    /// Counts who has which of 2^32 draws; the share of all that moves.
    private static func draw(
        _ old: [SplitRules.Side], _ new: [SplitRules.Side], _ change: Change,
        into shares: inout [UInt64: Share]
    ) -> Double {
        let all = Double(UInt64(1) << 32)
        var start: UInt64 = 0
        var moved: UInt64 = 0
        var (oldIndex, newIndex) = (0, 0)
        while start < 1 << 32 {
            let was = oldIndex < old.count ? old[oldIndex] : nil
            let now = newIndex < new.count ? new[newIndex] : nil
            let end = min(was?.end ?? .max, now?.end ?? .max)
            guard end <= 1 << 32 else { break }
            let share = Double(end - start) / all
            if let was { shares[was.id, default: Share()].before += share }
            if let now { shares[now.id, default: Share()].after += share }
            if change.movesAll || (change == .kept && was?.id != now?.id) {
                moved += end - start
                if let was { shares[was.id, default: Share()].lost += share }
                if let now { shares[now.id, default: Share()].gained += share }
            }
            if was?.end == end { oldIndex += 1 }
            if now?.end == end { newIndex += 1 }
            start = end
        }
        return Double(moved) / all
    }
}

/// The rules of a table, by what they match, with the pools that they lead to.
private struct SplitRules {
    struct Name: Hashable {
        let kind: MatcherKind
        let text: String
    }

    struct Side {
        /// The stable id of the pool.
        let id: UInt64
        let pool: String
        /// One behind the last draw.
        let end: UInt64
    }

    struct Course {
        let isSplit: Bool
        let sides: [Side]
        /// What names a session; empty where each request is drawn.
        let sources: [String]
    }

    /// In order of the table.
    private(set) var names: [Name] = []
    private(set) var courses: [Name: Course] = [:]

    init(_ table: borrowing TableView) {
        for rule in 0..<table.count(RuleRecord.self) {
            let name = Name(
                kind: table.load(RuleRecord.kind, at: rule),
                text: table.text(table.load(RuleRecord.text, at: rule)))
            // The first of two that match the same decides.
            if courses[name] != nil { continue }
            names.append(name)
            courses[name] = SplitRules.course(of: rule, in: table)
        }
    }

    private static func course(of rule: UInt32, in table: borrowing TableView) -> Course {
        let pool = table.load(RuleRecord.pool, at: rule)
        guard pool == noIndex else {
            return Course(
                isSplit: false, sides: [side(pool, end: 1 << 32, in: table)], sources: [])
        }
        let course = table.load(RuleRecord.course, at: rule)
        let sticky = table.load(CourseRecord.sticky, at: course)
        let sides = table.load(CourseRecord.split, at: course).indices.map { share in
            side(
                table.load(ShareRecord.pool, at: share),
                end: UInt64(table.load(ShareRecord.last, at: share)) + 1, in: table)
        }
        return Course(
            isSplit: true, sides: sides,
            sources: sticky == noIndex ? [] : table.sessionSources(of: sticky))
    }

    private static func side(_ pool: UInt32, end: UInt64, in table: borrowing TableView) -> Side {
        Side(
            id: table.load(PoolRecord.stableID, at: pool),
            pool: table.text(table.load(PoolRecord.name, at: pool)), end: end)
    }
}
