internal import Digest
internal import TableFormat

/// What a run of the compiler gives: findings, the sources they point into, and maybe a table.
public struct Compilation: Sendable {
    /// All findings, sorted by place.
    public var diagnostics: [Diagnostic]
    /// What spans refer to, the root spec first.
    public var sources: [SourceFile]
    /// The bytes of the table; nil where there are errors, or no table was asked for.
    public var table: [UInt8]?

    /// Whether the spec was refused.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// The compiler: a spec in, findings and a frozen table out.
///
/// Reads no clock, network, environment.
///
/// Every stage returns what it can and appends what it found, so that one run reports everything.
public enum Compiler {
    /// Finds every mistake of a spec.
    public static func check(_ source: SourceFile) -> Compilation {
        run(source, emits: false)
    }

    /// Finds every mistake of a spec and, if there is no error, lays out its table.
    public static func compile(_ source: SourceFile) -> Compilation {
        run(source, emits: true)
    }

    private static func run(_ source: SourceFile, emits: Bool) -> Compilation {
        var diagnostics: [Diagnostic] = []

        // Read, decode, resolve, check: `Frontend` lists these stages. Errors stop here.
        let spec = Frontend.run(source, diagnostics: &diagnostics)
        var result = Compilation(diagnostics: diagnostics, sources: [source], table: nil)
        guard let spec, emits else {
            return result
        }

        // Beyond this point nothing can be the author's fault.
        let places = PlaceFinder(source)
        let plan = Planner.plan(spec, files: [source.baseName]) { places.place(of: $0) }
        let bytes = TableBuilder.build(plan)

        // The reader's own checks: a failure is a mistake of ours, not of the spec.
        if let fault = fault(in: bytes) {
            preconditionFailure("the compiler made a table that it refuses itself: \(fault)")
        }
        result.table = bytes
        return result
    }

    private static func fault(in table: [UInt8]) -> TableFault? {
        do throws(TableFault) {
            try TableValidator<SHA256Digesting>.validate(table.rawSpan)
            return nil
        } catch {
            return error
        }
    }
}

/// Lines and columns of spans, as the table keeps them.
private struct PlaceFinder {
    private let lines: LineIndex

    init(_ source: SourceFile) {
        lines = LineIndex(source, upTo: source.bytes.count)
    }

    func place(of span: SourceSpan) -> Place {
        Place(
            line: UInt32(clamping: lines.line(of: span.start) + 1),
            column: UInt16(clamping: lines.column(of: span.start) + 1),
            file: UInt16(clamping: span.file))
    }
}

extension SourceFile {
    /// Its name without folders, which differ from machine to machine.
    fileprivate var baseName: String {
        name.lastIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
    }
}
