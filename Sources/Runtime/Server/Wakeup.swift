internal import Glibc

/// What a thread waits on while it has nothing to do: an eventfd.
///
/// Signals that come together are one.
final class Wakeup: Sendable {
    /// Can be read from the first signal until it is taken.
    let descriptor: CInt

    init() {
        descriptor = LinuxCalls.makeEventCounter()
        precondition(descriptor >= 0, "the system has no descriptor left at start")
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the thread that waits, or will.
    func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Whether somebody has signaled since the last time.
    func take() -> Bool {
        var count: UInt64 = 0
        return unsafe read(descriptor, &count, 8) == 8
    }

    /// Waits for a signal, at most `milliseconds`, and without an end where that is negative.
    ///
    /// It may return sooner.
    func wait(milliseconds: Int) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, CInt(clamping: milliseconds))
    }
}
