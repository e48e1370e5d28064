internal import Synchronization

// An endpoint that has said that it has enough for now is asked again when it said, and not before.
// That is no failure: its breaker knows nothing of it.

extension EndpointState {
    /// The longest that one is left alone, in milliseconds, whatever it says.
    package static let limitMillisecondsMax: UInt64 = 3_600_000
    /// How long one is left alone that does not say for how long, in milliseconds.
    package static let limitMillisecondsUsual: UInt64 = 1_000

    /// It has enough until then.
    package func limit(until moment: UInt64) {
        var known = limitedUntil.load(ordering: .relaxed)
        while known < moment {
            let (exchanged, original) = limitedUntil.compareExchange(
                expected: known, desired: moment, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    /// Whether it has ever said so, and nothing more has to be asked where it has not.
    package var mayBeLimited: Bool { limitedUntil.load(ordering: .relaxed) != 0 }

    /// How many milliseconds it is to be left alone; 0 where it can be asked.
    package func limitLeft(at now: UInt64) -> UInt64 {
        let moment = limitedUntil.load(ordering: .relaxed)
        if moment > now { return moment - now }
        if moment != 0 {
            // So that nobody reads the clock for it any more, unless it has just said so again.
            _ = limitedUntil.compareExchange(expected: moment, desired: 0, ordering: .relaxed)
        }
        return 0
    }
}
