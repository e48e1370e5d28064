/// What a request's `Origin` is to the table (Fetch, the CORS protocol).
public enum OriginStanding: Sendable, Equatable {
    /// The spec has no `cors`: nothing is said of origins.
    case off
    /// No origin, or one that is not listed.
    case unlisted
    /// Every origin may read answers.
    case any
    /// One of the list, by its index.
    case listed(UInt32)
}

extension TableView {
    /// What an origin is to the table: bytes against bytes, as browsers write them.
    public func standing(ofOrigin origin: RawSpan) -> OriginStanding {
        let total = count(OriginRecord.self)
        guard total > 0 else { return .off }
        if origin.byteCount > 0, isOpenToAllOrigins { return .any }
        var low: UInt32 = 0
        var high = total
        while low < high {
            let middle = low &+ (high &- low) / 2
            let text = string(load(OriginRecord.text, at: middle))
            if text.precedes(origin) {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        guard low < total, string(load(OriginRecord.text, at: low)).isEqual(origin) else {
            return .unlisted
        }
        return .listed(low)
    }

    /// Whether the list is `*`.
    public var isOpenToAllOrigins: Bool {
        guard count(OriginRecord.self) == 1 else { return false }
        let text = string(load(OriginRecord.text, at: 0))
        return text.byteCount == 1 && text.byte(0) == UInt8(ascii: "*")
    }
}

// MARK: - Checks

extension RecordChecks {
    /// Origins can stand in a head, are in order, and `*` stands alone.
    func origins() throws(TableFault) {
        for index in 0..<view.count(OriginRecord.self) {
            let row = view.row(OriginRecord.self, index)
            try fieldText(OriginRecord.text, row)
            let text = view.string(view.load(OriginRecord.text, row))
            guard text.byteCount > 0, isOrigin(text) else {
                throw fail(TableFault.Cause.badValue, OriginRecord.text, row)
            }
            guard index > 0 else { continue }
            let before = view.string(view.load(OriginRecord.text, at: index - 1))
            guard before.precedes(text) else {
                throw fail(TableFault.Cause.badOrder, OriginRecord.text, row)
            }
        }
    }

    /// Visible ASCII without a comma; a star only as the only one.
    private func isOrigin(_ text: RawSpan) -> Bool {
        for offset in 0..<text.byteCount {
            switch text.byte(offset) {
            case UInt8(ascii: "*"):
                guard text.byteCount == 1, view.count(OriginRecord.self) == 1 else { return false }
            case UInt8(ascii: ","): return false
            case 0x21...0x7E: continue
            default: return false
            }
        }
        return true
    }
}
