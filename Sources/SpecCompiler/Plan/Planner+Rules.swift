internal import TableFormat

/// Globs of one table while they are collected: rules by the text they begin or end with.
private typealias GlobTexts = [[UInt8]: [UInt32]]

extension Planner {
    /// Numbers the rules, and sorts those with globs into the prefix and the suffix table.
    mutating func planRules() {
        var prefixes: GlobTexts = [:]
        var suffixes: GlobTexts = [:]
        for (index, rule) in spec.rules.enumerated() {
            let number = UInt32(index)
            plan.rules.append(plannedRule(rule))
            switch rule.matcher.kind {
            case .exact: break
            case .pattern: plan.patternRules.append(number)
            case .glob("*"):
                if plan.starRule == noIndex {
                    plan.starRule = number
                }
            case .glob(let glob):
                let (prefix, suffix) = Planner.literalEnds(glob)
                // The longer text tells more names apart.
                if prefix.count >= suffix.count {
                    prefixes[prefix, default: []].append(number)
                } else {
                    suffixes[suffix, default: []].append(number)
                }
            }
        }
        for rule in spec.ownRules { plan.rules.append(plannedRule(rule)) }
        plan.prefixes = Planner.groups(prefixes)
        plan.suffixes = Planner.groups(suffixes, backwards: true)
    }

    private mutating func plannedRule(_ rule: ResolvedSpec.ModelRule) -> RoutePlan.Rule {
        let (kind, text, pattern) = parts(of: rule.matcher)
        var pool = noIndex
        if case .pool(let index) = rule.target { pool = poolIndex[index] }
        var planned = RoutePlan.Rule(
            place: place(rule.place), kind: kind, text: text, pattern: pattern,
            pool: pool, sendAsKind: .unchanged, sendAs: "", starPrefix: 0,
            starSuffix: 0, isListed: rule.listed)
        switch rule.sendAs {
        case nil: break
        case .constant(let name):
            planned.sendAsKind = .constant
            planned.sendAs = JSONText.quoted(name)
        case .star:
            let (prefix, suffix) = Planner.literalEnds(text)
            planned.sendAsKind = .star
            planned.starPrefix = UInt32(prefix.count)
            planned.starSuffix = UInt32(suffix.count)
        }
        return planned
    }

    /// What a matcher becomes in a record.
    mutating func parts(
        of matcher: Matcher
    ) -> (kind: MatcherKind, text: String, pattern: UInt32) {
        switch matcher.kind {
        case .exact(let name): (.exact, name, noIndex)
        case .glob(let glob): (.glob, glob, noIndex)
        case .pattern(let source):
            (.pattern, source, index(ofPattern: source, at: matcher.place))
        }
    }

    /// The bytes before the first star and after the last.
    static func literalEnds(_ glob: String) -> (prefix: [UInt8], suffix: [UInt8]) {
        let bytes = Array(glob.utf8)
        let star = UInt8(ascii: "*")
        guard let first = bytes.firstIndex(of: star), let last = bytes.lastIndex(of: star) else {
            return (bytes, [])
        }
        return (Array(bytes[..<first]), Array(bytes[(last + 1)...]))
    }

    /// Sorts the texts, and finds for each the longest other one that it begins (or ends) with.
    private static func groups(
        _ texts: GlobTexts, backwards: Bool = false
    ) -> [RoutePlan.GlobGroup] {
        func readable(_ text: [UInt8]) -> [UInt8] { backwards ? text.reversed() : text }
        let sorted = texts.keys.sorted {
            readable($0).lexicographicallyPrecedes(readable($1))
        }
        var groups: [RoutePlan.GlobGroup] = []
        // The chain of texts that the current one may begin with; the last is the longest.
        var open: [Int] = []
        for text in sorted {
            while let last = open.last,
                !readable(text).starts(with: readable(groups[last].text))
            {
                open.removeLast()
            }
            groups.append(
                RoutePlan.GlobGroup(
                    text: text, parent: open.last.map(UInt32.init) ?? noIndex,
                    rules: texts[text] ?? []))
            open.append(groups.count - 1)
        }
        return groups
    }
}
