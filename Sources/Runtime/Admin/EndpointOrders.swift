internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import TableFormat

/// What came of an order of an operator about one endpoint.
struct EndpointOutcome: Sendable {
    var entry: EndpointSummary.Entry
    /// For people.
    var words: String

    var json: String { entry.json + "\n" }
    var text: String { words + "\n" }
}

/// Orders of operators: `POST /-/endpoint/drain` and `/-/endpoint/resume`.
///
/// They hold for this process, over swaps of tables, and change nothing of the spec: what it says
/// otherwise is shown as drift.
extension AdminContext {
    /// No new requests for an endpoint, for as long as the request says.
    func drain(_ request: AdminRequest) -> Result<EndpointOutcome, AdminError> {
        let table = observed.state.table
        guard let name = request["endpoint"], let id = table.stableID(ofEndpoint: name) else {
            return .failure(.unknownEndpoint(request["endpoint"] ?? ""))
        }
        let text = request["for"]
        guard let time = text.map({ DrainTime($0) }) ?? .usual else {
            return .failure(.badDrainTime(text ?? ""))
        }
        let drain = EndpointDirectory.Drain(
            name: name,
            endsAt: time.milliseconds.map { Loop.monotonicMilliseconds() + $0 },
            until: time.milliseconds.map { LogLine.wallMilliseconds() + Int64($0) })
        observed.endpoints.drain(id, drain)
        let until = drain.until.map(LogLine.timestamp)
        logger.notice(
            "endpoint drained", metadata: ["endpoint": "\(name)", "until": "\(until ?? "none")"])
        return outcome(name) { entry in
            let words = "\(name) drains until \(until ?? "it is resumed")"
            let count = entry.inFlightCount
            let left = count == 1 ? "1 request is" : "\(count) requests are"
            return words + ", \(left) under way"
                + (entry.drainsBySpec ? "; the spec drains it too" : "")
        }
    }

    /// Takes such an order back.
    func resume(_ request: AdminRequest) -> Result<EndpointOutcome, AdminError> {
        let name = request["endpoint"] ?? ""
        let table = observed.state.table
        // One that has left the table may have an order, too.
        let ordered = observed.endpoints.drains.first { $0.value.name == name }?.key
        guard let id = table.stableID(ofEndpoint: name) ?? ordered else {
            return .failure(.unknownEndpoint(name))
        }
        let wasDrained = observed.endpoints.resume(id)
        if wasDrained {
            logger.notice("endpoint resumed", metadata: ["endpoint": "\(name)"])
        }
        // An order that was given beside it has ended now, so that none is left for later.
        if table.drainsBySpec(id) { return .failure(.drainedBySpec(name)) }
        return outcome(name) { _ in
            wasDrained ? "\(name) gets requests again" : "\(name) did not drain"
        }
    }

    private func outcome(
        _ name: String, _ words: (EndpointSummary.Entry) -> String
    ) -> Result<EndpointOutcome, AdminError> {
        let all = EndpointSummary(observed).entries
        let entry = all.first { $0.name == name } ?? EndpointSummary.Entry(name: name)
        return .success(EndpointOutcome(entry: entry, words: words(entry)))
    }
}

extension LoadedTable {
    /// The stable id of an endpoint; nil where the table has none of that name.
    fileprivate func stableID(ofEndpoint name: String) -> UInt64? {
        withView { view in
            for index in 0..<view.count(EndpointRecord.self)
            where view.text(view.load(EndpointRecord.name, at: index)) == name {
                return view.load(EndpointRecord.stableID, at: index)
            }
            return nil
        }
    }

    /// Whether the spec has taken it out of service.
    fileprivate func drainsBySpec(_ id: UInt64) -> Bool {
        withView { view in
            for index in 0..<view.count(EndpointRecord.self)
            where view.load(EndpointRecord.stableID, at: index) == id {
                return view.load(EndpointRecord.flags, at: index) & EndpointRecord.drainFlag != 0
            }
            return false
        }
    }
}
