internal import Wire

/// Makes the ids of the requests of one loop.
///
/// No two of a loop are the same, and those of others begin elsewhere in 2^128. Costs no call: they
/// tell requests apart and are no secrets.
struct RequestIDs {
    private var high: UInt64
    private var low: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        high = generator.next()
        low = generator.next()
    }

    /// The next one: two steps of SplitMix64, which meets each number once.
    @inline(__always)
    mutating func next() -> RequestID {
        high &+= 0x9E37_79B9_7F4A_7C15
        low &+= 0x9E37_79B9_7F4A_7C15
        return RequestID(high: RequestIDs.mixed(high), low: RequestIDs.mixed(low))
    }

    @inline(__always)
    private static func mixed(_ state: UInt64) -> UInt64 {
        var bits = state
        bits = (bits ^ bits &>> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits &>> 31
    }
}

/// What an exchange is called in its record, upstream and in its answer.
enum ExchangeID {
    /// One of ours.
    case ours(RequestID)
    /// The client's own: where it stands in the head of the request.
    case clients(ByteRange)
}
