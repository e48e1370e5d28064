internal import NIOCore
internal import NIOPosix
internal import Routing
internal import TableFormat

/// The idle upstream connections of one loop, the latest used first.
final class UpstreamPool {
    private var idle: [[UpstreamConnection]] = []
    /// The most idle connections to one upstream on this loop.
    private let idleMax: Int

    /// The most idle connections on this loop.
    private let totalMax: Int
    private var total = 0

    init(idleMax: Int, totalMax: Int) {
        self.idleMax = idleMax
        self.totalMax = totalMax
    }

    /// An idle connection to the upstream in `slot`, if one is left.
    func take(slot: UInt32, stableID: UInt64) -> UpstreamConnection? {
        let slot = Int(slot)
        guard slot < idle.count else { return nil }
        while let connection = idle[slot].popLast() {
            total -= 1
            // The slot may have been another upstream's.
            if connection.stableID == stableID, connection.isOpen {
                return connection
            }
            connection.isIdle = false
            connection.close()
        }
        return nil
    }

    /// Keeps a connection for the next request on `loop`, the owner of the pool.
    func put(_ connection: UpstreamConnection, on loop: Loop) {
        let slot = Int(connection.slot)
        while idle.count <= slot {
            idle.append([])
        }
        guard connection.isOpen, idle[slot].count < idleMax, total < totalMax, !loop.isStopping
        else {
            connection.close()
            return
        }
        total += 1
        idle[slot].append(connection)
        connection.rest(forMilliseconds: Limits.upstreamIdleMilliseconds)
    }

    /// The connection is closed or closing.
    func forget(_ connection: UpstreamConnection) {
        guard connection.isIdle else { return }
        connection.isIdle = false
        total -= 1
        idle[Int(connection.slot)].removeAll { $0 === connection }
    }

    /// Closes what waits.
    func closeAll() {
        let waiting = idle.flatMap { $0 }
        idle.removeAll()
        total = 0
        for connection in waiting {
            connection.isIdle = false
            connection.close()
        }
    }

    /// Opens a connection for `client`, which is told of it or of the failure.
    ///
    /// `connectMilliseconds` bounds the attempt in the channel too, so that one given up by its
    /// client does not live on.
    func connect(
        slot: UInt32, target: UpstreamTarget, tls: UpstreamTLS?, connectMilliseconds: UInt32,
        client: ClientConnection, attempt: UInt32
    ) {
        guard let address = target.address else {
            client.connectFailed(.upstreamUnreachable, attempt: attempt)
            return
        }
        let loop = client.loop
        let connection = UpstreamConnection(
            slot: slot, stableID: target.stableID, loop: loop)
        let waiting = NIOLoopBound(
            PendingConnect(connection: connection, client: client, attempt: attempt),
            eventLoop: loop.eventLoop)
        let milliseconds =
            connectMilliseconds == noMilliseconds ? 86_400_000 : UInt64(connectMilliseconds) + 1_000
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.milliseconds(Int64(milliseconds)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.setDataPathOptions()
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(tls.makeHandler())
                    }
                    try pipeline.addHandler(waiting.value.connection)
                }
            }
            .connect(to: address)
            .whenComplete { result in
                waiting.value.connected(
                    (try? result.get()) != nil,
                    handshakeMilliseconds: tls == nil ? nil : milliseconds)
            }
    }
}

/// A connection on its way, and who waits for it.
private final class PendingConnect {
    let connection: UpstreamConnection
    private let client: ClientConnection
    private let attempt: UInt32

    init(connection: UpstreamConnection, client: ClientConnection, attempt: UInt32) {
        self.connection = connection
        self.client = client
        self.attempt = attempt
    }

    /// The connection stands, or could not be made; with TLS the handshake is still to come.
    func connected(_ stands: Bool, handshakeMilliseconds: UInt64?) {
        guard stands else {
            client.connectFailed(.upstreamUnreachable, attempt: attempt)
            return
        }
        guard let handshakeMilliseconds else {
            client.connected(connection, attempt: attempt)
            return
        }
        connection.whenSecured(withinMilliseconds: handshakeMilliseconds) { isTrusted in
            if isTrusted {
                self.client.connected(self.connection, attempt: self.attempt)
            } else {
                if let error = self.connection.handshakeError {
                    self.client.handshakeFailed(
                        slot: self.connection.slot, error, attempt: self.attempt)
                }
                self.client.connectFailed(.upstreamNotTrusted, attempt: self.attempt)
            }
        }
    }
}
