/// Looks at the first bytes of a body, as they come, for the beginning of a JSON object.
public struct ObjectStart: Sendable {
    /// What was found.
    public enum Finding: Equatable, Sendable {
        /// More bytes are needed.
        case undecided
        /// The body begins with `{`, and a member or the end of the object follows.
        case object(isEmpty: Bool)
        /// Anything else.
        case other
    }

    private var isInside = false

    /// Nothing has been looked at.
    public init() {}

    /// Looks at the next bytes.
    public mutating func look(_ bytes: RawSpan) -> Finding {
        for offset in 0..<bytes.byteCount {
            switch bytes.byte(offset) {
            case UInt8(ascii: "{") where !isInside: isInside = true
            case UInt8(ascii: "\"") where isInside: return .object(isEmpty: false)
            case UInt8(ascii: "}") where isInside: return .object(isEmpty: true)
            case 0x20, 0x09, 0x0A, 0x0D: if !isInside { return .other }
            default: return .other
            }
        }
        return .undecided
    }
}
