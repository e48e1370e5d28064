public import Pattern
public import TableFormat

/// The models that a caller sees in a list.
public enum Listed: Sendable, Hashable {
    /// Those that a scope holds, by its index, and among them those of rules for some keys.
    case scope(UInt32, audience: UInt32)
    /// Those that anybody may use, those of pinned keys too.
    case all
}

/// What a caller sees who may see a list.
public func listed(for caller: Caller, in table: borrowing TableView) -> Listed {
    let flags = table.setting(SettingsRecord.anonymousFlags)
    return caller.isAnonymous && flags & SettingsRecord.listAllFlag != 0
        ? .all : .scope(caller.scope, audience: caller.audience)
}

/// Calls `visit` with the name and the JSON object of each listed model among `listed`, in order of
/// name.
public func forEachListedModel(
    _ listed: Listed, in table: borrowing TableView, visit: (RawSpan, RawSpan) -> Void
) {
    var kind = ScopeKind.all
    var known = IndexRange.empty
    var own = IndexRange.empty.indices
    if case .scope(let scope, let audience) = listed {
        let row = table.row(ScopeRecord.self, scope)
        kind = table.load(ScopeRecord.kind, row)
        known = table.load(ScopeRecord.known, row)
        if audience != noIndex { own = table.load(AudienceRecord.listing, at: audience).indices }
    }
    for position in table.setting(SettingsRecord.listing).indices {
        let model = table.index(at: position)
        // Both are in the same order: their own go between the others.
        while let first = own.first,
            table.string(table.load(ModelRecord.name, at: table.index(at: first)))
                .precedes(table.string(table.load(ModelRecord.name, at: model)))
        {
            show(table.index(at: first), kind, known, in: table, visit)
            own = own.dropFirst()
        }
        show(model, kind, known, in: table, visit)
    }
    for position in own { show(table.index(at: position), kind, known, in: table, visit) }
}

/// Calls `visit` with what is listed of a model, if the set of those that may be seen holds it.
private func show(
    _ model: UInt32, _ kind: ScopeKind, _ known: IndexRange, in table: borrowing TableView,
    _ visit: (RawSpan, RawSpan) -> Void
) {
    guard kind == .all || holds(model, known, kind, in: table) else { return }
    visit(
        table.string(table.load(ModelRecord.name, at: model)),
        table.string(table.load(ModelRecord.entry, at: model)))
}

/// Whether a rule of the spec spells out a model that the table knows by name, and lists it.
public func isSpelledOut(_ model: UInt32, in table: borrowing TableView) -> Bool {
    let rule = table.load(ModelRecord.rule, at: model)
    guard rule != noIndex else {
        return false
    }
    let row = table.row(RuleRecord.self, rule)
    return table.load(RuleRecord.kind, row) == .exact
        && table.load(RuleRecord.flags, row) & RuleRecord.unlistedFlag == 0
}

/// What discovery may do with a model that an endpoint has named.
public enum DiscoveredListing: Sendable, Equatable {
    /// Listed for whoever may use it, since requests for it go here.
    case routed(rule: UInt32)
    /// For keys pinned to a pool of its endpoint alone: no rule has a word on it.
    case pinned
    /// Not listed: something skips it, a rule hides it, or the spec spells it out and lists it, or
    /// not, by itself.
    case hidden
}

/// Whether, and for whom, a model that an endpoint has named is listed: decided here alone.
public func listing(
    ofDiscovered model: RawSpan, patterns: borrowing PatternSet, scratch: borrowing MatchScratch,
    in table: borrowing TableView
) -> DiscoveredListing {
    let known = table.findModel(model)
    let rule = ruleIndex(of: model, known: known, patterns: patterns, scratch: scratch, in: table)
    guard rule != noIndex else {
        let isHidden =
            known != nil && isSkippedByName(model, in: table)
            || isSkipped(model, patterns: patterns, scratch: scratch, in: table)
        return isHidden ? .hidden : .pinned
    }
    let row = table.row(RuleRecord.self, rule)
    let isListed = table.load(RuleRecord.flags, row) & RuleRecord.unlistedFlag == 0
    guard isListed, table.load(RuleRecord.kind, row) != .exact else {
        return .hidden
    }
    return .routed(rule: rule)
}

/// Calls `visit` with the index of each pool that a rule leads to at first: one, or the sides of
/// its split.
public func forEachPool(
    ofRule rule: UInt32, in table: borrowing TableView, visit: (UInt32) -> Void
) {
    let row = table.row(RuleRecord.self, rule)
    let pool = table.load(RuleRecord.pool, row)
    guard pool == noIndex else { return visit(pool) }
    let course = table.load(RuleRecord.course, row)
    guard course != noIndex else { return }
    for side in table.load(CourseRecord.split, at: course).indices {
        visit(table.load(ShareRecord.pool, at: side))
    }
}
