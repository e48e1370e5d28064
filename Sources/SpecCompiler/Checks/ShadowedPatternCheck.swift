/// R325: a rule whose models are all taken by others, some by this one and some by that.
///
/// R302 knows of single rules and of globs. This looks at what simple patterns stand for: each
/// model that the rule could take must be taken before, by an exact name or by an earlier rule.
enum ShadowedPatternCheck {
    /// How many comparisons are made at most.
    private static let maxComparisons = 2_000_000

    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard input.spec.rules.contains(where: { isPattern($0.matcher) }) else { return }
        var earlier = Earlier(input.spec.rules)
        var seen: Set<Matcher.Kind> = []
        for rule in input.spec.rules {
            // Exact names and the same rule again are R302's.
            if case .exact = rule.matcher.kind { continue }
            guard let globs = rule.matcher.kind.globs, seen.insert(rule.matcher.kind).inserted
            else {
                continue
            }
            let isPattern = isPattern(rule.matcher)
            let takers = globs.map { earlier.taker(of: $0, isPattern: isPattern) }
            if earlier.budget < 0 { return }
            if let glob = globs.first, let taker = takers.first ?? nil, !takers.contains(nil) {
                findings.add(.shadowedPattern(rule.matcher, example: glob, taker: taker))
            }
            // '*' comes after all, wherever it is written.
            if rule.matcher.kind != .glob("*") {
                earlier.add(globs, rule.matcher, isPattern: isPattern)
            }
        }
    }

    /// What is looked at before a rule.
    private struct Earlier {
        private var exact: [String: Matcher] = [:]
        private var globs: [(glob: [UInt8], matcher: Matcher)] = []
        private var patterns: [(glob: [UInt8], matcher: Matcher)] = []
        private(set) var budget = maxComparisons

        init(_ rules: [ResolvedSpec.ModelRule]) {
            for rule in rules {
                if case .exact(let name) = rule.matcher.kind { exact[name] = rule.matcher }
            }
        }

        mutating func add(_ shape: [[UInt8]], _ matcher: Matcher, isPattern: Bool) {
            let entries = shape.map { (glob: $0, matcher: matcher) }
            if isPattern { patterns += entries } else { globs += entries }
        }

        /// What takes all of `glob`; of two globs R302 knows.
        mutating func taker(of glob: [UInt8], isPattern: Bool) -> Matcher? {
            budget -= patterns.count + (isPattern ? globs.count : 0)
            if budget < 0 { return nil }
            if isPattern, !glob.contains(GlobText.star),
                let matcher = exact[String(decoding: glob, as: UTF8.self)]
            {
                return matcher
            }
            let others = isPattern ? globs : []
            return patterns.first { GlobText.covers($0.glob, glob) }?.matcher
                ?? others.first { GlobText.covers($0.glob, glob) }?.matcher
        }
    }

    private static func isPattern(_ matcher: Matcher) -> Bool {
        if case .pattern = matcher.kind { true } else { false }
    }
}

extension Diagnostic {
    fileprivate static func shadowedPattern(
        _ matcher: Matcher, example: [UInt8], taker: Matcher
    ) -> Diagnostic {
        // A star stands for anything, so for this too.
        let id = example.flatMap { $0 == GlobText.star ? Array("1".utf8) : [$0] }
        return Diagnostic(
            .shadowedPattern, "other rules take all that \(quoted(matcher.kind.text)) matches",
            at: Label(matcher.place, "never reached"),
            also: [
                Label(taker.place, "takes \(quoted(String(decoding: id, as: UTF8.self)))")
            ],
            notes: ["exact names come first, then globs and patterns in their order, then '*'"],
            help: "move it up, or delete it")
    }
}
