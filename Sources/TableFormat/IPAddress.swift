/// An IP address; IPv4 is kept as IPv6 has it, `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
///
/// So one that came over a socket for both is the same as one that is written with four numbers.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The sixteen bytes, the first in the high end.
    public var bits: UInt128

    /// From its bits.
    public init(bits: UInt128) {
        self.bits = bits
    }

    /// An address of IPv4, the first of its four numbers in the high end.
    public init(v4 number: UInt32) {
        bits = 0xFFFF << 32 | UInt128(number)
    }

    /// Reads `1.2.3.4` or an address of IPv6 without brackets and zone; nil for anything else.
    ///
    /// What recipients are known to read differently is nothing: numbers with leading zeros, fewer
    /// than four of them, hexadecimal ones.
    public init?(_ text: RawSpan) {
        // `ffff:` seven times and four numbers of three digits.
        guard text.byteCount >= 2, text.byteCount <= 45 else { return nil }
        if let number = IPAddress.four(text, from: 0) {
            self.init(v4: number)
        } else if let bits = IPAddress.groups(text) {
            self.init(bits: bits)
        } else {
            return nil
        }
    }

    /// Whether it is one of IPv4.
    public var isIPv4: Bool { bits >> 32 == 0xFFFF }

    /// As people write it: four numbers, or groups with the longest run of zeros left out.
    ///
    /// RFC 5952, and the form that browsers put into origins.
    public var text: String {
        guard !isIPv4 else {
            return (0..<4).map { "\(UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)))" }
                .joined(separator: ".")
        }
        return groupText
    }

    /// In groups, also one of IPv4.
    public var groupText: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        func shown(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let gap = IPAddress.longestZeros(groups)
        guard gap.count > 1 else { return shown(groups[...]) }
        return shown(groups[..<gap.lowerBound]) + "::" + shown(groups[gap.upperBound...])
    }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest
    }

    // MARK: - Reading

    /// Four numbers from `start` to the end.
    private static func four(_ text: RawSpan, from start: Int) -> UInt32? {
        var value: UInt32 = 0
        var offset = start
        for part in 0..<4 {
            if part > 0 {
                guard offset < text.byteCount, text.byte(offset) == UInt8(ascii: ".") else {
                    return nil
                }
                offset += 1
            }
            let first = offset
            var number: UInt32 = 0
            while offset < text.byteCount, offset - first < 3 {
                let digit = text.byte(offset) &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                number = number * 10 + UInt32(digit)
                offset += 1
            }
            guard offset > first, number <= 255 else { return nil }
            guard offset - first == 1 || text.byte(first) != UInt8(ascii: "0") else { return nil }
            value = value << 8 | number
        }
        return offset == text.byteCount ? value : nil
    }

    /// Groups of IPv6, one gap at most, perhaps four numbers at the end (RFC 4291, section 2.2).
    private static func groups(_ text: RawSpan) -> UInt128? {
        var halves = GroupHalves()
        var offset = 0
        if text.byte(0) == UInt8(ascii: ":") {
            guard text.byte(1) == UInt8(ascii: ":") else { return nil }
            halves.hasGap = true
            offset = 2
        }
        while offset < text.byteCount {
            let first = offset
            var group: UInt128 = 0
            while offset < text.byteCount, offset - first < 4,
                let digit = hexadecimal(text.byte(offset))
            {
                group = group << 4 | UInt128(digit)
                offset += 1
            }
            guard offset > first else { return nil }
            guard offset < text.byteCount else {
                halves.append(group)
                break
            }
            if text.byte(offset) == UInt8(ascii: ".") {
                guard let tail = four(text, from: first) else { return nil }
                halves.append(UInt128(tail >> 16))
                halves.append(UInt128(tail & 0xFFFF))
                break
            }
            halves.append(group)
            guard halves.count <= 8, text.byte(offset) == UInt8(ascii: ":") else { return nil }
            offset += 1
            // A colon at the end is none, unless it is the second of a gap.
            guard offset < text.byteCount else { return nil }
            if text.byte(offset) == UInt8(ascii: ":") {
                guard !halves.hasGap else { return nil }
                halves.hasGap = true
                offset += 1
            }
        }
        return halves.bits
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}

/// Groups before and behind the gap of an address.
private struct GroupHalves {
    var hasGap = false
    private var front: UInt128 = 0
    private var back: UInt128 = 0
    private var frontCount = 0
    private var backCount = 0

    var count: Int { frontCount + backCount }

    mutating func append(_ group: UInt128) {
        if hasGap {
            back = back << 16 | group
            backCount += 1
        } else {
            front = front << 16 | group
            frontCount += 1
        }
    }

    /// All sixteen bytes; nil where there are too many groups or too few.
    var bits: UInt128? {
        guard hasGap ? count <= 7 : count == 8 else { return nil }
        return front << (16 * (8 - frontCount)) | back
    }
}
