/// R317: which of two patterns comes first is said by one file; across files it would be said by
/// the names of the files.
///
/// Two globs are compared exactly. Whether a pattern `re:` meets a glob of another file is tried
/// with the names that the spec spells out and with the glob itself, its stars taken as nothing
/// and as a letter: what is reported is true, and not all is found. `*` comes after all patterns
/// and meets none.
enum OverlappingRulesCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let rules = input.spec.rules.map(\.matcher)
        guard let first = rules.first, rules.contains(where: { $0.place.file != first.place.file })
        else {
            return
        }
        compareGlobs(rules, &findings)
        comparePatterns(rules, &findings)
    }

    /// Globs that meet begin with the same text, one of them perhaps with more of it: in the order
    /// of what stands before their first star, those are neighbours.
    private static func compareGlobs(_ rules: [Matcher], _ findings: inout Findings) {
        var globs: [(glob: [UInt8], prefix: ArraySlice<UInt8>, matcher: Matcher)] = []
        for matcher in rules {
            guard case .glob(let text) = matcher.kind, text != "*" else { continue }
            let bytes = text.utf8Bytes
            globs.append((bytes, bytes.prefix { $0 != GlobText.star }, matcher))
        }
        globs.sort { $0.prefix.lexicographicallyPrecedes($1.prefix) }
        for (index, one) in globs.enumerated() {
            for other in globs[(index + 1)...] {
                guard other.prefix.starts(with: one.prefix), !findings.isFull else { break }
                guard one.matcher.place.file != other.matcher.place.file,
                    one.matcher.kind != other.matcher.kind,
                    let witness = GlobText.meeting(one.glob, other.glob)
                else {
                    continue
                }
                findings.add(.overlap(one.matcher, other.matcher, witness))
            }
        }
    }

    private static func comparePatterns(_ rules: [Matcher], _ findings: inout Findings) {
        let patterns = rules.filter { if case .pattern = $0.kind { true } else { false } }
        guard !patterns.isEmpty else { return }
        let names = rules.compactMap { if case .exact(let name) = $0.kind { name } else { nil } }
        for pattern in patterns {
            let set = MatcherSet([pattern])
            let matched = names.filter { set.matches($0) }
            for other in rules where other.place.file != pattern.place.file {
                guard !findings.isFull else { return }
                if let witness = meeting(set, matched, other) {
                    findings.add(.overlap(pattern, other, witness))
                }
            }
        }
    }

    /// A name that a pattern and another matcher match, if one is found.
    private static func meeting(
        _ pattern: MatcherSet, _ matched: [String], _ other: Matcher
    ) -> String? {
        switch other.kind {
        case .exact: return nil
        case .pattern:
            let set = MatcherSet([other])
            return matched.first { set.matches($0) }
        case .glob(let glob):
            guard glob != "*" else { return nil }
            let set = MatcherSet([other])
            let tried = ["", "x", "1"].map { letter in
                glob.split(separator: "*", omittingEmptySubsequences: false)
                    .joined(separator: letter)
            }
            return tried.first { !$0.isEmpty && pattern.matches($0) }
                ?? matched.first { set.matches($0) }
        }
    }
}

extension Diagnostic {
    fileprivate static func overlap(
        _ one: Matcher, _ other: Matcher, _ witness: String
    ) -> Diagnostic {
        let isAfter = (one.place.file, one.place.start) < (other.place.file, other.place.start)
        let (first, second) = isAfter ? (one, other) : (other, one)
        return Diagnostic(
            .overlappingRules,
            "patterns of two files both match \(quoted(witness))",
            at: Label(second.place, "one"), also: [Label(first.place, "the other")],
            notes: ["in one file the order says which comes first; between files nothing does"],
            help: "make one of them narrower, or put both into one file")
    }
}
