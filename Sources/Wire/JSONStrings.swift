/// The insides of JSON strings (RFC 8259, 7 and RFC 3629, 4).
enum JSONStrings {
    /// The offset of the first byte that is not plain ASCII text: a quote, a backslash, a control
    /// character, a byte above 0x7F, or the end.
    @inline(always)
    static func plainEnd(_ body: RawSpan, _ start: Int) -> Int {
        let end = body.byteCount
        var offset = start
        // Keys and short values end in the first vectors, prompts go on.
        while offset &+ 32 <= end {
            if Vectors.stop(stops(body.vector(offset)), &offset) { return offset }
            if Vectors.stop(stops(body.vector(offset)), &offset) { return offset }
            while offset &+ 64 <= end {
                let early = stops(body.vector(offset)) .| stops(body.vector(offset &+ 16))
                let late = stops(body.vector(offset &+ 32)) .| stops(body.vector(offset &+ 48))
                let words = Vectors.words(early .| late)
                if words.low | words.high != 0 { break }
                offset &+= 64
            }
        }
        if offset &+ 16 <= end, Vectors.stop(stops(body.vector(offset)), &offset) { return offset }
        while offset < end, isPlain(body.byte(offset)) { offset &+= 1 }
        return offset
    }

    /// Lanes that are not plain text.
    @inline(always)
    private static func stops(_ vector: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        Vectors.belowOrWide(vector, 0x20) .| Vectors.equal(vector, Ascii.quote)
            .| Vectors.equal(vector, Ascii.backslash)
    }

    @inline(always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != Ascii.quote && byte != Ascii.backslash
    }

    /// The end of a run of characters above U+007F: the offset of the first that is below, that has
    /// not all come, or that is no UTF-8.
    ///
    /// No UTF-8 are overlong forms, surrogates, and what is above U+10FFFF (RFC 3629, 4).
    @inline(never)
    static func wideRun(_ body: RawSpan, _ start: Int) -> (end: Int, isValid: Bool) {
        let end = body.byteCount
        var offset = start
        while offset < end {
            let lead = body.byte(offset)
            if lead < 0x80 { break }
            let count: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xBF
            switch lead {
            case 0xC2...0xDF: count = 2
            case 0xE0: (count, low) = (3, 0xA0)
            case 0xED: (count, high) = (3, 0x9F)
            case 0xE1...0xEF: count = 3
            case 0xF0: (count, low) = (4, 0x90)
            case 0xF1...0xF3: count = 4
            case 0xF4: (count, high) = (4, 0x8F)
            default: return (offset, false)
            }
            guard offset &+ count <= end else { break }
            let second = body.byte(offset &+ 1)
            guard second >= low, second <= high else { return (offset, false) }
            if count > 2, body.byte(offset &+ 2) & 0xC0 != 0x80 { return (offset, false) }
            if count > 3, body.byte(offset &+ 3) & 0xC0 != 0x80 { return (offset, false) }
            offset &+= count
        }
        return (offset, true)
    }

    /// The number of bytes of the escape at an offset, or 0 where it has not all come.
    @inline(never)
    static func escapeCount(_ body: RawSpan, _ start: Int) throws(JSONFault) -> Int {
        guard start &+ 2 <= body.byteCount else { return 0 }
        switch body.byte(start &+ 1) {
        case Ascii.quote, Ascii.backslash, Ascii.slash, 0x62, 0x66, 0x6E, 0x72, 0x74: return 2
        case 0x75: return try unicodeCount(body, start)
        default: throw .invalidEscape
        }
    }

    /// The number of bytes of the escape of a code point, or 0 where it has not all come.
    @inline(never)
    private static func unicodeCount(_ body: RawSpan, _ start: Int) throws(JSONFault) -> Int {
        guard start &+ 6 <= body.byteCount else { return 0 }
        guard let unit = codeUnit(body, start &+ 2) else { throw .invalidEscape }
        switch unit {
        case 0xD800..<0xDC00:
            guard start &+ 12 <= body.byteCount else { return 0 }
            guard body.byte(start &+ 6) == Ascii.backslash, body.byte(start &+ 7) == 0x75,
                let low = codeUnit(body, start &+ 8), low >= 0xDC00, low < 0xE000
            else { throw .loneSurrogate }
            return 12
        case 0xDC00..<0xE000: throw .loneSurrogate
        default: return 6
        }
    }

    /// The value of four hexadecimal digits, or nil.
    private static func codeUnit(_ body: RawSpan, _ start: Int) -> UInt32? {
        var unit: UInt32 = 0
        for index in 0..<4 {
            let digit = ByteClass.hexadecimal(body.byte(start &+ index))
            guard digit < 16 else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
