/// A search for the delimiter of a form (RFC 2046, 5.1.1) that goes on at any byte.
///
/// What is searched for is `--boundary` anywhere, not only behind a line end: elsewhere it must not
/// be, and parsers differ where it is. Vectors look for places where its first and its last byte
/// are right; from there on Knuth, Morris and Pratt count, who never go back, so that the search is
/// linear whatever the bytes and nothing is kept between pieces but counters.
struct MultipartSearch: Sendable {
    /// The most bytes of a boundary (RFC 2046, 5.1.1).
    static var boundaryByteMax: Int { 70 }

    /// `--boundary`.
    private let needle: [UInt8]
    /// For each count of bytes of the needle that were found, less one: how many are found still
    /// when the next one is wrong.
    private let borders: [UInt8]
    /// How many bytes of the needle have been found.
    private var matched = 0
    /// Whether those stand at the start of a line.
    private(set) var isAtLineStart = false
    /// The two bytes ahead of the next one, as `RawSpan.pair` reads them.
    private var last: UInt16 = 0

    /// A search for the delimiter that a boundary makes, or nil where no boundary is like that.
    ///
    /// Blanks at either end are refused: the grammar has none at the end, and parsers trim both.
    init?(boundary: RawSpan) {
        let count = boundary.byteCount
        guard count > 0, count <= MultipartSearch.boundaryByteMax,
            boundary.byte(0) != Ascii.space, boundary.byte(count &- 1) != Ascii.space
        else { return nil }
        var needle: [UInt8] = [Ascii.minus, Ascii.minus]
        needle.reserveCapacity(count &+ 2)
        for index in 0..<count {
            guard MultipartSearch.isBoundary(boundary.byte(index)) else { return nil }
            needle.append(boundary.byte(index))
        }
        var borders = [UInt8](repeating: 0, count: needle.count)
        var border = 0
        for index in 1..<needle.count {
            while border > 0, needle[index] != needle[border] { border = Int(borders[border - 1]) }
            if needle[index] == needle[border] { border += 1 }
            borders[index] = UInt8(border)
        }
        self.needle = needle
        self.borders = borders
    }

    /// Whether the delimiter is anywhere in a short text; apart from the search that is going on.
    func occurs(in text: [UInt8]) -> Bool {
        text.count >= count
            && (0...text.count - count).contains { start in
                text[start..<start + count].elementsEqual(needle)
            }
    }

    /// The number of bytes of the delimiter, without line ends.
    var count: Int { needle.count }

    /// bchars of RFC 2046, 5.1.1: letters, digits, space and `'()+_,-./:=?`.
    private static func isBoundary(_ byte: UInt8) -> Bool {
        ByteClass.contains(0xA7FF_FB81_0000_0000, 0x07FF_FFFE_87FF_FFFE, byte)
    }

    /// The byte of the delimiter at an index.
    func byte(_ index: Int) -> UInt8 { needle[index] }

    /// Begins anew, ahead of bytes that no line end is ahead of.
    mutating func restart() {
        matched = 0
        isAtLineStart = false
        last = 0
    }

    /// Looks at one byte; true where it is the last of a delimiter.
    mutating func step(_ byte: UInt8) -> Bool {
        let needle = needle
        let borders = borders
        return unsafe step(byte, needle.span.bytes, borders.span.bytes)
    }

    @inline(always)
    private mutating func step(_ byte: UInt8, _ needle: RawSpan, _ borders: RawSpan) -> Bool {
        if matched > 0, needle.byte(matched) != byte {
            repeat {
                matched = Int(borders.byte(matched &- 1))
            } while matched > 0 && needle.byte(matched) != byte
            // What is ahead of a shorter match is of the longer one, and so no line end.
            isAtLineStart = false
        }
        if needle.byte(matched) == byte {
            if matched == 0 { isAtLineStart = last == Ascii.lineEnd }
            matched &+= 1
        }
        last = last &>> 8 | UInt16(byte) &<< 8
        return matched == needle.byteCount
    }

    /// Moves an offset behind the next delimiter, or to the end of the piece; true where there is
    /// a delimiter.
    @inline(never)
    mutating func find(_ piece: RawSpan, _ offset: inout Int) -> Bool {
        let needle = needle
        let borders = borders
        // `Span.bytes` counts as unsafe for types with padding; bytes have none.
        let needleBytes = unsafe needle.span.bytes
        let borderBytes = unsafe borders.span.bytes
        var run = self
        var next = offset
        defer {
            self = run
            offset = next
        }
        while next < piece.byteCount {
            if run.matched == 0 {
                let start = next
                MultipartSearch.skip(piece, needleBytes, &next)
                switch next &- start {
                case 0: break
                case 1: run.last = run.last &>> 8 | UInt16(piece.byte(start)) &<< 8
                default: run.last = piece.pair(next &- 2)
                }
                if next == piece.byteCount { return false }
            }
            repeat {
                let isFound = run.step(piece.byte(next), needleBytes, borderBytes)
                next &+= 1
                if isFound { return true }
            } while run.matched > 0 && next < piece.byteCount
        }
        return false
    }

    /// Moves an offset to the next byte where a delimiter may begin, or to the end of the piece.
    @inline(always)
    private static func skip(_ piece: RawSpan, _ needle: RawSpan, _ offset: inout Int) {
        let end = piece.byteCount
        let reach = needle.byteCount &- 1
        let byte = needle.byte(reach)
        while offset &+ reach &+ 16 <= end {
            if Vectors.stop(starts(piece, offset, reach, byte), &offset) { return }
            while offset &+ reach &+ 64 <= end {
                let early =
                    starts(piece, offset, reach, byte)
                    .| starts(piece, offset &+ 16, reach, byte)
                let late =
                    starts(piece, offset &+ 32, reach, byte)
                    .| starts(piece, offset &+ 48, reach, byte)
                let words = Vectors.words(early .| late)
                if words.low | words.high != 0 { break }
                offset &+= 64
            }
        }
        // The last byte of the delimiter would be in a later piece.
        while offset &+ 16 <= end {
            let dashes = Vectors.equal(piece.vector(offset), Ascii.minus)
            if Vectors.stop(dashes, &offset) { return }
        }
        while offset < end, piece.byte(offset) != Ascii.minus { offset &+= 1 }
    }

    /// Lanes with the first byte of the delimiter, and its last byte as far behind as it is.
    @inline(always)
    private static func starts(
        _ piece: RawSpan, _ offset: Int, _ reach: Int, _ byte: UInt8
    ) -> SIMDMask<SIMD16<Int8>> {
        Vectors.equal(piece.vector(offset), Ascii.minus)
            .& Vectors.equal(piece.vector(offset &+ reach), byte)
    }
}
