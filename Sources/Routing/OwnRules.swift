public import Pattern
public import TableFormat

/// The rule that decides on a model for a key with rules of its own; `general` is the one for
/// everybody.
///
/// In order (rule 6 of the language): an exact name of its own, an exact name, a pattern of its
/// own, a pattern, its own `*`, `*`.
@inlinable
@inline(never)
func ownRule(
    of model: RawSpan, known: UInt32?, audience: UInt32, otherwise general: UInt32,
    patterns: borrowing PatternSet, scratch: borrowing MatchScratch, in table: borrowing TableView
) -> UInt32 {
    let row = table.row(AudienceRecord.self, audience)
    if known != nil,
        let exact = exactRule(of: model, among: table.load(AudienceRecord.exact, row), in: table)
    {
        return exact
    }
    let isExact = general != noIndex && table.load(RuleRecord.kind, at: general) == .exact
    if isExact { return general }
    // What is skipped is skipped for everybody.
    if general == noIndex,
        isSkippedByName(model, in: table)
            || isSkipped(model, patterns: patterns, scratch: scratch, in: table)
    {
        return noIndex
    }
    for position in table.load(AudienceRecord.patterns, row).indices {
        let rule = table.index(at: position)
        let isMatch =
            switch table.load(RuleRecord.kind, at: rule) {
            case .exact: false
            case .glob: globMatches(table.string(table.load(RuleRecord.text, at: rule)), model)
            case .pattern:
                patterns.matches(table.load(RuleRecord.pattern, at: rule), model, scratch)
            }
        if isMatch { return rule }
    }
    let star = table.load(AudienceRecord.starRule, row)
    guard star != noIndex else { return general }
    return general == noIndex || general == table.setting(SettingsRecord.starRule) ? star : general
}

/// The rule with this name in a list sorted by name.
@inlinable
func exactRule(
    of model: RawSpan, among rules: IndexRange, in table: borrowing TableView
) -> UInt32? {
    var low: UInt32 = 0
    var high = rules.count
    while low < high {
        let middle = (low + high) / 2
        let rule = table.index(at: rules.first + middle)
        let name = table.string(table.load(RuleRecord.text, at: rule))
        if name.isEqual(model) { return rule }
        if name.precedes(model) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return nil
}

/// Whether a model is spelled out among those to skip: a route need not ask, for lack of a rule.
@inlinable
func isSkippedByName(_ model: RawSpan, in table: borrowing TableView) -> Bool {
    for index in table.setting(SettingsRecord.skippedModels).indices {
        let matcher = table.row(MatcherRecord.self, index)
        if table.load(MatcherRecord.kind, matcher) == .exact,
            table.string(table.load(MatcherRecord.text, matcher)).isEqual(model)
        {
            return true
        }
    }
    return false
}
