import Glibc
import SpecCompiler
import TableFormat

/// Any bytes as a spec: the compiler says what is wrong and where, or makes a table.
///
/// It traps on a table that it refuses itself, so that a table that comes is one that validates.
enum YAMLCheck {
    /// What a spec of up to 64 KiB may take, in seconds of CPU time, with sanitizers on.
    private static let cpuSecondLimit = 5.0

    static func run(_ bytes: [UInt8]) throws(Mismatch) {
        let started = clock()
        let source = SourceFile(name: "spec.yaml", bytes: bytes)
        let compilation = Compiler.compile(source)
        for diagnostic in compilation.diagnostics {
            try checkPlaces(diagnostic, byteCount: bytes.count)
            try require(
                !compilation.place(of: diagnostic).isEmpty, "a finding has no place")
        }
        let hasTable = compilation.table != nil
        try require(hasTable != compilation.hasErrors, "neither errors nor a table, or both")
        let checked = Compiler.check(source)
        try require(
            checked.diagnostics == compilation.diagnostics, "checking and compiling differ")
        if let table = compilation.table { try checkTable(table) }

        // Both renderings read the source at every span.
        let text = TextRenderer(sources: compilation.sources).render(compilation.diagnostics)
        let json = JSONRenderer(sources: compilation.sources).render(compilation.diagnostics)
        let isShown = !text.isEmpty && !json.isEmpty
        try require(isShown || compilation.diagnostics.isEmpty, "a finding is not shown")
        let seconds = Double(clock() - started) / Double(CLOCKS_PER_SEC)
        let isQuick = seconds < cpuSecondLimit
        try require(isQuick || bytes.count > 1 << 16, "\(bytes.count) bytes take \(seconds) s")
    }

    private static func checkPlaces(
        _ diagnostic: Diagnostic, byteCount: Int
    ) throws(Mismatch) {
        let spans =
            [diagnostic.primary.span] + diagnostic.secondary.map(\.span)
            + diagnostic.fixIts.map(\.span)
        for span in spans {
            try requireEqual(span.file, 0, "the file of \(diagnostic.code)")
            let isInside = span.start >= 0 && span.start <= span.end && span.end <= byteCount
            try require(isInside, "\(diagnostic.code) is at \(span.start)..<\(span.end)")
        }
        try require(!diagnostic.message.isEmpty, "\(diagnostic.code) says nothing")
    }

    private static func checkTable(_ table: [UInt8]) throws(Mismatch) {
        do throws(TableFault) {
            try TableValidator<SHA256Digesting>.validate(table.rawSpan)
        } catch {
            throw Mismatch("the table is refused: \(error)")
        }
        let view = TableView(validated: table.rawSpan)
        try require(!TableDump.lines(view).isEmpty, "a dump is empty")
    }
}
