// The checks of the validator on probes of endpoints, and what their dump says.

extension RecordChecks {
    func health() throws(TableFault) {
        for index in 0..<view.count(HealthRecord.self) {
            let row = view.row(HealthRecord.self, index)
            try string(HealthRecord.path, row, limit: HealthRecord.pathMax)
            let path = view.string(view.load(HealthRecord.path, row))
            guard HealthRecord.isPath(path) else {
                throw fail(TableFault.Cause.badValue, HealthRecord.path, row)
            }
            try lies(HealthRecord.interval, row, in: HealthRecord.intervalRange)
            try lies(HealthRecord.timeout, row, in: HealthRecord.timeoutRange)
            try lies(HealthRecord.fall, row, in: HealthRecord.countRange)
            try lies(HealthRecord.rise, row, in: HealthRecord.countRange)
            try zero(HealthRecord.reserved, row)
        }
    }
}

extension HealthRecord {
    /// Whether a probe can ask for this: a path from `/` in visible ASCII, perhaps with a query.
    public static func isPath(_ path: RawSpan) -> Bool {
        guard path.byteCount > 0, path.byteCount <= pathMax, path.byte(0) == UInt8(ascii: "/")
        else { return false }
        for index in 0..<path.byteCount {
            let byte = path.byte(index)
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else { return false }
        }
        return true
    }

    /// As the dump of a table says it; nil for an endpoint that is not asked.
    static func text(_ view: borrowing TableView, _ index: UInt32) -> String? {
        guard index != noIndex else { return nil }
        let row = view.row(HealthRecord.self, index)
        return "\(view.text(view.load(path, row)))"
            + " every \(view.load(interval, row)) ms, timeout \(view.load(timeout, row)) ms,"
            + " fall \(view.load(fall, row)), rise \(view.load(rise, row))"
    }
}
