internal import TableFormat

extension Planner {
    /// Gives each rule what it leads to besides its pool, once pools and models have their places.
    mutating func planCourses() {
        var courses = Interned<RoutePlan.Course>()
        var modelOf: [String: UInt32] = [:]
        if spec.allRules.contains(where: { !$0.fallback.isEmpty }) {
            for (index, model) in plan.models.enumerated() {
                modelOf[model.name] = UInt32(index)
            }
        }
        for (index, rule) in spec.allRules.enumerated() {
            var course = RoutePlan.Course()
            course.then = rule.then.map { poolIndex[$0] }
            course.fallback = rule.fallback.compactMap { modelOf[$0.value] }
            if case .split(let shares) = rule.target {
                course.shares = Planner.shares(
                    shares.map { (poolIndex[$0.pool], $0.percent) })
                // The first side that knows what a session is says so for all.
                let stickies = shares.map { plan.pools[Int(poolIndex[$0.pool])].sticky }
                course.sticky = stickies.first { $0 != noIndex } ?? noIndex
            }
            if course != RoutePlan.Course() {
                plan.rules[index].course = courses.index(of: course)
            }
        }
        plan.courses = courses.values
    }

    /// The sides of a split by the last draw of each, without those that get nothing.
    static func shares(_ percents: [(pool: UInt32, percent: UInt64)]) -> [RoutePlan.Share] {
        var sum: UInt64 = 0
        return percents.compactMap { pool, percent in
            guard percent > 0 else { return nil }
            sum += percent
            return RoutePlan.Share(pool: pool, last: UInt32((sum << 32) / 100 - 1))
        }
    }
}
