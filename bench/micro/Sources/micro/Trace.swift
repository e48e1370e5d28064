internal import TableFormat

/// Decisions one at a time, with a store of a byte at a place that is printed ahead of `identify`,
/// ahead of `decide` and behind it.
///
/// A trace of memory shows the stores; what stands between them are the accesses of one decision.
/// There are two passes over 64 requests: the last 192 stores are the second one's.
func traceDecisions(_ table: TableFile) throws {
    let count = 64
    let requests = Requests(table, count: count)
    let path = Array("/v1/chat/completions".utf8)
    let mark = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { unsafe mark.deallocate() }
    var names = requests.names
    let nameStart = unsafe names.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
    print("mark", UInt(bitPattern: mark))
    print("table", table.start, table.byteCount)
    print("names", nameStart, names.count)
    // First touches and one-time initialization are no part of the work.
    var sum = 0
    for _ in 0..<2 {
        for (index, request) in requests.entries.enumerated() {
            unsafe store(to: mark)
            let caller = table.caller(of: request.fingerprint)
            unsafe store(to: mark)
            let member = table.decide(
                caller, path: path.rawSpan,
                model: names.rawSpan.extracting(request.model), ticket: UInt32(index))
            unsafe store(to: mark)
            precondition(member != noIndex, "every request of the table is allowed")
            sum &+= Int(member)
        }
    }
    print("sum", sum)
}

@inline(never)
private func store(to mark: UnsafeMutablePointer<UInt8>) {
    unsafe mark.initialize(to: 1)
}
