/// Classes of single bytes: bit masks in constants, so that there is no table to load or to
/// initialize.
enum ByteClass {
    /// Whether a byte is in a set of 128 given as two words.
    @inline(always)
    static func contains(_ low: UInt64, _ high: UInt64, _ byte: UInt8) -> Bool {
        let half = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && half &>> UInt64(byte & 0x3F) & 1 != 0
    }

    /// tchar of RFC 9110, 5.6.2: letters, digits and ``!#$%&'*+-.^_`|~``.
    @inline(always)
    static func isToken(_ byte: UInt8) -> Bool {
        contains(0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE, byte)
    }

    /// A byte of a host name: letters, digits, `-`, `.`, `_` and `~` (unreserved of RFC 3986).
    @inline(always)
    static func isHostName(_ byte: UInt8) -> Bool {
        contains(0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE, byte)
    }

    /// OWS of RFC 9110, 5.6.3: space and tab.
    @inline(always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == Ascii.space || byte == Ascii.tab
    }

    @inline(always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- Ascii.zero < 10
    }

    /// A control character that no field value holds (RFC 9110, 5.5): all but tab.
    @inline(always)
    static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != Ascii.tab || byte == 0x7F
    }

    /// The value of a hexadecimal digit, or a number above 15.
    @inline(always)
    static func hexadecimal(_ byte: UInt8) -> UInt8 {
        let digit = byte &- Ascii.zero
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : 0xFF
    }

    /// A byte with a capital letter made small; other bytes as they are.
    @inline(always)
    static func folded(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

/// The bytes that grammar is made of.
enum Ascii {
    @inline(always) static var tab: UInt8 { 0x09 }
    @inline(always) static var lineFeed: UInt8 { 0x0A }
    @inline(always) static var carriageReturn: UInt8 { 0x0D }
    @inline(always) static var space: UInt8 { 0x20 }
    @inline(always) static var quote: UInt8 { 0x22 }
    @inline(always) static var numberSign: UInt8 { 0x23 }
    @inline(always) static var percent: UInt8 { 0x25 }
    @inline(always) static var asterisk: UInt8 { 0x2A }
    @inline(always) static var plus: UInt8 { 0x2B }
    @inline(always) static var comma: UInt8 { 0x2C }
    @inline(always) static var minus: UInt8 { 0x2D }
    @inline(always) static var dot: UInt8 { 0x2E }
    @inline(always) static var slash: UInt8 { 0x2F }
    @inline(always) static var zero: UInt8 { 0x30 }
    @inline(always) static var nine: UInt8 { 0x39 }
    @inline(always) static var colon: UInt8 { 0x3A }
    @inline(always) static var semicolon: UInt8 { 0x3B }
    @inline(always) static var question: UInt8 { 0x3F }
    @inline(always) static var openBracket: UInt8 { 0x5B }
    @inline(always) static var backslash: UInt8 { 0x5C }
    @inline(always) static var closeBracket: UInt8 { 0x5D }
    @inline(always) static var openBrace: UInt8 { 0x7B }
    @inline(always) static var closeBrace: UInt8 { 0x7D }
    @inline(always) static var delete: UInt8 { 0x7F }

    /// CR LF, as `RawSpan.pair` reads it.
    @inline(always) static var lineEnd: UInt16 { 0x0A0D }
    /// CR LF CR LF, as `RawSpan.quad` reads it.
    @inline(always) static var headEnd: UInt32 { 0x0A0D_0A0D }
}

/// Whether bytes equal a text of small ASCII letters, capitals in the bytes counting as small.
@inline(always)
func equalsFolded(_ bytes: RawSpan, _ range: ByteRange, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    var index = 0
    while index < text.utf8CodeUnitCount {
        let byte = ByteClass.folded(bytes.byte(Int(range.start) &+ index))
        if byte != (unsafe text.utf8Start[index]) { return false }
        index &+= 1
    }
    return true
}

/// Whether bytes equal a text of small ASCII letters, in small letters.
func isExactly(_ bytes: RawSpan, _ range: ByteRange, _ text: StaticString) -> Bool {
    guard equalsFolded(bytes, range, text) else { return false }
    return range.offsets.allSatisfy { bytes.byte($0) == ByteClass.folded(bytes.byte($0)) }
}

/// How often a text of small ASCII letters stands in a run of bytes, capitals in the bytes counting
/// as small.
func mentionCount(_ bytes: RawSpan, _ range: ByteRange, _ text: StaticString) -> Int {
    let count = text.utf8CodeUnitCount
    var mentions = 0
    var start = Int(range.start)
    while start &+ count <= Int(range.end) {
        if equalsFolded(bytes, ByteRange(start, start &+ count), text) { mentions &+= 1 }
        start &+= 1
    }
    return mentions
}
