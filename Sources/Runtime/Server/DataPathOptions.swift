internal import NIOCore

extension Channel {
    /// Sets what connections of clients and of upstreams have in common; called on their loop.
    ///
    /// At once, not by the options of a bootstrap, which pass through futures: a tenth of the
    /// instructions of a new connection.
    func setDataPathOptions() throws {
        guard let options = syncOptions else { return }
        // One read, then whoever else is ready.
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(
            .writeBufferWaterMark,
            value: .init(low: Limits.writeLowWaterBytes, high: Limits.writeHighWaterBytes))
        // A unix socket has no TCP options.
        try? options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    }
}
