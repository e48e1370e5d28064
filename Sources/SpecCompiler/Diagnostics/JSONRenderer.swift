internal import TableFormat

/// Renders diagnostics for programs, as one JSON object with a stable shape.
///
/// `version` is 1; members are added within 1 and never change their meaning. Lines and columns
/// count from 1, columns in characters (Unicode scalars), `byte` from 0. The end is exclusive.
public struct JSONRenderer: Sendable {
    /// The sources that spans refer to, in the order of their indices.
    public var sources: [SourceFile]

    /// A renderer for diagnostics in `sources`.
    public init(sources: [SourceFile]) {
        self.sources = sources
    }

    /// The JSON of all diagnostics, one a line, with a line break at the end.
    public func render(_ diagnostics: [Diagnostic]) -> String {
        let redactor = Redactor(sources, for: diagnostics)
        let diagnostics = diagnostics.map(redactor.redacted)
        let indexes = sources.indices.map { file in
            LineIndex(sources[file], upTo: JSONRenderer.lastByte(of: diagnostics, file: file))
        }
        let items = diagnostics.map { item($0, indexes) }
        let errorCount = diagnostics.count { $0.severity == .error }
        let list = items.isEmpty ? "[]" : "[\n" + items.joined(separator: ",\n") + "\n]"
        return "{\"version\":1,\"diagnostics\":\(list),\"errors\":\(errorCount),"
            + "\"warnings\":\(diagnostics.count - errorCount)}\n"
    }

    private static func lastByte(of diagnostics: [Diagnostic], file: Int) -> Int {
        var last = 0
        for diagnostic in diagnostics {
            let labels = [diagnostic.primary] + diagnostic.secondary
            for span in labels.map(\.span) + diagnostic.fixIts.map(\.span) where span.file == file {
                last = max(last, span.end)
            }
        }
        return last
    }

    private func item(_ diagnostic: Diagnostic, _ indexes: [LineIndex]) -> String {
        let labels = ([diagnostic.primary] + diagnostic.secondary).map { label in
            "{\(place(label.span, indexes)),\"text\":\(JSONText.quoted(label.text))}"
        }
        let fixes = diagnostic.fixIts.map { fix in
            "{\(place(fix.span, indexes)),"
                + "\"replacement\":\(JSONText.quoted(fix.replacement)),"
                + "\"applicability\":\(JSONText.quoted(fix.applicability.rawValue))}"
        }
        return [
            "{\"code\":\(JSONText.quoted(diagnostic.code.rawValue))",
            "\"severity\":\(JSONText.quoted(diagnostic.severity.rawValue))",
            "\"message\":\(JSONText.quoted(diagnostic.message))",
            place(diagnostic.primary.span, indexes),
            "\"labels\":[\(labels.joined(separator: ","))]",
            "\"notes\":[\(diagnostic.notes.map(JSONText.quoted).joined(separator: ","))]",
            "\"help\":\(diagnostic.help.map(JSONText.quoted) ?? "null")",
            "\"fixes\":[\(fixes.joined(separator: ","))]}",
        ].joined(separator: ",")
    }

    private func place(_ span: SourceSpan, _ indexes: [LineIndex]) -> String {
        guard sources.indices.contains(span.file) else { return "\"file\":null,\"range\":null" }
        let start = position(span.start, indexes[span.file])
        let end = position(span.end, indexes[span.file])
        let name = JSONText.quoted(sources[span.file].name)
        return "\"file\":\(name),\"range\":{\"start\":\(start),\"end\":\(end)}"
    }

    private func position(_ offset: Int, _ index: LineIndex) -> String {
        "{\"line\":\(index.line(of: offset) + 1),\"column\":\(index.column(of: offset) + 1),"
            + "\"byte\":\(offset)}"
    }
}
