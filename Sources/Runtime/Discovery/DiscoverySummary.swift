internal import Synchronization

/// What is known of the models of all endpoints, on one line for people.
///
/// `3 endpoints, 1 without a list (down: unreachable)`. The whole is in `/status` as JSON.
struct DiscoverySummary: CustomStringConvertible {
    /// The most endpoints that are named of one kind.
    private static let namedMax = 5

    /// Names and states.
    private let endpoints: [(name: String, state: DiscoveryState)]

    /// Nil where nobody is asked.
    init?(_ endpoints: [(name: String, state: DiscoveryState)]) {
        guard !endpoints.isEmpty else { return nil }
        self.endpoints = endpoints.sorted { $0.name < $1.name }
    }

    var description: String {
        let count = endpoints.count
        let parts = [
            part("without a list", label: "failed"), part("with an old list", label: "stale"),
            part("not answered yet", label: "pending"),
        ]
        return ([count == 1 ? "1 endpoint" : "\(count) endpoints"] + parts.compactMap(\.self))
            .joined(separator: ", ")
    }

    /// How many endpoints are so, and which; nil where none is.
    private func part(_ words: String, label: String) -> String? {
        let found = endpoints.filter { $0.state.label == label }
        guard !found.isEmpty else { return nil }
        let named = found.prefix(DiscoverySummary.namedMax).map { endpoint in
            endpoint.name + (endpoint.state.failure.map { ": \($0.rawValue)" } ?? "")
        }
        let rest = found.count - named.count
        let names = named.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
        return "\(found.count) \(words) (\(names))"
    }
}

extension ModelDiscovery {
    /// What is known of all endpoints, for people; nil where nobody is asked.
    func summary() -> String? {
        let endpoints = shared.withLock { shared in
            shared.endpoints.values.map { (name: $0.target.name, state: $0.state) }
        }
        return DiscoverySummary(endpoints)?.description
    }
}
