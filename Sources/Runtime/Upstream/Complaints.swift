internal import Logging
internal import NIOCore
internal import Synchronization

/// Warnings about upstreams, each upstream's at most once in ten seconds.
///
/// What a client is told names no address and no reason; the operator needs both. Shared by the
/// loops; taken when something has failed, never by a request that goes well.
final class Complaints: Sendable {
    private let logger: Logger
    /// By slot.
    private let silentUntil = Mutex<[UInt32: NIODeadline]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// A TLS handshake has failed: a certificate nobody trusts, another name, no TLS at all.
    ///
    /// `endpoint` is the one that was asked, where that is still known.
    func handshakeFailed(slot: UInt32, host: String, endpoint: String?, _ error: any Error) {
        let now = NIODeadline.now()
        let isDue = silentUntil.withLock { silent in
            guard now >= silent[slot] ?? now else { return false }
            silent[slot] = now + .milliseconds(Int64(Limits.silenceMilliseconds))
            return true
        }
        guard isDue else { return }
        var values: Logger.Metadata = ["host": "\(host)", "reason": "\(HandshakeFault(error))"]
        if let endpoint { values["endpoint"] = "\(endpoint)" }
        logger.warning("upstream TLS handshake failed", metadata: values)
    }
}
