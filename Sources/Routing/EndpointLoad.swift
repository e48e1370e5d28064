/// What strategies compare of an endpoint.
///
/// The formulas stand here alone; docs/balancing.md explains them.
public struct EndpointLoad: Sendable, Equatable {
    /// Requests under way, from the pick to the end of the answer.
    public var inFlight: UInt32
    /// Failures, each worth 1 when it happens and half of it after each `failureHalfLife`.
    public var failures: Float
    /// Peak EWMA of the time to the first byte of an answer, in milliseconds; 0 is not known.
    public var firstByte: Float

    /// Milliseconds in which a failure loses half of its weight.
    @inlinable public static var failureHalfLife: UInt32 { 5_000 }
    /// Milliseconds in which a time to first byte loses half of its weight.
    @inlinable public static var firstByteHalfLife: UInt32 { 2_000 }
    /// As how many requests in flight a fresh failure counts: one that fails fast has none, and
    /// would win every comparison.
    @inlinable public static var failureWeight: Float { 8 }

    /// From its parts; those of an endpoint of which nothing is known without any.
    @inlinable
    public init(inFlight: UInt32 = 0, failures: Float = 0, firstByte: Float = 0) {
        self.inFlight = inFlight
        self.failures = failures
        self.firstByte = firstByte
    }

    /// What `least_busy` compares: requests in flight, and failures as if they were some.
    @inlinable public var busy: Float {
        Float(inFlight) + failures * EndpointLoad.failureWeight
    }

    /// What `adaptive` compares: how long one more request may wait for its first byte.
    ///
    /// Never less than a millisecond a request, so that one that is not known gets some requests,
    /// and not all.
    @inlinable public var cost: Float {
        max(firstByte, 1) * (busy + 1)
    }
}

/// A value that loses half of itself in each half-life, and the moment at which it was right.
///
/// Fits into 64 bits, so that threads can share it in one atomic word.
public struct FadingValue: Sendable, Equatable {
    /// What it was at that moment.
    public var value: Float
    /// Milliseconds of a monotonic clock, the low 32 bits.
    public var at: UInt32

    /// A value that is right at a moment.
    @inlinable
    public init(_ value: Float = 0, at: UInt32 = 0) {
        self.value = value
        self.at = at
    }

    /// From its bits.
    @inlinable
    public init(bits: UInt64) {
        value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
        at = UInt32(truncatingIfNeeded: bits >> 32)
    }

    /// The moment above the value.
    @inlinable public var bits: UInt64 { UInt64(at) << 32 | UInt64(value.bitPattern) }

    /// What is left of it.
    ///
    /// Straight lines between the half-lives in the place of the exponential: at most 6 % above it.
    @inlinable
    public func left(at now: UInt32, halfLife: UInt32) -> Float {
        let elapsed = now &- at
        // A clock read before another thread wrote is a moment behind.
        guard elapsed < 0x8000_0000 else { return value }
        let halves = elapsed / halfLife
        guard halves < 64 else { return 0 }
        let rest = Float(elapsed % halfLife) / Float(halfLife)
        return value * (1 - rest / 2) / Float(UInt64(1) << UInt64(halves))
    }

    /// Adds to what is left.
    @inlinable
    public mutating func add(_ amount: Float, at now: UInt32, halfLife: UInt32) {
        self = FadingValue(left(at: now, halfLife: halfLife) + amount, at: now)
    }

    /// Takes a failure for an answer that took a second, or twice as long as any before it, and a
    /// minute at most: one that fails fast is not fast.
    @inlinable
    public mutating func punish(at now: UInt32) {
        self = FadingValue(min(max(value * 2, 1_000), 60_000), at: now)
    }

    /// Takes a sample into a peak EWMA: a higher one counts at once, a lower one by and by.
    ///
    /// With `w` as the share that is left of the value, the next one is `value * w + sample *
    /// (1 - w)`, as Finagle's load balancer has it.
    @inlinable
    public mutating func observe(_ sample: Float, at now: UInt32, halfLife: UInt32) {
        guard sample < value else {
            self = FadingValue(sample, at: now)
            return
        }
        let share = FadingValue(1, at: at).left(at: now, halfLife: halfLife)
        self = FadingValue(value * share + sample * (1 - share), at: now)
    }
}
