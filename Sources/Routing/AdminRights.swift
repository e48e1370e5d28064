public import TableFormat

/// What a caller may do at the admin address; nothing without a key.
@inlinable
public func adminRight(of caller: Caller, in table: borrowing TableView) -> AdminRight {
    caller.isAnonymous ? .none : table.load(KeyRecord.admin, at: caller.key)
}

/// Whether the `paths` of a caller have room for a path of the admin address.
@inlinable
public func mayAsk(
    adminPath path: RawSpan, _ caller: Caller, in table: borrowing TableView
) -> Bool {
    mayUse(path: path, caller, in: table)
}
