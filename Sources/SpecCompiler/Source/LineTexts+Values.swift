/// Where values end that libyaml could not read.
extension LineTexts {
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
}
