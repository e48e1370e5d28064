/// A conflict that a merge left in a text: the lines of both sides between marks of seven signs.
///
/// Of a whole one the first side is read, so that the rest of the file is checked too.
struct MergeConflict {
    /// From the first mark to the last.
    let span: SourceSpan
    /// Takes out the marks and the other side.
    let deletions: [Diagnostic.FixIt]

    /// The conflicts of a text that have all their marks, in order.
    static func find(in lines: LineTexts) -> [MergeConflict] {
        guard hasMark(lines) else { return [] }
        var found: [MergeConflict] = []
        var (start, middle): (Int?, Int?) = (nil, nil)
        var line: Int? = lines.firstLine
        while let current = line {
            switch mark(at: current, in: lines) {
            case UInt8(ascii: "<"):
                (start, middle) = (current, nil)
            case UInt8(ascii: "|") where start != nil && middle == nil,
                UInt8(ascii: "=") where start != nil && middle == nil:
                middle = current
            case UInt8(ascii: ">"):
                if let start, let middle {
                    found.append(MergeConflict(lines, start, middle, current))
                }
                (start, middle) = (nil, nil)
            default: break
            }
            line = lines.line(after: current)
        }
        return found
    }

    private init(_ lines: LineTexts, _ start: Int, _ middle: Int, _ last: Int) {
        span = lines.span(start, lines.end(of: last))
        let next = lines.line(after: last) ?? lines.count
        deletions = [
            .init(lines.span(start, lines.line(after: start) ?? start), "", .maybeIncorrect),
            .init(lines.span(middle, next), "", .maybeIncorrect),
        ]
    }

    /// The sign of the mark that a line is.
    static func mark(at line: Int, in lines: LineTexts) -> UInt8? {
        guard let sign = lines.byte(line), "<=>|".utf8.contains(sign),
            (1..<7).allSatisfy({ lines.byte(line + $0) == sign })
        else {
            return nil
        }
        let behind = lines.byte(line + 7)
        let isEnd = behind == nil || behind == 0x0A || behind == 0x0D
        return isEnd || (behind == 0x20 && sign != UInt8(ascii: "=")) ? sign : nil
    }

    /// Whether a line begins with the first mark; most files hold none, and no line is looked at.
    private static func hasMark(_ lines: LineTexts) -> Bool {
        var rest = lines.bytes[...]
        while let sign = rest.firstIndex(of: UInt8(ascii: "<")) {
            let isFirst = sign == lines.firstLine || lines.byte(sign - 1) == 0x0A
            if isFirst, mark(at: sign, in: lines) != nil { return true }
            rest = lines.bytes[(sign + 1)...]
        }
        return false
    }

    /// What is said of it.
    var diagnostic: Diagnostic {
        var first = span
        first.end = first.start + 7
        return .mergeMark(at: first)
    }
}

extension LineTexts {
    /// Where the first line begins.
    var firstLine: Int { start(of: 0) }

    /// Where the line behind that of an offset begins.
    func line(after offset: Int) -> Int? {
        guard let lineFeed = bytes[min(offset, count)...].firstIndex(of: 0x0A), lineFeed + 1 < count
        else {
            return nil
        }
        return lineFeed + 1
    }
}

extension Diagnostic {
    /// A mark of a conflict, alone or the first of a whole one.
    static func mergeMark(at span: SourceSpan, _ fixes: [FixIt] = []) -> Diagnostic {
        Diagnostic(
            .syntax, "this is not YAML: a conflict of a merge was left in the file",
            at: Label(span, "a mark of the conflict"),
            help: "resolve the conflict: keep one side, and delete the lines <<<<<<<, ======= "
                + "and >>>>>>>", fixIts: fixes)
    }
}
