internal import TableFormat

// Where rules lead besides one pool, and what names sessions.

extension TableBuilder {
    mutating func addCourses(_ plan: RoutePlan) {
        let shareCount = plan.courses.reduce(0) { $0 + $1.shares.count }
        var shares = RecordArray<ShareRecord>(count: shareCount)
        var courses = RecordArray<CourseRecord>(count: plan.courses.count)
        var next = 0
        for (index, course) in plan.courses.enumerated() {
            let split = IndexRange(first: UInt32(next), count: UInt32(course.shares.count))
            for share in course.shares {
                shares.store(share.pool, ShareRecord.pool, at: next)
                shares.store(share.last, ShareRecord.last, at: next)
                next += 1
            }
            courses.store(split, CourseRecord.split, at: index)
            courses.store(list(course.then), CourseRecord.then, at: index)
            courses.store(list(course.fallback), CourseRecord.fallback, at: index)
            courses.store(course.sticky, CourseRecord.sticky, at: index)
        }
        add(courses)
        add(shares)
        addStickies(plan.stickies)
        addAudiences(plan.audiences)
    }

    private mutating func addAudiences(_ plan: [RoutePlan.Audience]) {
        var audiences = RecordArray<AudienceRecord>(count: plan.count)
        for (index, audience) in plan.enumerated() {
            audiences.store(list(audience.exact), AudienceRecord.exact, at: index)
            audiences.store(list(audience.patterns), AudienceRecord.patterns, at: index)
            audiences.store(list(audience.listing), AudienceRecord.listing, at: index)
            audiences.store(audience.starRule, AudienceRecord.starRule, at: index)
        }
        add(audiences)
    }

    private mutating func addStickies(_ plan: [ResolvedSpec.Sticky]) {
        var sources = RecordArray<SessionSourceRecord>(
            count: plan.reduce(0) { $0 + $1.by.count })
        var stickies = RecordArray<StickyRecord>(count: plan.count)
        var next = 0
        for (index, sticky) in plan.enumerated() {
            let range = IndexRange(first: UInt32(next), count: UInt32(sticky.by.count))
            for name in sticky.by {
                let (kind, header) = TableBuilder.parts(name)
                sources.store(strings.ref(header), SessionSourceRecord.name, at: next)
                sources.store(kind, SessionSourceRecord.kind, at: next)
                next += 1
            }
            stickies.store(range, StickyRecord.sources, at: index)
            stickies.store(sticky.whenDown, StickyRecord.whenDown, at: index)
        }
        add(stickies)
        add(sources)
    }

    private static func parts(_ name: SessionName) -> (SessionSource, String) {
        switch name {
        case .header(let header): (.header, header)
        case .user: (.user, "")
        case .promptCacheKey: (.promptCacheKey, "")
        case .key: (.key, "")
        }
    }
}
