public import Pattern
public import TableFormat

// What a client asks for that would have one of several models: `a|b|c`.

/// Whether an id names several models and is no model's name itself.
@inlinable
@inline(never)
func isList(_ model: RawSpan, in table: borrowing TableView) -> Bool {
    for offset in 0..<model.byteCount where model.byte(offset) == 0x7C {
        return table.findModel(model).map { !isSpelledByRule($0, in: table) } ?? true
    }
    return false
}

/// Whether a rule for everybody spells out a model.
@inlinable
func isSpelledByRule(_ model: UInt32, in table: borrowing TableView) -> Bool {
    let rule = table.load(ModelRecord.rule, at: model)
    return rule != noIndex && table.load(RuleRecord.kind, at: rule) == .exact
}

/// The first model of a list, from an offset on, that leads to a pool which the caller may use;
/// else why the one that came nearest to that does not.
///
/// Blanks around names do not count, and neither do names of which nothing is left.
@usableFromInline
func resolveList(
    _ list: RawSpan, from start: Int, caller: Caller, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView
) -> Result<Route, ProxyError> {
    var error = ProxyError.modelNotFound
    var offset = start
    while let part = nextPart(of: list, from: &offset) {
        let found = resolveOne(
            model: list.extracting(part), caller: caller, patterns: patterns, scratch: scratch,
            in: table)
        switch found {
        case .success(var route):
            route.partStart = UInt16(part.lowerBound)
            route.partEnd = UInt16(part.upperBound)
            return .success(route)
        case .failure(.modelNotFound): continue
        case .failure(let other): error = other
        }
    }
    return .failure(error)
}

/// The next name of a list that is not empty; `offset` goes behind it.
private func nextPart(of list: RawSpan, from offset: inout Int) -> Range<Int>? {
    while offset < list.byteCount {
        var end = offset
        while end < list.byteCount, list.byte(end) != 0x7C { end += 1 }
        var part = offset..<end
        offset = end + 1
        while let first = part.first, list.byte(first) == 0x20 { part = part.dropFirst() }
        while let last = part.last, list.byte(last) == 0x20 { part = part.dropLast() }
        if !part.isEmpty { return part }
    }
    return nil
}
