/// Tells a client that reads slowly from one that has stopped.
///
/// Bytes that wait say little by themselves: a socket takes more only when a third of its buffer is
/// free, and a slow client may need minutes for that. So what the system still holds counts as
/// well. Nothing is asked while answers flow: it is looked a few times in each limit, while
/// something waits.
package struct StallWatch {
    /// A client is given up after so many looks in a row at which it had taken nothing.
    ///
    /// The first look only begins the count, so that a limit is exceeded by one look at most.
    package static let looks: UInt64 = 4

    private var last: Waiting?
    private var vainLooks: UInt64 = 0

    /// Bytes that wait for the client.
    package struct Waiting {
        /// In the router.
        package var buffered: Int
        /// In the socket, counted as the system does: on a unix socket with its own overhead.
        package var inSocket: Int

        package init(buffered: Int, inSocket: Int) {
            self.buffered = buffered
            self.inSocket = inSocket
        }
    }

    package init() {}

    /// Whether something was seen to wait.
    package var isWatching: Bool { last != nil }

    /// Forgets what was seen: something else is waited for.
    package mutating func reset() {
        self = StallWatch()
    }

    /// Whether the client is waited for still, so much waiting now.
    package mutating func goesOn(_ now: Waiting) -> Bool {
        // What has moved into the socket had room there, since the client has taken something.
        let isTaken =
            last.map { now.buffered < $0.buffered || now.inSocket < $0.inSocket } ?? true
        vainLooks = isTaken ? 0 : vainLooks + 1
        last = now
        return vainLooks < StallWatch.looks
    }
}
