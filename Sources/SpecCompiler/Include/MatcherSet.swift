internal import Pattern
internal import TableFormat

/// Matchers, ready to be asked; their patterns have compiled before.
struct MatcherSet {
    private var exact: Set<String> = []
    private var globs: [[UInt8]] = []
    private var patterns: [Pattern] = []

    init(_ matchers: [Matcher]) {
        for matcher in matchers {
            switch matcher.kind {
            case .exact(let name): exact.insert(name)
            case .glob(let glob): globs.append(glob.utf8Bytes)
            case .pattern(let source):
                if let pattern = try? Pattern(source) { patterns.append(pattern) }
            }
        }
    }

    /// Whether there is nothing to match.
    var isEmpty: Bool { exact.isEmpty && globs.isEmpty && patterns.isEmpty }

    /// Whether one of them matches the whole name.
    func matches(_ name: String) -> Bool {
        if exact.contains(name) { return true }
        let bytes = name.utf8Bytes
        if globs.contains(where: { globMatches($0.rawSpan, bytes.rawSpan) }) { return true }
        guard !patterns.isEmpty else { return false }
        let scratch = MatchScratch()
        return patterns.contains { $0.matches(bytes.rawSpan, scratch: scratch) }
    }
}
