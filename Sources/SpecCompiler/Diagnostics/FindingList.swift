/// The findings of a compilation as plain values, for logs.
///
/// Their order is that of the other renderers, and they name no secret either.
public struct FindingList: Sendable {
    /// One finding: what and where, without excerpt and advice.
    public struct Finding: Sendable {
        /// Which rule was broken.
        public var code: DiagnosticCode
        /// How grave it is.
        public var severity: Severity
        /// One phrase, no full stop.
        public var message: String
        /// The name of the source.
        public var file: String
        /// From 1.
        public var line: Int
        /// From 1, in characters.
        public var column: Int

        /// `NAME:LINE:COLUMN`.
        public var place: String { "\(file):\(line):\(column)" }
    }

    /// All of them.
    public let findings: [Finding]

    /// The findings of a compilation.
    public init(_ compilation: Compilation) {
        let sources = compilation.sources
        let redactor = Redactor(sources, for: compilation.diagnostics)
        let indexes = sources.indices.map { file in
            let starts = compilation.diagnostics.map(\.primary.span).filter { $0.file == file }
            return LineIndex(sources[file], upTo: starts.map(\.start).max() ?? 0)
        }
        findings = compilation.diagnostics.map { diagnostic in
            let span = diagnostic.primary.span
            var finding = Finding(
                code: diagnostic.code, severity: diagnostic.severity,
                message: redactor.redacted(diagnostic).message, file: "", line: 1, column: 1)
            if sources.indices.contains(span.file) {
                finding.file = sources[span.file].name
                finding.line = indexes[span.file].line(of: span.start) + 1
                finding.column = indexes[span.file].column(of: span.start) + 1
            }
            return finding
        }
    }
}
