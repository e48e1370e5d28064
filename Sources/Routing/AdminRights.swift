public import TableFormat

/// What a caller may do at the admin address; nothing without a key.
@inlinable
public func adminRight(of caller: Caller, in table: borrowing TableView) -> AdminRight {
    caller.isAnonymous ? .none : table.load(KeyRecord.admin, at: caller.key)
}
