public import TableFormat

/// Calls `visit` with the JSON object of each listed model that a scope holds, in order of name.
public func forEachListedModel(
    scope: UInt32, in table: borrowing TableView, visit: (RawSpan) -> Void
) {
    let row = table.row(ScopeRecord.self, scope)
    let kind = table.load(ScopeRecord.kind, row)
    let known = table.load(ScopeRecord.known, row)
    for position in table.setting(SettingsRecord.listing).indices {
        let model = table.index(at: position)
        if kind == .all || holds(model, known, kind, in: table) {
            visit(table.string(table.load(ModelRecord.entry, at: model)))
        }
    }
}

/// The listed model of this name, if the scope holds it.
public func findListedModel(
    _ name: RawSpan, scope: UInt32, in table: borrowing TableView
) -> UInt32? {
    guard let model = table.findModel(name) else {
        return nil
    }
    let row = table.row(ScopeRecord.self, scope)
    let kind = table.load(ScopeRecord.kind, row)
    guard kind == .all || holds(model, table.load(ScopeRecord.known, row), kind, in: table)
    else {
        return nil
    }
    return isListed(name, in: table) ? model : nil
}

/// Whether the list of listed models, which is in order of name, has this one.
private func isListed(_ name: RawSpan, in table: borrowing TableView) -> Bool {
    let listing = table.setting(SettingsRecord.listing)
    var low = listing.first
    var high = listing.first + listing.count
    while low < high {
        let middle = low + (high - low) / 2
        let listed = table.string(table.load(ModelRecord.name, at: table.index(at: middle)))
        if listed.isEqual(name) {
            return true
        }
        if listed.precedes(name) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return false
}
