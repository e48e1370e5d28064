internal import TableFormat

/// What is known of the models of all endpoints at one moment, in order of their names.
struct DiscoverySummary: Sendable {
    /// What is known of one endpoint.
    struct Entry: Sendable {
        var name: String
        var kind: EndpointKind
        var standing: DiscoveryState.Standing
        var failure: DiscoveryFailure?
        var modelCount: Int
        /// Milliseconds of the monotonic clock at which the last list came.
        var foundAt: UInt64?

        init(name: String, kind: EndpointKind, _ state: DiscoveryState) {
            self.name = name
            self.kind = kind
            standing = state.standing
            failure = state.failure
            modelCount = state.models?.models.count ?? 0
            foundAt = state.foundAt
        }
    }

    /// The most endpoints that are named of one standing.
    private static let namedMax = 5

    private let entries: [Entry]
    private let now: UInt64

    init(_ entries: [Entry], at now: UInt64) {
        self.entries = entries.sorted { $0.name < $1.name }
        self.now = now
    }

    /// A list, for `/status`.
    var json: String {
        let objects = entries.map { entry in
            let reason = entry.failure.map { JSONText.quoted($0.rawValue) } ?? "null"
            let age = entry.foundAt.map { String(now > $0 ? now - $0 : 0) } ?? "null"
            return """
                {"endpoint":\(JSONText.quoted(entry.name)),\
                "kind":"\(entry.kind)","state":"\(entry.standing.rawValue)","reason":\(reason),\
                "models":\(entry.modelCount),"age_ms":\(age)}
                """
        }
        return "[\(objects.joined(separator: ","))]"
    }

    /// One line for people, `3 endpoints, 1 without a list (down: unreachable)`; nil where nobody
    /// is asked.
    var text: String? {
        guard !entries.isEmpty else { return nil }
        let parts = [
            part("without a list", .failed), part("with an old list", .stale),
            part("not answered yet", .pending),
        ]
        let whole = entries.count == 1 ? "1 endpoint" : "\(entries.count) endpoints"
        return ([whole] + parts.compactMap(\.self)).joined(separator: ", ")
    }

    /// How many endpoints stand so, and which; nil where none does.
    private func part(_ words: String, _ standing: DiscoveryState.Standing) -> String? {
        let found = entries.filter { $0.standing == standing }
        guard !found.isEmpty else { return nil }
        let named = found.prefix(DiscoverySummary.namedMax).map { entry in
            entry.name + (entry.failure.map { ": \($0.rawValue)" } ?? "")
        }
        let rest = found.count - named.count
        let names = named.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
        return "\(found.count) \(words) (\(names))"
    }
}
