internal import Glibc
internal import Routing
internal import Synchronization

/// Writes access records to standard error on a thread of its own.
///
/// Loops append to their rings and wake the writer only where it sleeps: under load it is awake,
/// and no request pays for a system call. It gathers for a few milliseconds before it writes.
package final class AccessWriter: Sendable {
    private static let gatherMicroseconds: UInt32 = 5_000

    private let rings: [AccessRing]
    private let format: LogFormat
    /// An eventfd: readable when there is something to do.
    private let wakeup: CInt
    private let isAsleep = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let hasStopped = Atomic<Bool>(false)

    package init(loopCount: Int, format: LogFormat) {
        rings = (0..<loopCount).map { _ in AccessRing() }
        self.format = format
        wakeup = LinuxCalls.makeEventCounter()
        precondition(wakeup >= 0, "the system has no descriptor left at start")
    }

    deinit {
        close(wakeup)
    }

    /// The ring of the loop with this index.
    package func ring(ofLoop index: Int) -> AccessRing { rings[index] }

    /// Records that were lost because a ring was full.
    package var lostCount: Int { rings.reduce(0) { $0 + $1.lostCount } }

    /// Called by a loop after it has appended.
    func wake() {
        if isAsleep.exchange(false, ordering: .acquiringAndReleasing) {
            signal()
        }
    }

    /// Starts the thread.
    package func start() {
        BackgroundThread.start { [self] in run() }
    }

    /// Writes what is left and ends the thread; waits for it, at most a second.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        signal()
        for _ in 0..<200 where !hasStopped.load(ordering: .acquiring) {
            usleep(AccessWriter.gatherMicroseconds)
        }
    }

    private func signal() {
        var one: UInt64 = 1
        _ = unsafe write(wakeup, &one, 8)
    }

    private func run() {
        while true {
            let stopping = isStopping.load(ordering: .acquiring)
            if drain() {
                usleep(AccessWriter.gatherMicroseconds)
                continue
            }
            if stopping {
                hasStopped.store(true, ordering: .releasing)
                return
            }
            isAsleep.store(true, ordering: .sequentiallyConsistent)
            // A record that came between the last look and the flag must not wait for the next.
            if drain() {
                isAsleep.store(false, ordering: .relaxed)
                continue
            }
            var count: UInt64 = 0
            _ = unsafe read(wakeup, &count, 8)
            usleep(AccessWriter.gatherMicroseconds)
        }
    }

    /// Writes all records there are; false where there were none.
    private func drain() -> Bool {
        var batch: [UInt8] = []
        for ring in rings {
            while batch.count < 1 << 16, let (entry, texts) = ring.next() {
                batch += AccessWriter.line(entry, texts, format)
            }
        }
        guard !batch.isEmpty else { return false }
        LogLine.write(lines: batch, unless: { isStopping.load(ordering: .acquiring) })
        return true
    }

    /// One record as a line.
    ///
    /// Keys go by their names; paths come without their query.
    package static func line(
        _ entry: AccessEntry, _ texts: AccessTexts, _ format: LogFormat
    ) -> [UInt8] {
        var line = LogLine(
            format, milliseconds: entry.wallMilliseconds, level: "info", message: "request")
        line.add("method", texts.method)
        line.add("path", texts.path)
        line.add("status", number: entry.status)
        if let client = entry.client.text { line.add("client", client) }
        if !texts.key.isEmpty { line.add("key", texts.key) }
        if !texts.model.isEmpty { line.add("model", texts.model) }
        if !texts.pool.isEmpty { line.add("pool", texts.pool) }
        if !texts.endpoint.isEmpty { line.add("endpoint", texts.endpoint) }
        line.add("outcome", "\(entry.outcome)")
        if let error = ProxyError(rawValue: entry.error) {
            line.add("error", "\(error.code)")
        }
        line.add("duration_us", number: entry.durationMicroseconds)
        line.add("first_byte_us", number: entry.firstByteMicroseconds)
        line.add("bytes_in", number: entry.bytesIn)
        line.add("bytes_out", number: entry.bytesOut)
        line.add("generation", number: entry.generation)
        return line.finished()
    }
}
