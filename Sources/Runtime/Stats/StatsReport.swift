internal import NIOCore

/// What `GET /stats` says on the admin address: what the current table's spec lets be seen.
struct StatsReport: Sendable {
    let sampler: HostSampler
    let state: ServerState

    /// The JSON object, in a future of `eventLoop`, which does not wait for it.
    func render(on eventLoop: any EventLoop) -> EventLoopFuture<String> {
        let sampled = eventLoop.makePromise(of: HostSample.self)
        if let sample = sampler.ask(orLater: { sampled.succeed($0) }) {
            sampled.succeed(sample)
        }
        let state = state
        return sampled.futureResult.map { StatsText.body($0, state.snapshot.stats) }
    }
}
