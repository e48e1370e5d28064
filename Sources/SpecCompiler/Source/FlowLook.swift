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

extension LineTexts {
    /// Whether nothing, a space or a line break stands at a place.
    func isBlank(_ offset: Int) -> Bool {
        [nil, 0x20, 0x09, 0x0A, 0x0D].contains(byte(offset))
    }

    /// The last line up to `place` that begins with a sign of its own.
    fileprivate func topLevelLine(before place: Int) -> Int {
        var line = start(of: place)
        for _ in 0..<10_000 {
            guard isBlank(line) || byte(line) == UInt8(ascii: "#") || isClosing(line) else { break }
            let before = start(of: max(line - 1, 0))
            guard before < line else { break }
            line = before
        }
        return line
    }

    private func isClosing(_ line: Int) -> Bool {
        byte(line) == UInt8(ascii: "]") || byte(line) == UInt8(ascii: "}")
            || byte(line) == UInt8(ascii: "-")
    }

    /// Where a value ends that was meant as one text and begins at `start`, in its line.
    ///
    /// In flow style commas and brackets end it, but for those between brackets of its own.
    func valueEnd(_ start: Int, isFlow: Bool) -> Int {
        let line = start..<textEnd(start)
        guard isFlow else { return line.upperBound }
        return flowEnd(line, countsBrackets: true) ?? flowEnd(line, countsBrackets: false)
            ?? line.upperBound
    }

    /// Nil where a bracket of the value is not closed.
    private func flowEnd(_ range: Range<Int>, countsBrackets: Bool) -> Int? {
        var depth = 0
        var end = range.lowerBound
        scan: while end < range.upperBound {
            switch bytes[end] {
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += countsBrackets ? 1 : 0
            case UInt8(ascii: ")") where depth > 0:
                depth -= 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 0 { break scan }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                break scan
            case UInt8(ascii: "\\"):
                end += 1
            default:
                break
            }
            end += 1
        }
        guard depth == 0 else { return nil }
        end = min(end, range.upperBound)
        while end > range.lowerBound, isBlank(end - 1) { end -= 1 }
        return end
    }

    /// Where the text of a line ends from `start`, without a comment and the spaces before it.
    func textEnd(_ start: Int) -> Int {
        let lineEnd = end(of: start)
        var end = start
        while end < lineEnd, bytes[end] != UInt8(ascii: "#") || end == start || !isBlank(end - 1) {
            end += 1
        }
        while end > start, isBlank(end - 1) { end -= 1 }
        return end
    }
}
