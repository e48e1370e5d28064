/// One line of a source with the labels that point into it, in the manner of rustc.
struct SnippetLine {
    /// A row of carets and texts under the line.
    struct Row {
        var text: String
        var isPrimary: Bool
    }

    var file: Int
    /// The number of the line, from 1.
    var number: Int
    var text: String
    var rows: [Row]

    /// Longer lines are cut around their first label.
    private static let maxWidth = 140

    /// The lines that `labels` point into, in the order of the labels.
    static func lines(for labels: [Diagnostic.Label], in pages: [SourcePage]) -> [SnippetLine] {
        var groups: [(file: Int, line: Int, labels: [(Int, Diagnostic.Label)])] = []
        for (order, label) in labels.enumerated() {
            let line = pages[label.span.file].lines.line(of: label.span.start)
            if let known = groups.firstIndex(where: {
                $0.file == label.span.file && $0.line == line
            }) {
                groups[known].labels.append((order, label))
            } else {
                groups.append((label.span.file, line, [(order, label)]))
            }
        }
        return groups.map { group in
            SnippetLine(page: pages[group.file], line: group.line, labels: group.labels)
        }
    }

    private init(page: SourcePage, line: Int, labels: [(Int, Diagnostic.Label)]) {
        let shown = page.shown(line: line)
        var marks = labels.map { order, label in
            let start = shown.column(of: label.span.start)
            let end = shown.column(of: label.span.end)
            return Mark(
                start: start, width: max(1, end - start), text: label.text, isPrimary: order == 0)
        }
        var text = shown.text
        let first = marks.map(\.start).min() ?? 0
        if text.count > SnippetLine.maxWidth {
            let cut = first > SnippetLine.maxWidth / 2 ? first - 40 : 0
            text = Array(text.dropFirst(cut))
            marks = marks.map { $0.shifted(left: cut) }
            if text.count > SnippetLine.maxWidth {
                text = Array(text.prefix(SnippetLine.maxWidth)) + Array("...".unicodeScalars)
            }
            if cut > 0 {
                text.replaceSubrange(0..<3, with: "...".unicodeScalars)
            }
            marks = marks.map { $0.clipped(to: text.count) }
        }
        file = page.file
        number = line + 1
        self.text = String(String.UnicodeScalarView(text))
        rows = SnippetLine.rows(for: marks)
    }

    private struct Mark {
        var start: Int
        var width: Int
        var text: String
        var isPrimary: Bool

        func shifted(left: Int) -> Mark {
            var mark = self
            mark.start = max(0, start - left)
            return mark
        }

        func clipped(to limit: Int) -> Mark {
            var mark = self
            mark.start = min(start, limit)
            mark.width = max(1, min(width, limit - mark.start))
            return mark
        }
    }

    /// Carets in one row with the text of the last mark, the other texts below, last first.
    private static func rows(for marks: [Mark]) -> [Row] {
        let ordered = marks.sorted { $0.start < $1.start }
        guard let last = ordered.last else { return [] }
        var carets: [Character] = []
        // Primary marks are drawn over the others.
        for mark in ordered.filter({ !$0.isPrimary }) + ordered.filter(\.isPrimary) {
            let missing = mark.start + mark.width - carets.count
            carets += [Character](repeating: " ", count: max(0, missing))
            for column in mark.start..<mark.start + mark.width {
                carets[column] = mark.isPrimary ? "^" : "-"
            }
        }
        let isLastFree = ordered.dropLast().allSatisfy { $0.start + $0.width <= last.start }
        var waiting = ordered.filter { !$0.text.isEmpty }
        var row = String(carets)
        let hasPrimary = marks.contains(where: \.isPrimary)
        if isLastFree, !last.text.isEmpty {
            row += " " + last.text
            waiting.removeLast()
        }
        var rows = [Row(text: row, isPrimary: hasPrimary)]
        while let mark = waiting.popLast() {
            let bars = connectors(waiting.map(\.start))
            if rows.count == 1 {
                let all = connectors(waiting.map(\.start) + [mark.start])
                rows.append(Row(text: String(all), isPrimary: mark.isPrimary))
            }
            var line = bars
            line += [Character](repeating: " ", count: max(0, mark.start - bars.count))
            let text = String(line.prefix(mark.start)) + mark.text
            rows.append(Row(text: text, isPrimary: mark.isPrimary))
        }
        return rows
    }

    private static func connectors(_ columns: [Int]) -> [Character] {
        var row = [Character](repeating: " ", count: (columns.max() ?? -1) + 1)
        for column in columns {
            row[column] = "|"
        }
        return row
    }
}
