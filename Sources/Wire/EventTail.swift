/// The last bytes of a stream of server-sent events, which tell whether an event is open.
public struct EventTail: Sendable {
    /// The last eight bytes, the last one in the highest lane; a stream begins between events.
    private var word = Lanes.all(0x0A)

    /// Nothing has come.
    public init() {}

    /// Takes note of the next bytes.
    public mutating func follow(_ bytes: RawSpan) {
        let count = bytes.byteCount
        if count >= 8 {
            word = bytes.word(count &- 8)
        } else if count > 0 {
            let bits = UInt64(8 &* count)
            word = word &>> bits | bytes.tailWord(0) &<< (64 &- bits)
        }
    }

    /// Whether the last event has ended with an empty line, or none has begun.
    ///
    /// `behindChunk` says that the line end of a chunk came last, which is none of the stream's. In
    /// front of a chunk of one or two bytes stands another such line end: then nobody can say.
    public func isBetweenEvents(behindChunk: Bool) -> Bool {
        let isTiny =
            (word &>> 16) & 0xFF_FFFF == 0x0A_0D31 || (word &>> 8) & 0xFF_FFFF == 0x0A_0D32
        if behindChunk, isTiny { return false }
        let ends = behindChunk ? word &<< 16 : word
        // The end of a line is LF, CR LF or CR, and the next one is empty.
        return ends &>> 48 == 0x0A0A || ends &>> 48 == 0x0D0D || ends &>> 40 == 0x0A0D0A
    }
}
