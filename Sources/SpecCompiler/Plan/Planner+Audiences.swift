internal import TableFormat

extension Planner {
    /// Gives each key the rules that are for it, as one record for keys with the same ones.
    mutating func planAudiences() {
        var rulesOfKey: [Int: [UInt32]] = [:]
        for (position, rule) in spec.ownRules.enumerated() {
            let index = UInt32(spec.rules.count + position)
            for key in rule.audience { rulesOfKey[key, default: []].append(index) }
        }
        var audiences = Interned<[UInt32]>()
        var keys = Array(rulesOfKey.keys)
        keys.sort()
        for key in keys {
            plan.keys[key].audience = audiences.index(of: rulesOfKey[key] ?? [])
        }
        var modelOf: [String: UInt32] = [:]
        if !keys.isEmpty {
            for (index, model) in plan.models.enumerated() { modelOf[model.name] = UInt32(index) }
        }
        let listed = Set(plan.listing)
        plan.audiences = audiences.values.map { planned($0, modelOf, listed: listed) }
    }

    private func planned(
        _ rules: [UInt32], _ modelOf: [String: UInt32], listed: Set<UInt32>
    ) -> RoutePlan.Audience {
        var audience = RoutePlan.Audience()
        var names: Set<String> = []
        for index in rules {
            let rule = plan.rules[Int(index)]
            switch rule.kind {
            case .exact:
                // The first of several counts, and what is skipped has none.
                guard names.insert(rule.text).inserted, !skipped.matches(rule.text) else {
                    continue
                }
                audience.exact.append(index)
                if rule.isListed, let model = modelOf[rule.text], !listed.contains(model) {
                    audience.listing.append(model)
                }
            case .glob where rule.text == "*":
                if audience.starRule == noIndex { audience.starRule = index }
            case .glob, .pattern: audience.patterns.append(index)
            }
        }
        func name(_ rule: UInt32) -> String { plan.rules[Int(rule)].text }
        audience.exact.sort { name($0).utf8.lexicographicallyPrecedes(name($1).utf8) }
        audience.listing.sort {
            plan.models[Int($0)].name.utf8.lexicographicallyPrecedes(
                plan.models[Int($1)].name.utf8)
        }
        return audience
    }
}
