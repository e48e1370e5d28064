internal import Routing

// What an exchange leaves in the counters of its loop: a few additions at its beginning and end.

extension ClientConnection {
    /// The pool is decided: from here on the exchange is one of the pool's.
    func beginMetrics(_ table: LoadedTable, pool: UInt32) {
        exchange.poolSlot = table.slotOfPool[Int(pool)]
        loop.metrics.began(slot: exchange.poolSlot)
    }

    /// The exchange goes on to another pool, which will count it.
    func endPoolMetrics() {
        loop.metrics.left(slot: exchange.poolSlot)
    }

    /// The exchange is over; `now` is the time of that, in nanoseconds.
    func endMetrics(now: UInt64) {
        var sample = ExchangeSample()
        sample.slot = exchange.poolSlot
        sample.status = exchange.status
        sample.outcome = exchange.outcome
        sample.error = exchange.error
        sample.durationMicroseconds = (now - exchange.began) / 1000
        if exchange.bodyBegan > 0 {
            sample.firstByteMicroseconds = (exchange.bodyBegan - exchange.began) / 1000
        }
        loop.metrics.ended(sample)
    }
}
