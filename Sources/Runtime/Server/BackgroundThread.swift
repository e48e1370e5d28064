internal import Glibc
internal import Synchronization

/// A thread that runs one function and ends.
package final class BackgroundThread: Sendable {
    private static let lookMicroseconds: UInt32 = 5_000

    /// What the thread takes over: it is used by nobody else.
    private final class Work {
        let body: () -> Void
        let hasEnded: AtomicFlag

        init(_ body: sending @escaping () -> Void, _ hasEnded: AtomicFlag) {
            self.body = body
            self.hasEnded = hasEnded
        }
    }

    private let hasEnded = AtomicFlag()

    private init() {}

    /// Starts it, detached.
    ///
    /// Traps where the system has no thread left: only for the start of the process.
    @discardableResult
    package static func start(_ body: sending @escaping () -> Void) -> BackgroundThread {
        let handle = BackgroundThread()
        let context = unsafe Unmanaged.passRetained(Work(body, handle.hasEnded))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.body()
                work.hasEnded.set()
                return nil
            }, unsafe context.toOpaque())
        precondition(result == 0, "the system has no thread left")
        pthread_detach(thread)
        return handle
    }

    /// Waits for its end, at most `milliseconds`; false where it goes on.
    package func waitForEnd(milliseconds: UInt64) -> Bool {
        let until = Loop.monotonicMilliseconds() + milliseconds
        while !hasEnded.isSet {
            guard Loop.monotonicMilliseconds() < until else { return false }
            usleep(BackgroundThread.lookMicroseconds)
        }
        return true
    }
}

/// A flag that one thread sets and another reads.
package final class AtomicFlag: Sendable {
    private let value = Atomic<Bool>(false)

    package init() {}

    package var isSet: Bool { value.load(ordering: .acquiring) }

    package func set() {
        value.store(true, ordering: .releasing)
    }
}
