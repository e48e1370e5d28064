/// What the text before a place looks like, where libyaml cannot say: which brackets are open, and
/// where the value begins that holds the place.
///
/// It looks from the last line that is not indented, and takes a bracket for one only where a
/// value may begin.
struct FlowLook {
    /// The brackets that are open at the place, outermost first.
    private(set) var open: [Int] = []
    /// Where the value begins that holds the place or ends before it.
    private(set) var valueStart: Int
    /// The quote that is open.
    private(set) var quote: UInt8?
    /// Whether a value would begin with the next sign.
    private var isExpecting = true

    init(_ lines: LineTexts, at place: Int) {
        let place = min(place, lines.count)
        var offset = lines.topLevelLine(before: place)
        valueStart = offset
        while offset < place {
            offset = step(lines, offset)
        }
    }

    var isFlow: Bool { !open.isEmpty }

    /// Takes what stands at `offset`; the offset behind it.
    private mutating func step(_ lines: LineTexts, _ offset: Int) -> Int {
        let byte = lines.bytes[offset]
        if let quote { return inQuote(lines, offset, quote) }
        switch byte {
        case 0x0A, 0x0D:
            isExpecting = true
        case 0x20, 0x09:
            break
        case UInt8(ascii: "#") where lines.isBlank(offset - 1):
            return max(lines.end(of: offset), offset + 1)
        case _ where isExpecting:
            begin(lines, offset)
        case UInt8(ascii: ":") where lines.isBlank(offset + 1):
            isExpecting = true
        case UInt8(ascii: ",") where isFlow:
            isExpecting = true
        case UInt8(ascii: "]") where isFlow, UInt8(ascii: "}") where isFlow:
            open.removeLast()
        default:
            break
        }
        return offset + 1
    }

    private mutating func begin(_ lines: LineTexts, _ offset: Int) {
        switch lines.bytes[offset] {
        case UInt8(ascii: "-") where lines.isBlank(offset + 1):
            break
        case UInt8(ascii: ",") where isFlow:
            break
        case UInt8(ascii: "]") where isFlow, UInt8(ascii: "}") where isFlow:
            open.removeLast()
            isExpecting = false
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            valueStart = offset
            open.append(offset)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            valueStart = offset
            quote = lines.bytes[offset]
            isExpecting = false
        default:
            valueStart = offset
            isExpecting = false
        }
    }

    private mutating func inQuote(_ lines: LineTexts, _ offset: Int, _ quote: UInt8) -> Int {
        let byte = lines.bytes[offset]
        if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { return offset + 2 }
        guard byte == quote else { return offset + 1 }
        if quote == UInt8(ascii: "'"), lines.byte(offset + 1) == quote { return offset + 2 }
        self.quote = nil
        return offset + 1
    }
}
