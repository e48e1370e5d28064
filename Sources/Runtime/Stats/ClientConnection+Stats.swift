internal import NIOCore
internal import TableFormat

// `GET /stats` for clients.

extension ClientConnection {
    /// Answers with the last sample of the host, or when the next is there.
    func answerStats(_ table: LoadedTable) {
        let began = exchange.began
        let eventLoop = loop.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sample = loop.sampler.ask { sample in
            eventLoop.execute { bound.value.finishStats(sample, began: began) }
        }
        if let sample {
            answer(with: sample, table)
        }
    }

    /// Answers the exchange that waited for a sample, if it still does.
    private func finishStats(_ sample: HostSample, began: UInt64) {
        guard machine.state == .admitting, exchange.began == began, let table = exchange.table
        else { return }
        answer(with: sample, table)
    }

    private func answer(with sample: HostSample, _ table: LoadedTable) {
        let text = StatsText.body(sample, table.stats)
        answer(status: "200 OK", body: ByteBuffer(string: text))
    }
}
