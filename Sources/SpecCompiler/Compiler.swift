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

    /// The findings of several specs as one; without tables.
    public init(joining compilations: [Compilation]) {
        self.init(diagnostics: [], sources: [], table: nil)
        for compilation in compilations {
            let shift = sources.count
            sources += compilation.sources
            diagnostics += compilation.diagnostics.map { $0.shifted(by: shift) }
        }
    }

    init(diagnostics: [Diagnostic], sources: [SourceFile], table: [UInt8]?) {
        self.diagnostics = diagnostics
        self.sources = sources
        self.table = table
    }

    /// Whether the spec was refused.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Where a finding points: `NAME:LINE:COLUMN`.
    public func place(of diagnostic: Diagnostic) -> String {
        let span = diagnostic.primary.span
        let source = sources[span.file]
        let lines = LineIndex(source, upTo: span.start)
        return "\(source.name):\(lines.line(of: span.start) + 1)"
            + ":\(lines.column(of: span.start) + 1)"
    }
}

/// The compiler: a spec in, findings and a frozen table out.
///
/// Reads no clock, network, environment.
///
/// Every stage returns what it can and appends what it found, so that one run reports everything.
public enum Compiler {
    /// Finds every mistake of a spec and of what it includes of `folder`.
    public static func check(
        _ source: SourceFile, in folder: any SpecFolder = EmptySpecFolder()
    ) -> Compilation {
        run(source, folder, emits: false)
    }

    /// Finds every mistake of a spec and, if there is no error, lays out its table.
    public static func compile(
        _ source: SourceFile, in folder: any SpecFolder = EmptySpecFolder()
    ) -> Compilation {
        run(source, folder, emits: true)
    }

    /// Finds every mistake of a spec and, if there is no error, what is in force and why.
    public static func effective(
        _ source: SourceFile, in folder: any SpecFolder = EmptySpecFolder()
    ) -> (compilation: Compilation, values: [EffectiveValue]) {
        let front = Frontend(source, in: folder)
        let compilation = Compilation(
            diagnostics: front.diagnostics, sources: front.sources, table: nil)
        guard let spec = front.spec, let document = front.document else { return (compilation, []) }
        return (compilation, EffectiveReader.read(document, spec, front.trees))
    }

    private static func run(
        _ source: SourceFile, _ folder: any SpecFolder, emits: Bool
    ) -> Compilation {
        // Read, decode, include, resolve, check: `Frontend` lists these stages. Errors stop here.
        let (compilation, spec) = read(source, folder)
        var result = compilation
        guard let spec, emits else {
            return result
        }

        // Beyond this point nothing can be the author's fault.
        let places = PlaceFinder(result.sources)
        let files = result.sources.map(\.shownName)
        let plan = Planner.plan(spec, files: files) { places.place(of: $0) }
        let bytes = TableBuilder.build(plan)

        // The reader's own checks: a failure is a mistake of ours, not of the spec.
        if let fault = fault(in: bytes) {
            preconditionFailure("the compiler made a table that it refuses itself: \(fault)")
        }
        result.table = bytes
        return result
    }

    /// Leaves what was written to be freed here, before a table takes its room.
    private static func read(
        _ source: SourceFile, _ folder: any SpecFolder
    ) -> (Compilation, ResolvedSpec?) {
        let front = Frontend(source, in: folder)
        let compilation = Compilation(
            diagnostics: front.diagnostics, sources: front.sources, table: nil)
        return (compilation, front.spec)
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

extension Diagnostic {
    /// The finding among more sources: its own begin at `shift`.
    fileprivate func shifted(by shift: Int) -> Diagnostic {
        var moved = self
        moved.primary.span.file += shift
        for index in moved.secondary.indices {
            moved.secondary[index].span.file += shift
        }
        for index in moved.fixIts.indices {
            moved.fixIts[index].span.file += shift
        }
        return moved
    }
}

/// Lines and columns of spans, as the table keeps them.
private struct PlaceFinder {
    private let lines: [LineIndex]

    init(_ sources: [SourceFile]) {
        lines = sources.map { LineIndex($0, upTo: $0.bytes.count) }
    }

    func place(of span: SourceSpan) -> Place {
        Place(
            line: UInt32(clamping: lines[span.file].line(of: span.start) + 1),
            column: UInt16(clamping: lines[span.file].column(of: span.start) + 1),
            file: UInt16(clamping: span.file))
    }
}
