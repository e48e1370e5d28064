/// A walk over the characters of a JSON string that has been validated (RFC 8259, 7).
struct StringCursor {
    private var offset: Int
    private let end: Int

    /// A walk over the bytes between the quotes.
    init(_ content: ByteRange) {
        offset = Int(content.start)
        end = Int(content.end)
    }

    /// The next Unicode scalar, unescaped, or nil at the end.
    mutating func next(_ body: RawSpan) -> UInt32? {
        guard offset < end else { return nil }
        let byte = body.byte(offset)
        if byte == Ascii.backslash { return escaped(body) }
        if byte < 0x80 {
            offset += 1
            return UInt32(byte)
        }
        let count = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        var scalar = UInt32(byte) & (0x7F >> UInt32(count))
        for index in 1..<count {
            scalar = scalar << 6 | UInt32(body.byte(offset + index) & 0x3F)
        }
        offset += count
        return scalar
    }

    private mutating func escaped(_ body: RawSpan) -> UInt32 {
        let letter = body.byte(offset + 1)
        guard letter == 0x75 else {
            offset += 2
            return StringCursor.meaning(letter)
        }
        let unit = codeUnit(body)
        guard unit & 0xF800 == 0xD800 else { return unit }
        // The other half follows; the scanner made sure of it.
        let low = codeUnit(body)
        return 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
    }

    /// The four digits of an escape that begins at the offset.
    private mutating func codeUnit(_ body: RawSpan) -> UInt32 {
        var unit: UInt32 = 0
        for index in 2..<6 {
            unit = unit << 4 | UInt32(ByteClass.hexadecimal(body.byte(offset + index)))
        }
        offset += 6
        return unit
    }

    /// What a letter behind a backslash stands for.
    private static func meaning(_ letter: UInt8) -> UInt32 {
        switch letter {
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 0x09
        default: UInt32(letter)
        }
    }
}

/// The first characters of a key, as they are and as a careless decoder would see them.
///
/// Folding makes capitals small, and turns into letters the two characters that Unicode's simple
/// case folding turns into ASCII letters: U+017F into `s` and U+212A into `k`. Go's
/// `encoding/json`, for one, matches the keys of a document that way.
struct KeyText {
    private(set) var exact = SIMD2<UInt64>(0, 0)
    private(set) var folded = SIMD2<UInt64>(0, 0)
    /// The number of characters, or 17 where there are more than sixteen.
    private(set) var count = 0

    /// Reads the bytes between the quotes of a key.
    init(_ body: RawSpan, _ content: ByteRange) {
        var cursor = StringCursor(content)
        while let scalar = cursor.next(body) {
            guard count < 16 else {
                count = 17
                return
            }
            guard scalar != 0 else {
                // A decoder in C ends the key here: what is ahead of it must be no known name.
                exact = SIMD2(.max, .max)
                return
            }
            let shift = UInt64(8 * (count & 7))
            exact[count >> 3] |= UInt64(scalar < 0x80 ? UInt8(scalar) : 0xFF) << shift
            folded[count >> 3] |= UInt64(KeyText.fold(scalar)) << shift
            count += 1
        }
    }

    private static func fold(_ scalar: UInt32) -> UInt8 {
        switch scalar {
        case 0x017F: 0x73
        case 0x212A: 0x6B
        case 0..<0x80: ByteClass.folded(UInt8(scalar))
        default: 0xFF
        }
    }
}
