public import Pattern
public import TableFormat

/// A pattern of a table that PCRE2 refuses here.
public struct RefusedPattern: Error, Sendable {
    /// The source of the pattern.
    public let source: String
    /// PCRE2's words.
    public let problem: String
}

/// The patterns of a table, compiled when it was loaded.
public struct PatternSet: Sendable {
    @usableFromInline let patterns: [Pattern]

    /// Compiles the patterns of a table.
    ///
    /// They compiled where the table was made; another PCRE2 may see it differently, which is a
    /// fault of the place and not of the table.
    public init(of table: borrowing TableView) throws(RefusedPattern) {
        var patterns: [Pattern] = []
        for index in 0..<table.count(PatternRecord.self) {
            let source = table.text(table.load(PatternRecord.source, at: index))
            do throws(PatternFault) {
                patterns.append(try Pattern(source))
            } catch {
                throw RefusedPattern(source: source, problem: error.message)
            }
        }
        self.patterns = patterns
    }

    @inlinable
    func matches(_ index: UInt32, _ name: RawSpan, _ scratch: borrowing MatchScratch) -> Bool {
        patterns[Int(index)].matches(name, scratch: scratch)
    }
}

/// The pool for a model id of 1 to 256 bytes, if there is one and the caller may use it.
///
/// Where clients may ask for a list of models, an id with `|` is one, unless it is the name of a
/// model.
@inlinable
@inline(__always)
public func resolve(
    model: RawSpan, caller: Caller, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> Result<Route, ProxyError> {
    let flags = table.setting(SettingsRecord.flags)
    if flags & SettingsRecord.clientFallbackFlag != 0, isList(model, in: table) {
        return resolveList(
            model, from: 0, caller: caller, patterns: patterns, scratch: scratch, in: table)
    }
    return resolveOne(
        model: model, caller: caller, patterns: patterns, scratch: scratch, in: table)
}

/// The same for an id that is no list.
///
/// A name that the table knows costs one probe. Another runs through globs and patterns in the
/// order of the rules, then `*` (rule 6 of the language).
@inlinable
@inline(__always)
func resolveOne(
    model: RawSpan, caller: Caller, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> Result<Route, ProxyError> {
    let known = table.findModel(model)
    let rule = ruleIndex(
        of: model, known: known, caller: caller, patterns: patterns, scratch: scratch, in: table)
    guard rule != noIndex else {
        return .failure(.modelNotFound)
    }
    guard
        allows(
            scope: caller.scope, model: model, known: known, patterns: patterns, scratch: scratch,
            in: table)
    else {
        // Who has no key may have one that may.
        return .failure(caller.isAnonymous ? .keyMissing : .modelNotAllowed)
    }
    // Of a rule with a split the pool is none as yet: see `Route.settle`.
    return .success(Route(pool: table.load(RuleRecord.pool, at: rule), rule: rule))
}

/// The rule that decides on a model for a caller, who may have rules of its own.
@inlinable
@inline(__always)
func ruleIndex(
    of model: RawSpan, known: UInt32?, caller: Caller, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> UInt32 {
    let general = ruleIndex(
        of: model, known: known, patterns: patterns, scratch: scratch, in: table)
    guard caller.audience != noIndex else { return general }
    return ownRule(
        of: model, known: known, audience: caller.audience, otherwise: general,
        patterns: patterns, scratch: scratch, in: table)
}

/// The rule that decides on a model, or `noIndex`; `known` is its index where the table knows it
/// by name.
@inlinable
@inline(__always)
func ruleIndex(
    of model: RawSpan, known: UInt32?, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> UInt32 {
    if let known {
        return table.load(ModelRecord.rule, at: known)
    }
    return findRule(for: model, patterns: patterns, scratch: scratch, in: table)
}

/// Whether a model that the table does not know by name is left out of routes and lists.
@inlinable
public func isSkipped(
    _ model: RawSpan, patterns: borrowing PatternSet, scratch: borrowing MatchScratch,
    in table: borrowing TableView
) -> Bool {
    let skipped = table.setting(SettingsRecord.skippedModels)
    return skipped.count > 0
        && matchesAny(skipped, model, patterns: patterns, scratch: scratch, in: table)
}

/// The first rule with a glob or pattern that matches a name the table does not know, else `*`.
@inlinable
func findRule(
    for model: RawSpan, patterns: borrowing PatternSet, scratch: borrowing MatchScratch,
    in table: borrowing TableView
) -> UInt32 {
    if isSkipped(model, patterns: patterns, scratch: scratch, in: table) {
        return noIndex
    }
    var best = noIndex
    var prefix = table.lastPrefix(notAfter: model) ?? noIndex
    while prefix != noIndex {
        let row = table.row(PrefixRecord.self, prefix)
        if model.starts(with: table.string(table.load(PrefixRecord.text, row))) {
            best = min(best, firstGlob(table.load(PrefixRecord.rules, row), model, best, table))
        }
        prefix = table.load(PrefixRecord.parent, row)
    }
    var suffix = table.lastSuffix(notAfter: model) ?? noIndex
    while suffix != noIndex {
        let row = table.row(SuffixRecord.self, suffix)
        if model.ends(with: table.string(table.load(SuffixRecord.text, row))) {
            best = min(best, firstGlob(table.load(SuffixRecord.rules, row), model, best, table))
        }
        suffix = table.load(SuffixRecord.parent, row)
    }
    for position in table.setting(SettingsRecord.patternRules).indices {
        let rule = table.index(at: position)
        guard rule < best else {
            break
        }
        if patterns.matches(table.load(RuleRecord.pattern, at: rule), model, scratch) {
            best = rule
        }
    }
    return best == noIndex ? table.setting(SettingsRecord.starRule) : best
}

/// The first rule of an ascending list whose glob matches, if it comes before `limit`.
@inlinable
func firstGlob(
    _ rules: IndexRange, _ model: RawSpan, _ limit: UInt32, _ table: borrowing TableView
) -> UInt32 {
    for position in rules.indices {
        let rule = table.index(at: position)
        guard rule < limit else {
            break
        }
        let glob = table.string(table.load(RuleRecord.text, at: rule))
        if globMatches(glob, model) {
            return rule
        }
    }
    return noIndex
}

/// Whether a scope holds a model; `known` is its index where the table knows it by name.
@inlinable
@inline(__always)
public func allows(
    scope: UInt32, model: RawSpan, known: UInt32?, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> Bool {
    let row = table.row(ScopeRecord.self, scope)
    let kind = table.load(ScopeRecord.kind, row)
    if kind == .all {
        return true
    }
    if let known {
        return holds(known, table.load(ScopeRecord.known, row), kind, in: table)
    }
    return matchesAny(
        table.load(ScopeRecord.matchers, row), model, patterns: patterns, scratch: scratch,
        in: table)
}

/// Whether one of a scope's matchers holds a model that the table does not know by name.
@inlinable
func matchesAny(
    _ matchers: IndexRange, _ model: RawSpan, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> Bool {
    for index in matchers.indices {
        let matcher = table.row(MatcherRecord.self, index)
        switch table.load(MatcherRecord.kind, matcher) {
        case .exact: continue
        case .glob:
            if globMatches(table.string(table.load(MatcherRecord.text, matcher)), model) {
                return true
            }
        case .pattern:
            if patterns.matches(table.load(MatcherRecord.pattern, matcher), model, scratch) {
                return true
            }
        }
    }
    return false
}

/// Whether a list or bit set of known models holds one.
@inlinable
@inline(__always)
func holds(
    _ model: UInt32, _ set: IndexRange, _ kind: ScopeKind, in table: borrowing TableView
) -> Bool {
    if kind == .bitSet {
        let word = table.index(at: set.first + model / 32)
        return word & (1 << (model % 32)) != 0
    }
    return isListed(model, set, in: table)
}

/// Whether an ascending list of known models holds one.
@inlinable
func isListed(_ model: UInt32, _ set: IndexRange, in table: borrowing TableView) -> Bool {
    var low: UInt32 = 0
    var high = set.count
    while low < high {
        let middle = (low + high) / 2
        let found = table.index(at: set.first + middle)
        if found == model {
            return true
        }
        if found < model {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return false
}
