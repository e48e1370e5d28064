package import Routing
internal import Synchronization

/// What this process knows of an endpoint, whatever tables it is in; shared by all loops.
///
/// `now` is milliseconds of the monotonic clock.
package final class EndpointState: Sendable {
    private let inFlight = Atomic<UInt32>(0)
    /// Both as the bits of a `FadingValue`.
    private let failures = Atomic<UInt64>(0)
    private let firstByte = Atomic<UInt64>(0)
    /// Failures in a row, and above them the low 32 bits of the time of the first.
    private let failureRun = Atomic<UInt64>(0)
    /// What keeps requests from it, in one word; 0 is nothing.
    ///
    /// Until when its breaker leaves it alone, and bits for what others have found out or ordered.
    private let gate = Atomic<UInt64>(0)
    /// Probes have found it down.
    private static let downBit: UInt64 = 1 << 63
    /// An operator has taken it out of service.
    private static let drainBit: UInt64 = 1 << 62
    private static let untilMask = drainBit - 1
    /// A request is trying whether it is well again.
    private let isOnTrial = Atomic<Bool>(false)

    /// Until when it has enough; 0 where it can be asked (EndpointState+Cooling.swift).
    let limitedUntil = Atomic<UInt64>(0)

    /// Nothing is known yet.
    package init() {}

    /// A request is on its way to it.
    package func began(at now: UInt64) {
        let until = openUntil
        if until != 0, now >= until { isOnTrial.store(true, ordering: .relaxed) }
        let before = inFlight.add(1, ordering: .relaxed).oldValue
        guard before == 0, firstByte.load(ordering: .relaxed) != 0 else { return }
        // What faded while nobody asked stays faded; see `load`.
        update(firstByte, at: now) { value, now in
            value = FadingValue(
                value.left(at: now, halfLife: EndpointLoad.firstByteHalfLife), at: now)
        }
    }

    /// It is answered, has failed, or nobody waits for it any more.
    package func ended() {
        inFlight.subtract(1, ordering: .relaxed)
        // A trial that ends without an answer, since its client has left, makes way for another.
        if isOpen { isOnTrial.store(false, ordering: .relaxed) }
    }

    /// It answers.
    package func succeeded() {
        if failureRun.load(ordering: .relaxed) != 0 { failureRun.store(0, ordering: .relaxed) }
        guard isOpen else { return }
        isOnTrial.store(false, ordering: .relaxed)
        setOpen(until: 0)
    }

    /// Whether nothing at all keeps requests from it, and nothing more has to be asked.
    package var isFree: Bool { gate.load(ordering: .relaxed) == 0 }

    /// Whether a request may go there: it is not down, does not drain, and its breaker lets the
    /// request through, unless that is not to count.
    package func takesRequests(at now: UInt64, evenIfOpen: Bool = false) -> Bool {
        let word = gate.load(ordering: .relaxed)
        guard word & ~EndpointState.untilMask == 0 else { return false }
        return word == 0 || evenIfOpen || isClosed(at: now)
    }

    /// What probes have found: whether it is down.
    package var isDown: Bool {
        get { gate.load(ordering: .relaxed) & EndpointState.downBit != 0 }
        set { set(EndpointState.downBit, newValue) }
    }

    /// What an operator has ordered while the process runs: no new requests.
    package var isDrained: Bool {
        get { gate.load(ordering: .relaxed) & EndpointState.drainBit != 0 }
        set { set(EndpointState.drainBit, newValue) }
    }

    private func set(_ bit: UInt64, _ isSet: Bool) {
        if isSet {
            gate.bitwiseOr(bit, ordering: .relaxed)
        } else {
            gate.bitwiseAnd(~bit, ordering: .relaxed)
        }
    }

    /// Until when its breaker leaves it alone; 0 while that is closed.
    private var openUntil: UInt64 {
        gate.load(ordering: .relaxed) & EndpointState.untilMask
    }

    private func setOpen(until: UInt64) {
        var word = gate.load(ordering: .relaxed)
        while true {
            let next = word & ~EndpointState.untilMask | until & EndpointState.untilMask
            let (exchanged, original) = gate.compareExchange(
                expected: word, desired: next, ordering: .relaxed)
            if exchanged { return }
            word = original
        }
    }

    /// Whether its breaker lets a request through: it is closed, or open for long enough and nobody
    /// is trying.
    package func isClosed(at now: UInt64) -> Bool {
        let until = openUntil
        if until == 0 { return true }
        return now >= until && !isOnTrial.load(ordering: .relaxed)
    }

    /// Whether its breaker is open, and nothing more has to be asked where it is not.
    package var isOpen: Bool { openUntil != 0 }

    /// Requests under way.
    package var inFlightCount: Int { Int(inFlight.load(ordering: .relaxed)) }

    private func countFailure(at now: UInt64, _ breaker: BreakerPolicy) {
        guard !isOpen else {
            // The trial has failed, or one that was under way.
            setOpen(until: now + UInt64(breaker.tryAgain))
            isOnTrial.store(false, ordering: .relaxed)
            return
        }
        let moment = UInt32(truncatingIfNeeded: now)
        var bits = failureRun.load(ordering: .relaxed)
        while true {
            let first = UInt32(truncatingIfNeeded: bits >> 32)
            let count = UInt32(truncatingIfNeeded: bits)
            let goesOn = count > 0 && moment &- first <= breaker.within
            let next = goesOn ? (first, count + 1) : (moment, 1)
            let (exchanged, original) = failureRun.compareExchange(
                expected: bits, desired: UInt64(next.0) << 32 | UInt64(next.1), ordering: .relaxed)
            if exchanged {
                if next.1 >= breaker.errors {
                    failureRun.store(0, ordering: .relaxed)
                    isOnTrial.store(false, ordering: .relaxed)
                    setOpen(until: now + UInt64(breaker.tryAgain))
                }
                return
            }
            bits = original
        }
    }

    /// It could not be reached, broke off, or answered that it cannot serve.
    ///
    /// `breaker` is that of the pool which has asked; nil where this is no reason to leave it
    /// alone.
    package func failed(at now: UInt64, breaker: BreakerPolicy? = nil) {
        if let breaker { countFailure(at: now, breaker) }
        update(failures, at: now) { value, now in
            value.add(1, at: now, halfLife: EndpointLoad.failureHalfLife)
        }
        update(firstByte, at: now) { value, now in value.punish(at: now) }
    }

    /// The first byte of an answer has come after so many milliseconds.
    package func answered(afterMilliseconds milliseconds: UInt64, at now: UInt64) {
        update(firstByte, at: now) { value, now in
            value.observe(
                Float(milliseconds), at: now, halfLife: EndpointLoad.firstByteHalfLife)
        }
    }

    /// What strategies compare.
    ///
    /// The time to first byte fades only while nobody waits for one: an endpoint that has been left
    /// alone is tried again by and by, and by one request, not by all at once.
    package func load(at now: UInt64) -> EndpointLoad {
        let now = UInt32(truncatingIfNeeded: now)
        let count = inFlight.load(ordering: .relaxed)
        let first = FadingValue(bits: firstByte.load(ordering: .relaxed))
        return EndpointLoad(
            inFlight: count,
            failures: FadingValue(bits: failures.load(ordering: .relaxed))
                .left(at: now, halfLife: EndpointLoad.failureHalfLife),
            firstByte: count > 0
                ? first.value : first.left(at: now, halfLife: EndpointLoad.firstByteHalfLife))
    }

    private func update(
        _ word: borrowing Atomic<UInt64>, at now: UInt64,
        _ change: (inout FadingValue, UInt32) -> Void
    ) {
        let now = UInt32(truncatingIfNeeded: now)
        var bits = word.load(ordering: .relaxed)
        while true {
            var value = FadingValue(bits: bits)
            change(&value, now)
            let (exchanged, original) = word.compareExchange(
                expected: bits, desired: value.bits, ordering: .relaxed)
            if exchanged { return }
            bits = original
        }
    }
}
