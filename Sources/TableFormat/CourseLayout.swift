// The layouts of courses and of stickiness; see Layout.swift.

extension RecordLayout {
    static var courseLayouts: [RecordLayout] {
        [
            RecordLayout(
                "course", CourseRecord.self,
                [
                    .init("split", CourseRecord.split, "range of shares, or empty"),
                    .init("then", CourseRecord.then, "range of indices: pools, at most 8"),
                    .init("fallback", CourseRecord.fallback, "range of indices: models, at most 8"),
                    .init("sticky", CourseRecord.sticky, "index of stickiness, or none"),
                    .reserved(CourseRecord.reserved),
                ]),
            RecordLayout(
                "share", ShareRecord.self,
                [
                    .init("pool", ShareRecord.pool, "index of a pool"),
                    .init("last", ShareRecord.last, "last draw for it; ascending to all ones"),
                ]),
            RecordLayout(
                "sticky", StickyRecord.self,
                [
                    .init("sources", StickyRecord.sources, "range of session sources, in order"),
                    .init("when_down", StickyRecord.whenDown, "1 move, 2 refuse"),
                    .reserved(StickyRecord.reserved0),
                    .reserved(StickyRecord.reserved1),
                ]),
            RecordLayout(
                "session source", SessionSourceRecord.self,
                [
                    .init("name", SessionSourceRecord.name, "string: of a header, lowercase"),
                    .init(
                        "kind", SessionSourceRecord.kind,
                        "1 header, 2 user, 3 prompt_cache_key, 4 key"),
                    .reserved(SessionSourceRecord.reserved0),
                    .reserved(SessionSourceRecord.reserved1),
                ]),
            RecordLayout(
                "audience", AudienceRecord.self,
                [
                    .init("exact", AudienceRecord.exact, "range of indices: rules, by name"),
                    .init("patterns", AudienceRecord.patterns, "range of indices: rules, in order"),
                    .init("listing", AudienceRecord.listing, "range of indices: models by name"),
                    .init("star_rule", AudienceRecord.starRule, "index of a rule `*`, or none"),
                    .reserved(AudienceRecord.reserved),
                ]),
        ]
    }
}
