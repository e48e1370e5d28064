import RandomNumbers
import Testing

@testable import Wire

/// Looking at eight bytes at once gives what looking at each would.
struct LanesTests {
    /// Checks a mask against a predicate on bytes: its lowest lane, or every lane where it is
    /// exact.
    private func check(
        _ word: UInt64, _ mask: UInt64, isExact: Bool = false, _ predicate: (UInt8) -> Bool
    ) {
        let lanes = (0..<8).filter { predicate(UInt8(truncatingIfNeeded: word >> UInt64(8 * $0))) }
        #expect((mask != 0) == !lanes.isEmpty)
        #expect(mask & ~Lanes.high == 0)
        if let first = lanes.first, mask != 0 { #expect(Lanes.first(mask) == first) }
        if isExact {
            #expect(mask == lanes.reduce(UInt64(0)) { $0 | 0x80 << UInt64(8 * $1) })
        }
    }

    @Test func predicatesHoldForEveryByteInEveryLane() {
        var generator = SplitMix(seed: 5)
        for byte in UInt8.min...UInt8.max {
            for lane in 0..<8 {
                let others: UInt64 = generator.next()
                let hole = ~(0xFF << UInt64(8 * lane)) as UInt64
                let word = others & hole | UInt64(byte) << UInt64(8 * lane)
                check(word, Lanes.equal(word, 0x22)) { $0 == 0x22 }
                check(word, Lanes.below(word, 0x21)) { $0 < 0x21 }
                check(word, Lanes.letters(word), isExact: true) {
                    Character(UnicodeScalar($0)).isLetter && $0 < 0x80
                }
                check(word, Lanes.differs(word, 0x2D), isExact: true) { $0 != 0x2D }
                let alone = UInt64(byte) << UInt64(8 * lane)
                check(alone, Lanes.zero(alone)) { $0 == 0 }
            }
        }
    }

    @Test func wordsEndWhereTheSpanDoes() {
        let bytes: [UInt8] = Array(1...20)
        for count in 0...20 {
            let part = Array(bytes[..<count])
            for offset in 0...count {
                var expected: UInt64 = 0
                for index in (offset..<min(count, offset + 8)).reversed() {
                    expected = expected << 8 | UInt64(part[index])
                }
                #expect(part.raw.wordOrTail(offset) == expected)
            }
        }
    }

    @Test func classesOfBytesAreTheirGrammar() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(UnicodeScalar(byte))
            let isWord = byte < 0x80 && (character.isLetter || character.isNumber)
            #expect(ByteClass.isToken(byte) == (isWord || "!#$%&'*+-.^_`|~".contains(character)))
            #expect(ByteClass.isHostName(byte) == (isWord || "-._~".contains(character)))
            #expect(ByteClass.isDigit(byte) == "0123456789".contains(character))
            let digit = byte < 0x80 ? character.hexDigitValue : nil
            #expect((ByteClass.hexadecimal(byte) < 16) == (digit != nil))
            if let digit { #expect(Int(ByteClass.hexadecimal(byte)) == digit) }
            let isCapital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(character)
            #expect(ByteClass.folded(byte) == (isCapital ? byte + 32 : byte))
        }
    }
}
