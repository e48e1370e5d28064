/// Renders diagnostics for people: message, place, the lines of the spec with carets, notes, help.
///
/// Secrets are masked in the lines and in all texts, whatever a diagnostic says or points at. The
/// text does not depend on a terminal; colors are added where asked for.
public struct TextRenderer: Sendable {
    /// The sources that spans refer to, in the order of their indices.
    public var sources: [SourceFile]
    /// Whether to add ANSI colors.
    public var isColored: Bool

    /// A renderer for diagnostics in `sources`.
    public init(sources: [SourceFile], color isColored: Bool = false) {
        self.sources = sources
        self.isColored = isColored
    }

    /// The text of all diagnostics and a last line that counts them; empty without any.
    public func render(_ diagnostics: [Diagnostic]) -> String {
        guard !diagnostics.isEmpty else { return "" }
        let redactor = Redactor(sources, for: diagnostics)
        let diagnostics = diagnostics.map(redactor.redacted)
        let pages = sources.indices.map {
            SourcePage(
                sources[$0], file: $0, for: diagnostics, hiding: redactor.secrets[$0].ranges)
        }
        var text = ""
        for diagnostic in diagnostics {
            append(diagnostic, pages, to: &text)
            text += "\n"
        }
        return text + TextRenderer.summary(of: diagnostics) + "\n"
    }

    /// "2 errors, 1 warning".
    public static func summary(of diagnostics: [Diagnostic]) -> String {
        let errorCount = diagnostics.count { $0.severity == .error }
        let warningCount = diagnostics.count - errorCount
        var parts: [String] = []
        if errorCount > 0 { parts.append(counted(errorCount, "error")) }
        if warningCount > 0 { parts.append(counted(warningCount, "warning")) }
        return parts.joined(separator: ", ")
    }

    private func append(_ diagnostic: Diagnostic, _ pages: [SourcePage], to text: inout String) {
        let style: Style = diagnostic.severity == .error ? .error : .warning
        let heading = "\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]"
        text += paint(heading, style) + ": " + paint(diagnostic.message, .bold) + "\n"
        let labels = [diagnostic.primary] + diagnostic.secondary
        let shown = labels.filter { pages.indices.contains($0.span.file) }
        let textual = shown.filter { !pages[$0.span.file].isBinary }
        let excerpts = SnippetLine.lines(for: textual, in: pages)
        let width = excerpts.map { String($0.number).count }.max() ?? 1
        let indent = String(repeating: " ", count: width)
        if let first = shown.first {
            let place = pages[first.span.file].place(of: first.span.start)
            let name = visibleLine(sources[first.span.file].name)
            text += indent + paint("-->", .gutter) + " \(name):\(place.line):\(place.column)\n"
        }
        var file = shown.first?.span.file
        for excerpt in excerpts {
            if excerpt.file != file {
                file = excerpt.file
                let name = visibleLine(sources[excerpt.file].name)
                text += indent + paint(":::", .gutter) + " \(name):\(excerpt.number)\n"
            }
            let number = String(excerpt.number)
            let padding = String(repeating: " ", count: width - number.count)
            text += trimmed(paint("\(padding)\(number) |", .gutter) + " " + excerpt.text) + "\n"
            for row in excerpt.rows {
                let painted = paint(row.text, row.isPrimary ? style : .gutter)
                text += trimmed(indent + paint(" |", .gutter) + " " + painted) + "\n"
            }
        }
        for note in diagnostic.notes {
            text += indent + paint(" =", .gutter) + " note: \(note)\n"
        }
        if let help = diagnostic.help {
            text += indent + paint(" =", .gutter) + " help: \(help)\n"
        }
    }

    private func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    private func visibleLine(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            shown.append(contentsOf: visible(scalar))
        }
        return String(shown)
    }

    private enum Style: String {
        case error = "1;31"
        case warning = "1;33"
        case bold = "1"
        case gutter = "34"
    }

    private func paint(_ text: String, _ style: Style) -> String {
        isColored ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
