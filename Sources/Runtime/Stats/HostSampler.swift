internal import Synchronization

/// Takes samples of the host on a thread of its own, so that no request waits for the system.
///
/// While somebody asks, and for a minute after, a sample a second: an answer is the last one, and
/// costs a lock that is held for the time of a copy. When nobody asks the thread sleeps, and an
/// idle router does nothing. Who asks first then gets no figure of long ago: the thread is woken,
/// and the answer given when the next sample is there, a millisecond later; the loop of the one
/// who asked goes on meanwhile. How busy the processors were is known since the sample before, so
/// that it needs no second look: after a sleep it is the average of that time.
package final class HostSampler: Sendable {
    /// Told of a sample, on the sampler's thread.
    package typealias Receiver = @Sendable (HostSample) -> Void

    private struct State {
        var sample: HostSample?
        /// Milliseconds of the monotonic clock; a start counts as a question.
        var askedAt: UInt64
        var wokenAt: UInt64
        var isAsleep = false
        var isStopping = false
        /// Those who asked when there was nothing fresh to tell.
        var waiting: [Receiver] = []
    }

    private let state: Mutex<State>
    private let times: Times
    private let wakeup = Wakeup()

    /// How often and for how long, in milliseconds.
    package struct Times: Sendable {
        /// From one sample to the next.
        package var interval = Limits.statsIntervalMilliseconds
        /// From the first to the second, before which the use of processors is not known.
        package var firstInterval = Limits.statsFirstIntervalMilliseconds
        /// How old a sample may be that is given as an answer.
        package var fresh = Limits.statsFreshMilliseconds
        /// How long samples are taken after the last question.
        package var patience = Limits.statsPatienceMilliseconds

        package init() {}
    }

    package init(_ times: Times = Times()) {
        let now = Loop.monotonicMilliseconds()
        self.times = times
        state = Mutex(State(askedAt: now, wokenAt: now))
    }

    // MARK: - Asking

    /// The last sample; nil where it is too old, and then `later` is told of the next one.
    package func ask(orLater later: @escaping Receiver) -> HostSample? {
        let now = Loop.monotonicMilliseconds()
        let (sample, wakes) = state.withLock { state -> (HostSample?, Bool) in
            state.askedAt = now
            let wakes = state.isAsleep
            if wakes {
                state.isAsleep = false
                state.wokenAt = now
            }
            // A thread that has been awake for so long without a sample is stuck: what it had then.
            let isDue = now < state.wokenAt + times.fresh
            if let sample = state.sample, now < sample.takenAt + times.fresh || !isDue {
                return (sample, wakes)
            }
            state.waiting.append(later)
            return (nil, wakes)
        }
        if wakes { wakeup.signal() }
        return sample
    }

    /// Whether nobody has asked for so long that no samples are taken.
    package var isAsleep: Bool { state.withLock { $0.isAsleep } }

    // MARK: - Sampling

    /// Starts the thread; it takes the first sample at once.
    package func start(_ reader: HostReader = HostReader()) {
        BackgroundThread.start { [self] in run(reader) }
    }

    /// Ends the thread; what it is about is done first.
    package func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
    }

    private func run(_ reader: HostReader) {
        var reader = reader
        var interval = times.firstInterval
        while true {
            let sample = reader.sample(now: Loop.monotonicMilliseconds())
            let waiting = state.withLock { state -> [Receiver] in
                state.sample = sample
                defer { state.waiting = [] }
                return state.waiting
            }
            for tell in waiting { tell(sample) }
            guard waitForNext(interval) else { return }
            interval = times.interval
        }
    }

    /// Returns when the next sample is due; false where none is wanted any more.
    private func waitForNext(_ interval: UInt64) -> Bool {
        let now = Loop.monotonicMilliseconds()
        let sleeps = state.withLock { state in
            state.isAsleep = now >= state.askedAt + times.patience && state.waiting.isEmpty
            return state.isAsleep
        }
        wakeup.wait(milliseconds: sleeps ? -1 : Int(interval))
        _ = wakeup.take()
        return state.withLock { !$0.isStopping }
    }
}
