/// The endpoints of the table in service as metrics show them.
///
/// The names of that table alone: an endpoint that goes takes its samples with it.
struct EndpointSamples {
    private let endpoints: EndpointSummary
    private let counts: [HealthCounter.Verdict: UInt64]

    init(_ observed: Observed) {
        endpoints = EndpointSummary(observed)
        counts = observed.health.counts()
    }

    func add(to text: inout MetricsText) {
        let named = endpoints.entries.map { ($0, MetricsText.label("endpoint", $0.name)) }
        text.begin(
            "routerc_endpoint_up", .gauge,
            "Whether an endpoint that is asked whether it is well may get requests.")
        for (entry, label) in named {
            if let health = entry.health { text.add(labels: label, health.isDown ? 0 : 1) }
        }
        text.begin(
            "routerc_endpoint_breaker_open", .gauge,
            "Whether an endpoint is left alone for a while since it has failed.")
        for (entry, label) in named { text.add(labels: label, entry.isOpen ? 1 : 0) }
        text.begin(
            "routerc_endpoint_drains", .gauge,
            "Whether an endpoint gets no new requests, by who says so.")
        for (entry, label) in named {
            let bySpec = MetricsText.label("by", "spec")
            text.add(labels: "\(label),\(bySpec)", entry.drainsBySpec ? 1 : 0)
            let atRunTime = MetricsText.label("by", "run_time")
            text.add(labels: "\(label),\(atRunTime)", entry.drain == nil ? 0 : 1)
        }
        text.begin(
            "routerc_probes_total", .counter,
            "Answers to the question whether an endpoint is well, by what they mean.")
        for verdict in HealthCounter.Verdict.allCases {
            text.add(
                labels: MetricsText.label("result", verdict.rawValue), counts[verdict] ?? 0)
        }
    }
}
