/// R302: a model rule that an earlier one leaves nothing is a mistake of order or of spelling.
///
/// Exact names come before patterns and `*` after all, wherever they are written; so an exact name
/// is hidden by the same name only, and a glob by an equal or broader glob before it. Patterns are
/// compared as text: whether one contains another is not decided.
enum UnreachableRuleCheck {
    /// Beyond this many globs of other forms than `a*` and `*a`, no more pairs are compared.
    private static let maxGeneralGlobs = 2_000

    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var seen = Seen()
        for rule in input.spec.rules {
            if let earlier = seen.cover(of: rule.matcher.kind) {
                findings.add(.unreachableRule(rule.matcher, earlier: earlier))
            } else {
                seen.add(rule.matcher)
            }
        }
        runOwnRules(input, &findings)
    }

    /// Rules for the same keys hide each other as those for everybody do.
    private static func runOwnRules(_ input: CheckInput, _ findings: inout Findings) {
        var seen: [[Int]: Seen] = [:]
        for rule in input.spec.ownRules {
            let audience = rule.audience.sorted()
            if let earlier = seen[audience, default: Seen()].cover(of: rule.matcher.kind) {
                findings.add(.unreachableRule(rule.matcher, earlier: earlier))
            } else {
                seen[audience, default: Seen()].add(rule.matcher)
            }
        }
    }

    /// The rules before the one that is looked at, arranged for looking up.
    private struct Seen {
        private var equals: [Matcher.Kind: Matcher] = [:]
        private var prefixes: [ArraySlice<UInt8>: Matcher] = [:]
        private var suffixes: [ArraySlice<UInt8>: Matcher] = [:]
        private var general: [(glob: [UInt8], matcher: Matcher)] = []

        mutating func add(_ matcher: Matcher) {
            equals[matcher.kind] = matcher
            guard case .glob(let glob) = matcher.kind, glob != "*" else { return }
            let bytes = Array(glob.utf8)
            let starCount = bytes.count { $0 == GlobText.star }
            if starCount == 1, bytes.last == GlobText.star {
                prefixes[bytes.dropLast()] = matcher
            } else if starCount == 1, bytes.first == GlobText.star {
                suffixes[bytes.dropFirst()] = matcher
            } else if general.count < maxGeneralGlobs {
                general.append((bytes, matcher))
            }
        }

        /// An earlier rule that takes everything which `kind` would.
        func cover(of kind: Matcher.Kind) -> Matcher? {
            if let equal = equals[kind] { return equal }
            guard case .glob(let glob) = kind, glob != "*" else { return nil }
            let bytes = Array(glob.utf8)
            if !prefixes.isEmpty {
                let literal = bytes.prefix { $0 != GlobText.star }
                for count in 0...literal.count {
                    if let matcher = prefixes[literal.prefix(count)] { return matcher }
                }
            }
            if !suffixes.isEmpty {
                let tail = bytes[((bytes.lastIndex(of: GlobText.star) ?? -1) + 1)...]
                for count in 0...tail.count {
                    if let matcher = suffixes[tail.suffix(count)] { return matcher }
                }
            }
            return general.first { GlobText.covers($0.glob, bytes) }?.matcher
        }
    }
}

extension Diagnostic {
    fileprivate static func unreachableRule(
        _ matcher: Matcher, earlier: Matcher
    ) -> Diagnostic {
        let (text, isSame) = (matcher.kind.text, matcher.kind == earlier.kind)
        let message =
            isSame
            ? "one rule takes the model \(quoted(text)), and this is the second"
            : "the rule \(quoted(earlier.kind.text)) takes all that \(quoted(text)) matches"
        return Diagnostic(
            .unreachableRule, message, at: Label(matcher.place, "never reached"),
            also: [Label(earlier.place, isSame ? "the first" : "takes it all")],
            notes: ["a request takes the rule of its exact name, else the first pattern, else '*'"],
            help: isSame
                ? "delete one of them; several endpoints of one model stand in one pool"
                : "put this rule before the other, or delete it")
    }
}
