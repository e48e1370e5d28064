internal import Pattern
internal import TableFormat

/// Which model ids the rules of a spec take, as far as that can be decided.
///
/// Where it cannot, a model is taken to be reached, so that what is said to be out of reach is.
struct ModelReach {
    private var exact: Set<String> = []
    private var globs = GlobIndex([])
    /// Those without a shape.
    private var patterns: [Pattern] = []
    /// Exact names, and globs of at least what patterns match.
    private lazy var others = GlobIndex(exact.map { Array($0.utf8) } + covers)
    private var covers: [[UInt8]] = []
    /// Whether the rules take every model.
    let isAll: Bool
    private var known: [Matcher.Kind: Bool] = [:]
    /// How many comparisons are left; beyond them everything is reached.
    private var budget = 2_000_000

    init(_ rules: [ResolvedSpec.ModelRule]) {
        isAll = rules.contains { $0.matcher.kind == .glob("*") }
        if isAll { return }
        var globs: [[UInt8]] = []
        for rule in rules {
            switch rule.matcher.kind {
            case .exact(let name): exact.insert(name)
            case .glob(let glob): globs.append(Array(glob.utf8))
            case .pattern(let source):
                if let shape = PatternShape.globs(of: source) {
                    globs += shape
                } else if let pattern = try? Pattern(source) {
                    patterns.append(pattern)
                    covers.append(PatternShape.cover(of: source))
                }
            }
        }
        self.globs = GlobIndex(globs)
    }

    /// The names that rules have as they are.
    var exactNames: some Sequence<String> { exact }

    /// Whether a rule may take something that `kind` matches.
    mutating func mayReach(_ kind: Matcher.Kind) -> Bool {
        if isAll { return true }
        if case .exact(let name) = kind, exact.contains(name) { return true }
        if let known = known[kind] { return known }
        let isReached = decide(kind)
        known[kind] = isReached
        return isReached
    }

    private mutating func decide(_ kind: Matcher.Kind) -> Bool {
        if case .exact(let name) = kind {
            budget -= 20 * patterns.count
            return globs.meets(Array(name.utf8), &budget) || isMatched(name)
        }
        // Where a pattern is not understood, all that begins as it does may be met.
        return kind.coveringGlobs.contains {
            globs.meets($0, &budget) || others.meets($0, &budget)
        }
    }

    private func isMatched(_ name: String) -> Bool {
        if patterns.isEmpty { return false }
        let scratch = MatchScratch()
        let bytes = Array(name.utf8)
        return patterns.contains { $0.matches(bytes.rawSpan, scratch: scratch) }
    }
}
