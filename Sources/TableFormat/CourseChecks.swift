// The checks of the validator on where rules lead, and on what names sessions.

extension RecordChecks {
    /// Whether a rule has a pool, or a course that has sides in its place.
    func course(of rule: Row<RuleRecord>) throws(TableFault) {
        try reference(RuleRecord.course, rule, to: CourseRecord.self, orNone: true)
        let course = view.load(RuleRecord.course, rule)
        let isSplit = course != noIndex && view.load(CourseRecord.split, at: course).count > 0
        guard isSplit else {
            try reference(RuleRecord.pool, rule, to: PoolRecord.self)
            return
        }
        guard view.load(RuleRecord.pool, rule) == noIndex else {
            throw fail(TableFault.Cause.badValue, RuleRecord.pool, rule)
        }
    }

    func courses() throws(TableFault) {
        for index in 0..<view.count(CourseRecord.self) {
            let row = view.row(CourseRecord.self, index)
            try range(CourseRecord.split, row, in: ShareRecord.self)
            try list(CourseRecord.then, row, of: PoolRecord.self, ascending: false)
            try list(CourseRecord.fallback, row, of: ModelRecord.self, ascending: false)
            for field in [CourseRecord.split, CourseRecord.then, CourseRecord.fallback] {
                guard Int(view.load(field, row).count) <= CourseRecord.listMax else {
                    throw fail(TableFault.Cause.badValue, field, row)
                }
            }
            try reference(CourseRecord.sticky, row, to: StickyRecord.self, orNone: true)
            try zero(CourseRecord.reserved, row)
            try sides(of: row)
        }
    }

    /// Whether every draw leads to a side, and every side is led to.
    private func sides(of course: Row<CourseRecord>) throws(TableFault) {
        let split = view.load(CourseRecord.split, course)
        var previous: UInt32?
        for index in split.indices {
            let last = view.load(ShareRecord.last, at: index)
            guard previous.map({ $0 < last }) ?? true else {
                throw fail(TableFault.Cause.badOrder, CourseRecord.split, course)
            }
            previous = last
        }
        guard previous == nil || previous == .max else {
            throw fail(TableFault.Cause.badValue, CourseRecord.split, course)
        }
    }

    func shares() throws(TableFault) {
        for index in 0..<view.count(ShareRecord.self) {
            let row = view.row(ShareRecord.self, index)
            try reference(ShareRecord.pool, row, to: PoolRecord.self)
        }
    }

    func stickies() throws(TableFault) {
        for index in 0..<view.count(StickyRecord.self) {
            let row = view.row(StickyRecord.self, index)
            try range(StickyRecord.sources, row, in: SessionSourceRecord.self)
            try choice(StickyRecord.whenDown, row)
            try zero(StickyRecord.reserved0, row)
            try zero(StickyRecord.reserved1, row)
        }
    }

    func sessionSources() throws(TableFault) {
        for index in 0..<view.count(SessionSourceRecord.self) {
            let row = view.row(SessionSourceRecord.self, index)
            try choice(SessionSourceRecord.kind, row)
            if view.load(SessionSourceRecord.kind, row) == .header {
                try fieldText(SessionSourceRecord.name, row)
            } else {
                try string(SessionSourceRecord.name, row, limit: 0)
            }
            try zero(SessionSourceRecord.reserved0, row)
            try zero(SessionSourceRecord.reserved1, row)
        }
    }

    func audiences() throws(TableFault) {
        for index in 0..<view.count(AudienceRecord.self) {
            let row = view.row(AudienceRecord.self, index)
            try list(AudienceRecord.exact, row, of: RuleRecord.self, ascending: false)
            try list(AudienceRecord.patterns, row, of: RuleRecord.self, ascending: true)
            try list(AudienceRecord.listing, row, of: ModelRecord.self, ascending: false)
            try reference(AudienceRecord.starRule, row, to: RuleRecord.self, orNone: true)
            try zero(AudienceRecord.reserved, row)
            try names(of: row)
        }
    }

    /// Whether what is searched by name is in the order of names, and what has no name is a glob
    /// or a pattern.
    private func names(of audience: Row<AudienceRecord>) throws(TableFault) {
        var before: UInt32?
        for position in view.load(AudienceRecord.exact, audience).indices {
            let rule = view.index(at: position)
            let text = view.string(view.load(RuleRecord.text, at: rule))
            guard view.load(RuleRecord.kind, at: rule) == .exact else {
                throw fail(TableFault.Cause.badReference, AudienceRecord.exact, audience)
            }
            if let before {
                let last = view.string(view.load(RuleRecord.text, at: before))
                guard last.precedes(text) else {
                    throw fail(TableFault.Cause.badOrder, AudienceRecord.exact, audience)
                }
            }
            before = rule
        }
        for position in view.load(AudienceRecord.patterns, audience).indices
        where view.load(RuleRecord.kind, at: view.index(at: position)) == .exact {
            throw fail(TableFault.Cause.badReference, AudienceRecord.patterns, audience)
        }
        let star = view.load(AudienceRecord.starRule, audience)
        guard star == noIndex || view.load(RuleRecord.kind, at: star) == .glob else {
            throw fail(TableFault.Cause.badReference, AudienceRecord.starRule, audience)
        }
    }
}
