internal import Glibc

/// Signals as values, taken by the control thread; blocked everywhere else.
package enum Signals {
    package enum Received: Sendable {
        case reload
        case stop
        case nothing
    }

    /// Blocks the signals of the control thread.
    ///
    /// Must be called before any thread is made.
    package static func block() {
        var set = controlSet()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for a signal, at most `milliseconds`.
    package static func wait(milliseconds: Int) -> Received {
        var set = controlSet()
        var timeout = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        switch unsafe sigtimedwait(&set, nil, &timeout) {
        case SIGHUP: return .reload
        case SIGTERM, SIGINT: return .stop
        default: return .nothing
        }
    }

    private static func controlSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGHUP)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        return set
    }
}

/// File descriptors of the process.
enum Descriptors {
    /// Raises the limit to the hard one and returns it.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1024
        }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_max)
    }

    /// How many are open now; nil where there is none left to find out with.
    static func openCount() -> Int? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil {
            count += 1
        }
        // Neither `.` and `..` nor the folder itself.
        return count - 3
    }
}
