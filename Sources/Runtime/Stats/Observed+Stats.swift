internal import NIOCore

extension Observed {
    /// What `GET /stats` says on the admin address: what the current table's spec lets be seen.
    ///
    /// In a future of `eventLoop`, which does not wait for it.
    func stats(on eventLoop: any EventLoop) -> EventLoopFuture<String> {
        let sampled = eventLoop.makePromise(of: HostSample.self)
        if let sample = sampler.ask(orLater: { sampled.succeed($0) }) {
            sampled.succeed(sample)
        }
        let state = state
        return sampled.futureResult.map { StatsText.body($0, state.table.stats) }
    }
}
