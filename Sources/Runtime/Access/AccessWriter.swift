internal import Glibc
internal import Routing
internal import Synchronization
internal import Wire

/// Writes access records to standard error on a thread of its own.
///
/// Loops append to their rings and wake the writer only where it sleeps: under load it is awake,
/// and no request pays for a system call. It gathers for a few milliseconds before it writes.
package final class AccessWriter: Sendable {
    private static let gatherMicroseconds: UInt32 = 5_000

    private let rings: [AccessRing]
    private let format: LogFormat
    private let wakeup = Wakeup()
    private let isAsleep = Atomic<Bool>(false)
    private let isStopping = AtomicFlag()
    private let thread = Mutex<BackgroundThread?>(nil)

    package init(loopCount: Int, format: LogFormat) {
        rings = (0..<loopCount).map { _ in AccessRing() }
        self.format = format
    }

    /// The ring of the loop with this index.
    package func ring(ofLoop index: Int) -> AccessRing { rings[index] }

    /// Records that were lost because a ring was full.
    package var lostCount: Int { rings.reduce(0) { $0 + $1.lostCount } }

    /// Called by a loop after it has appended.
    func wake() {
        if isAsleep.exchange(false, ordering: .acquiringAndReleasing) {
            wakeup.signal()
        }
    }

    /// Starts the thread.
    package func start() {
        thread.withLock { $0 = BackgroundThread.start { [self] in run() } }
    }

    /// Writes what is left and ends the thread; waits for it, at most a second.
    package func stop() {
        isStopping.set()
        wakeup.signal()
        _ = thread.withLock { $0 }?.waitForEnd(milliseconds: Limits.threadEndMilliseconds)
    }

    private func run() {
        while true {
            let stopping = isStopping.isSet
            if drain() {
                usleep(AccessWriter.gatherMicroseconds)
                continue
            }
            if stopping { return }
            isAsleep.store(true, ordering: .sequentiallyConsistent)
            // A record that came between the last look and the flag must not wait for the next.
            if drain() {
                isAsleep.store(false, ordering: .relaxed)
                continue
            }
            wakeup.wait(milliseconds: -1)
            _ = wakeup.take()
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
        LogLine.write(lines: batch, unless: { isStopping.isSet })
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
        if entry.attempts > 1 { line.add("attempts", number: entry.attempts) }
        line.add("outcome", "\(entry.outcome)")
        if let error = ProxyError(rawValue: entry.error) {
            line.add("error", "\(error.code)")
        }
        line.add("duration_us", number: entry.durationMicroseconds)
        line.add("first_byte_us", number: entry.firstByteMicroseconds)
        line.add("bytes_in", number: entry.bytesIn)
        line.add("bytes_out", number: entry.bytesOut)
        line.add("generation", number: entry.generation)
        if let id = texts.requestID.isEmpty ? entry.requestID?.text : texts.requestID {
            line.add("request_id", id)
        }
        return line.finished()
    }
}
