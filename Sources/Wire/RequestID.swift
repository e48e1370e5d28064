/// What a request is called that brought no name of its own: 32 hexadecimal digits.
public struct RequestID: Equatable, Sendable, BitwiseCopyable {
    /// The first sixteen digits.
    public var high: UInt64
    /// The others.
    public var low: UInt64

    /// From its halves.
    @inlinable @inline(always)
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The number of digits.
    @inlinable @inline(always)
    public static var digitCount: Int { 32 }

    /// The most bytes of an id that a client has chosen.
    @inlinable @inline(always)
    public static var byteLimit: Int { 128 }

    /// The digits, for logs.
    public var text: String {
        func digits(_ half: UInt64) -> String {
            let text = String(half, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        return digits(high) + digits(low)
    }

    /// Writes the digits.
    @inline(__always)
    public func write(into writer: inout ByteWriter) {
        let place = unsafe writer.claim(RequestID.digitCount)
        let halves = SIMD2<UInt64>(high.bigEndian, low.bigEndian)
        let bytes = unsafe unsafeBitCast(halves, to: SIMD16<UInt8>.self)
        var digits = SIMD32<UInt8>()
        digits.evenHalf = RequestID.digits(bytes &>> 4)
        digits.oddHalf = RequestID.digits(bytes & 0x0F)
        unsafe place.storeBytes(of: digits, as: SIMD32<UInt8>.self)
    }

    /// Whether what a client has chosen can stand in heads and logs, and as a text of JSON.
    ///
    /// That is 1 to `byteLimit` bytes of visible ASCII without quotes, commas and backslashes.
    public static func isUsable(_ text: RawSpan) -> Bool {
        guard text.byteCount > 0, text.byteCount <= byteLimit else { return false }
        for offset in 0..<text.byteCount {
            switch text.byte(offset) {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ","), UInt8(ascii: "\\"):
                return false
            case 0x21...0x7E: continue
            default: return false
            }
        }
        return true
    }

    /// The digits of numbers below 16.
    @inline(__always)
    private static func digits(_ numbers: SIMD16<UInt8>) -> SIMD16<UInt8> {
        let letters: SIMDMask<SIMD16<Int8>> = numbers .> SIMD16<UInt8>(repeating: 9)
        let first = SIMD16<UInt8>(repeating: 0x30)
            .replacing(with: SIMD16<UInt8>(repeating: 0x57), where: letters)
        return numbers &+ first
    }
}

extension HeaderFields {
    /// Marks the fields that only a router may set so as not to be forwarded: `x-routerc-...`.
    public func dropRoutersOwn(in head: RawSpan) {
        var index = 0
        while index < count {
            let name = name(index)
            let start = Int(name.start)
            // A name ends with a colon and its line with CR LF, and ten bytes are there.
            if name.count >= 10, head.word(start) | Lanes.small == Lanes.pack("x-router"),
                head.pair(start &+ 8) | 0x2020 == 0x2D63
            {
                drop(at: index)
            }
            index &+= 1
        }
    }
}
