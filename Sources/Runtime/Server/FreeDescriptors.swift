internal import Glibc

extension Descriptors {
    /// What an event loop opens: its epoll instance, its timer and its counter.
    static let loopCount = 3
    /// What a server opens at start beside its loops: listeners, counters of threads, files.
    static let startCount = 16
    /// What one loop opens, a socket on it, and libdispatch, with which NIO ends it.
    static let clientCount = 8

    /// Fails where fewer than `count` can be opened now.
    ///
    /// NIO and libdispatch end the process where they find none, without a word to the operator.
    static func require(_ count: Int, for purpose: String) throws(LoadFault) {
        var opened: [CInt] = []
        defer {
            for descriptor in opened { close(descriptor) }
        }
        while opened.count < count {
            let descriptor = LinuxCalls.makeEventCounter()
            guard descriptor >= 0 else {
                throw LoadFault.system(
                    "open the \(count) descriptors that \(purpose) wants (ulimit -n)", errno)
            }
            opened.append(descriptor)
        }
    }
}
