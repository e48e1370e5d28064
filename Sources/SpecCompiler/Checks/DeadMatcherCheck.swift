/// R324: what a key may use and no model rule takes is a misspelled name or a forgotten rule.
enum DeadMatcherCheck {
    /// Names are suggested for the first ones only.
    private static let maxSuggestions = 20
    /// Beside errors, each is compared with all texts of the spec.
    private static let maxBesideErrors = 50

    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var reach = ModelReach(input.spec.allRules)
        if reach.isAll { return }
        var dead: [Dead] = []
        for key in input.document.keys where key.pin == nil {
            take(key.models ?? [], of: .key(key.name?.value ?? ""), &reach, &dead)
        }
        if case .some(let models, _, _) = input.spec.anonymous {
            take(models, of: .anyone, &reach, &dead)
        }
        if dead.isEmpty { return }
        let mentions = Mentions(input, findings)
        // A rule may stand in what could not be read.
        if mentions.isCutOff { return }
        if !mentions.areNone {
            dead = dead.prefix(maxBesideErrors).filter { !isMentioned($0.matcher, mentions) }
        }
        var names: [String]?
        for (index, entry) in dead.enumerated() {
            if findings.countsOnlyWarnings {
                findings.countWarnings(dead.count - index)
                return
            }
            var nearest: String?
            if index < maxSuggestions, case .exact(let name) = entry.matcher.kind {
                let known = names ?? reach.exactNames.sorted()
                nearest = NearestName.nearest(to: name, among: known)
                names = known
            }
            findings.add(.deadMatcher(entry.matcher, entry.owner.text, entry.isAll, nearest))
        }
    }

    private struct Dead {
        let matcher: Matcher
        let owner: Owner
        /// Whether all that the owner may use is out of reach.
        let isAll: Bool
    }

    /// Who may use what is dead; most of them are never shown.
    private enum Owner {
        case key(String)
        case anyone

        var text: String {
            switch self {
            case .key(let name): named("key", name)
            case .anyone: "a request without a key"
            }
        }
    }

    private static func take(
        _ matchers: [Matcher], of owner: Owner, _ reach: inout ModelReach, _ dead: inout [Dead]
    ) {
        let unreached = matchers.filter { !reach.mayReach($0.kind) }
        for matcher in unreached {
            dead.append(
                Dead(matcher: matcher, owner: owner, isAll: unreached.count == matchers.count))
        }
    }

    /// Whether a text elsewhere could be the rule for it, which an error hides.
    private static func isMentioned(_ matcher: Matcher, _ mentions: Mentions) -> Bool {
        let globs = matcher.kind.coveringGlobs
        var isFound = mentions.hasError(in: matcher.place)
        mentions.forEachRuleText { text, _ in
            guard !isFound,
                case .success(let kind) = MatcherText.kind(String(decoding: text, as: UTF8.self))
            else {
                return
            }
            isFound = kind.coveringGlobs.contains { other in
                globs.contains { GlobText.meet($0, other) }
            }
        }
        return isFound
    }
}

extension Diagnostic {
    fileprivate static func deadMatcher(
        _ matcher: Matcher, _ owner: String, _ isAll: Bool, _ nearest: String?
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .deadMatcher,
            "no model rule takes \(quoted(matcher.kind.text)), which \(owner) may use",
            at: Label(matcher.place, "reaches nothing"),
            notes: isAll ? ["nothing else is allowed, so \(owner) can reach nothing"] : [],
            help: "give a pool a rule for it, or delete it here")
        if let nearest {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(matcher.place, nearest, .maybeIncorrect)]
        }
        return diagnostic
    }
}
