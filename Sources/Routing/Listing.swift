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
