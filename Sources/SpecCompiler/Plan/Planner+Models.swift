internal import Pattern
internal import TableFormat

/// A distinct list of matchers that keys carry; nil is all models.
typealias ScopeSource = [Matcher.Kind]

extension Planner {
    /// Plans the models known by name and the scopes; returns the index of each distinct scope.
    ///
    /// A name is known when a rule or the scope of a key spells it out. What each known name leads
    /// to is decided here, patterns included, so that a request for it costs one probe.
    mutating func planModels() -> [ScopeSource?: UInt32] {
        var scopes: [ScopeSource?: UInt32] = [:]
        var sources: [(source: ScopeSource?, matchers: [Matcher])] = []
        func note(_ matchers: [Matcher]?) {
            let source = matchers.map(Planner.canonical)
            if scopes[source] == nil {
                scopes[source] = UInt32(sources.count)
                sources.append((source, matchers ?? []))
            }
        }
        switch spec.anonymous {
        case .deny: break
        case .allow, .open: note(nil)
        case .some(let models, _, _): note(models)
        }
        for key in spec.keys {
            note(key.models)
        }
        for member in spec.pools.lazy.flatMap(\.members) {
            if case .listed(let matchers) = member.serves { note(matchers) }
        }
        let names = knownNames(sources.map(\.matchers))
        let slotOf = hashModels(names)
        let sorted = names.map(\.utf8Bytes)
        for source in sources {
            plan.scopes.append(
                source.source == nil
                    ? RoutePlan.Scope(kind: .all, known: [], matchers: .empty)
                    : plannedScope(source.matchers, names: names, sorted: sorted, slotOf: slotOf))
        }
        planAnonymous(scopes)
        planServing(scopes)
        return scopes
    }

    /// Gives each member that serves some models the set of these.
    private mutating func planServing(_ scopes: [ScopeSource?: UInt32]) {
        for (source, pool) in spec.pools.enumerated() {
            let served = Dictionary(
                pool.members.map { (endpointIndex[$0.endpoint], $0.serves) },
                uniquingKeysWith: { first, _ in first })
            for index in plan.pools[Int(poolIndex[source])].members.indices {
                let endpoint = plan.members[Int(index)].endpoint
                guard case .listed(let matchers) = served[endpoint] ?? nil else { continue }
                plan.members[Int(index)].serves = scopes[Planner.canonical(matchers)] ?? noIndex
            }
        }
    }

    /// A scope without the order and the repetitions in which it was written.
    static func canonical(_ matchers: [Matcher]) -> ScopeSource {
        func rank(_ kind: Matcher.Kind) -> (Int, String) {
            switch kind {
            case .exact(let text): (0, text)
            case .glob(let text): (1, text)
            case .pattern(let text): (2, text)
            }
        }
        return Set(matchers.map(\.kind)).sorted { left, right in
            let (leftRank, leftText) = rank(left)
            let (rightRank, rightText) = rank(right)
            return leftRank == rightRank
                ? leftText.utf8.lexicographicallyPrecedes(rightText.utf8)
                : leftRank < rightRank
        }
    }

    private mutating func planAnonymous(_ scopes: [ScopeSource?: UInt32]) {
        switch spec.anonymous {
        case .deny:
            plan.settings.anonymousMode = .deny
        case .allow:
            plan.settings.anonymousMode = .scope
            plan.settings.anonymousScope = scopes[nil] ?? noIndex
            plan.settings.anonymousMayListModels = true
            plan.settings.anonymousMayReadStats = true
        case .some(let models, let listModels, let readsStats):
            plan.settings.anonymousMode = .scope
            plan.settings.anonymousScope = scopes[Planner.canonical(models)] ?? noIndex
            plan.settings.anonymousMayListModels = listModels
            // A list of what they may use would be empty, and nobody would ask for that.
            plan.settings.anonymousListsAll = listModels && models.isEmpty
            plan.settings.anonymousMayReadStats = readsStats
        case .open:
            plan.settings.anonymousMode = .open
            plan.settings.anonymousScope = scopes[nil] ?? noIndex
            plan.settings.anonymousMayListModels = true
            plan.settings.anonymousMayReadStats = true
        }
    }

    /// Every name that is spelt out somewhere, in order of its bytes.
    private func knownNames(_ scopes: [[Matcher]]) -> [String] {
        var names: Set<String> = []
        for rule in spec.allRules {
            if case .exact(let name) = rule.matcher.kind { names.insert(name) }
            names.formUnion(rule.fallback.lazy.map(\.value))
        }
        for matchers in scopes + [spec.skipped] {
            for matcher in matchers {
                if case .exact(let name) = matcher.kind { names.insert(name) }
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Gives each name its slot, and fills the models; returns the slot of each name.
    private mutating func hashModels(_ names: [String]) -> [UInt32] {
        var hashing: PerfectHashBuilder.Result?
        var seed: UInt64 = 0
        while hashing == nil {
            hashing = PerfectHashBuilder.build(
                names.map { HashPair(name: $0.utf8Bytes.rawSpan, seed: seed) })
            if hashing == nil { seed += 1 }
        }
        plan.modelHashSeed = seed
        plan.modelSeeds = hashing?.seeds ?? []
        let slots = hashing?.slots ?? []
        let exact = exactRules()
        let ownAbout = self.ownAbout()
        var slotOf = [UInt32](repeating: 0, count: names.count)
        for (slot, name) in slots.enumerated() {
            slotOf[name] = UInt32(slot)
            let text = names[name]
            let rule =
                skipped.matches(text) ? noIndex : exact[text] ?? ruleByPattern(text.utf8Bytes)
            // Where only some keys have a rule for it, the first of these says what it is.
            let about =
                rule == noIndex
                ? ownAbout[text] ?? [] : spec.rules[Int(rule)].about
            plan.models.append(
                RoutePlan.Model(
                    name: text, entry: ModelEntry.json(id: text, about: about), rule: rule))
        }
        return slotOf
    }

    /// The matchers of what is skipped, for names that the table does not know.
    mutating func planSkipped() {
        let first = UInt32(plan.matchers.count)
        for matcher in spec.skipped {
            let (kind, text, pattern) = parts(of: matcher)
            plan.matchers.append(.init(kind: kind, text: text, pattern: pattern))
        }
        plan.skipped = IndexRange(first: first, count: UInt32(spec.skipped.count))
    }

    /// The first rule of each exact name.
    private func exactRules() -> [String: UInt32] {
        var rules: [String: UInt32] = [:]
        for (index, rule) in spec.rules.enumerated() {
            if case .exact(let name) = rule.matcher.kind, rules[name] == nil {
                rules[name] = UInt32(index)
            }
        }
        return rules
    }

    /// What the first rule of some keys for each exact name says of it.
    private func ownAbout() -> [String: [ResolvedSpec.About]] {
        var about: [String: [ResolvedSpec.About]] = [:]
        for rule in spec.ownRules {
            if case .exact(let name) = rule.matcher.kind, about[name] == nil {
                about[name] = rule.about
            }
        }
        return about
    }

    /// The rule that answers for a name without an exact one: patterns in order, then `*`.
    private func ruleByPattern(_ name: [UInt8]) -> UInt32 {
        let scratch = MatchScratch()
        let rules = plan.rules[..<spec.rules.count]
        for (index, rule) in rules.enumerated() where UInt32(index) != plan.starRule {
            switch rule.kind {
            case .exact: continue
            case .glob:
                if Planner.glob(rule.text.utf8Bytes, matches: name) {
                    return UInt32(index)
                }
            case .pattern:
                if compiledPatterns[Int(rule.pattern)].matches(name.rawSpan, scratch: scratch) {
                    return UInt32(index)
                }
            }
        }
        return plan.starRule
    }

    /// The models a scope holds by name, and its matchers for other names.
    private mutating func plannedScope(
        _ matchers: [Matcher], names: [String], sorted: [[UInt8]], slotOf: [UInt32]
    ) -> RoutePlan.Scope {
        let scratch = MatchScratch()
        var known: Set<UInt32> = []
        var others: [RoutePlan.PlannedMatcher] = []
        for matcher in Planner.canonical(matchers) {
            switch matcher {
            case .exact(let name):
                if let index = Planner.find(name.utf8Bytes, in: sorted) {
                    known.insert(slotOf[index])
                }
            case .glob(let glob):
                let (prefix, _) = Planner.literalEnds(glob)
                for index in Planner.range(of: prefix, in: sorted)
                where Planner.glob(glob.utf8Bytes, matches: sorted[index]) {
                    known.insert(slotOf[index])
                }
                others.append(.init(kind: .glob, text: glob, pattern: noIndex))
            case .pattern(let source):
                let span = matchers.first { $0.kind == matcher }?.place
                let pattern = index(
                    ofPattern: source, at: span ?? SourceSpan(file: 0, start: 0, end: 0))
                for (index, name) in sorted.enumerated()
                where compiledPatterns[Int(pattern)].matches(name.rawSpan, scratch: scratch) {
                    known.insert(slotOf[index])
                }
                others.append(.init(kind: .pattern, text: source, pattern: pattern))
            }
        }
        let range = IndexRange(first: UInt32(plan.matchers.count), count: UInt32(others.count))
        plan.matchers += others
        return Planner.smaller(known, modelCount: names.count, matchers: range)
    }

    private static func glob(_ glob: [UInt8], matches name: [UInt8]) -> Bool {
        globMatches(glob.rawSpan, name.rawSpan)
    }

    /// A list or a bit set, whichever is smaller.
    private static func smaller(
        _ known: Set<UInt32>, modelCount: Int, matchers: IndexRange
    ) -> RoutePlan.Scope {
        let wordCount = (modelCount + 31) / 32
        guard known.count > wordCount else {
            return RoutePlan.Scope(kind: .list, known: known.sorted(), matchers: matchers)
        }
        var words = [UInt32](repeating: 0, count: wordCount)
        for model in known {
            words[Int(model / 32)] |= 1 << (model % 32)
        }
        return RoutePlan.Scope(kind: .bitSet, known: words, matchers: matchers)
    }

    private static func find(_ name: [UInt8], in sorted: [[UInt8]]) -> Int? {
        let start = sorted.partitioningIndex { !$0.lexicographicallyPrecedes(name) }
        return start < sorted.count && sorted[start] == name ? start : nil
    }

    /// The names that begin with `prefix`.
    private static func range(of prefix: [UInt8], in sorted: [[UInt8]]) -> Range<Int> {
        let start = sorted.partitioningIndex { !$0.lexicographicallyPrecedes(prefix) }
        var end = start
        while end < sorted.count, sorted[end].starts(with: prefix) {
            end += 1
        }
        return start..<end
    }

    /// The listed models in order of their names.
    mutating func planListing() {
        var listed: [UInt32] = []
        for (index, model) in plan.models.enumerated() where model.rule != noIndex {
            let rule = spec.rules[Int(model.rule)]
            if case .exact = rule.matcher.kind, rule.listed {
                listed.append(UInt32(index))
            }
        }
        plan.listing = listed.sorted {
            plan.models[Int($0)].name.utf8.lexicographicallyPrecedes(
                plan.models[Int($1)].name.utf8)
        }
    }
}

extension String {
    /// Its bytes in UTF-8.
    var utf8Bytes: [UInt8] { Array(utf8) }
}
