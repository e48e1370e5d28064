/// How much of everything one table holds.
enum FormatLimits {
    static let maxKeys = 1_000_000
    /// Exact names and globs together.
    static let maxModels = 100_000
    static let maxEndpoints = 10_000
    static let maxPools = 1_000
    /// Different patterns, of rules and of keys.
    static let maxPatterns = 1_000
    /// Secrets of keys by `file:` and `env:`, looked up in a side map.
    static let maxKeyReferences = 10_000
}

/// R401: a spec has no more of anything than a table holds.
enum FormatLimitsCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let spec = input.spec
        report("keys", spec.keys.map(\.place), FormatLimits.maxKeys, &findings)
        report("pools", spec.pools.map(\.place), FormatLimits.maxPools, &findings)
        report("endpoints", spec.endpoints.map(\.place), FormatLimits.maxEndpoints, &findings)
        let models = spec.allRules.map(\.matcher).filter { !isPattern($0) }
        report("models", models.map(\.place), FormatLimits.maxModels, &findings)
        report("patterns", patterns(of: spec), FormatLimits.maxPatterns, &findings)
        let references = spec.keys.flatMap(\.secrets).filter(isReference)
        report(
            "secrets by file: and env:", references.map(\.place), FormatLimits.maxKeyReferences,
            &findings)
    }

    private static func report(
        _ kind: String, _ places: [SourceSpan], _ limit: Int, _ findings: inout Findings
    ) {
        guard places.count > limit else { return }
        findings.add(.tooMany(kind, places.count, limit, at: places[limit]))
    }

    private static func patterns(of spec: ResolvedSpec) -> [SourceSpan] {
        var seen: Set<Matcher.Kind> = []
        var places: [SourceSpan] = []
        func take(_ matchers: [Matcher]) {
            for matcher in matchers where isPattern(matcher) {
                if seen.insert(matcher.kind).inserted { places.append(matcher.place) }
            }
        }
        take(spec.allRules.map(\.matcher))
        for key in spec.keys {
            take(key.models ?? [])
        }
        if case .some(let models, _, _) = spec.anonymous {
            take(models)
        }
        return places
    }

    private static func isPattern(_ matcher: Matcher) -> Bool {
        if case .pattern = matcher.kind { true } else { false }
    }

    private static func isReference(_ secret: ResolvedSpec.Secret) -> Bool {
        if case .digest = secret.value { false } else { true }
    }
}

extension Diagnostic {
    fileprivate static func tooMany(
        _ kind: String, _ count: Int, _ limit: Int, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .tooMany, "a table holds at most \(limit) \(kind), and the spec has \(count)",
            at: Label(span, "one too many with this"))
    }
}
