import Glibc
import Runtime
import SpecCompiler
import TableFormat

/// What `TABLE|SPEC` arguments name: a table is told by its first bytes.
enum SpecInput {
    /// Reads a spec, or says why not and ends the command.
    static func readSpec(_ path: String) throws -> SourceFile {
        guard let bytes = contents(of: path) else {
            Output.talk("error: cannot read '\(path)': \(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unknown
        }
        return SourceFile(name: path, bytes: bytes)
    }

    /// Shows the findings of a compilation, and ends the command where they hold errors.
    static func report(_ compilation: Compilation) throws {
        let renderer = TextRenderer(
            sources: compilation.sources, color: Output.talkIsColored)
        let text = renderer.render(compilation.diagnostics)
        if !text.isEmpty {
            Output.talk(text)
        }
        if compilation.hasErrors {
            throw ExitStatus.no
        }
    }

    /// A table to look at: mapped from a file, or compiled from a spec.
    static func open(_ path: String) throws -> MappedTable {
        if isTable(path) {
            return try map(.file(path: path), path)
        }
        let compilation = Compiler.compile(try readSpec(path))
        try report(compilation)
        return try map(.bytes(compilation.table ?? []), path)
    }

    private static func map(_ input: TableInput, _ path: String) throws -> MappedTable {
        do throws(LoadFault) {
            return try MappedTable(input)
        } catch {
            Output.talk("error: '\(path)': \(error)")
            throw ExitStatus.unknown
        }
    }

    /// The source of tables for a server: the file, or the spec compiled anew each time.
    static func source(_ path: String) -> TableSource {
        return { () throws(LoadFault) in
            if isTable(path) {
                return .file(path: path)
            }
            guard let bytes = contents(of: path) else {
                throw LoadFault.system("read '\(path)'", errno)
            }
            let compilation = Compiler.compile(SourceFile(name: path, bytes: bytes))
            guard let table = compilation.table else {
                throw LoadFault.spec(summary(of: compilation, path))
            }
            return .bytes(table)
        }
    }

    /// One line for a log: how many errors, and the first of them.
    private static func summary(of compilation: Compilation, _ path: String) -> String {
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        let first = errors.first.map { ", first \($0.code.rawValue): \($0.message)" } ?? ""
        return "'\(path)' has \(errors.count == 1 ? "1 error" : "\(errors.count) errors")\(first)"
    }

    /// Whether the file begins as a table does.
    ///
    /// A file that is neither is taken for a table where it is not text, so that a damaged one is
    /// called that.
    static func isTable(_ path: String) -> Bool {
        guard let start = contents(of: path, limit: 8) else { return false }
        let isYAML = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
        guard start.count == 8 else { return !isYAML }
        var word: UInt64 = 0
        for (index, byte) in start.enumerated() {
            word |= UInt64(byte) << UInt64(index * 8)
        }
        return word == FormatVersion.magic || !isYAML
    }

    private static func contents(of path: String, limit: Int = .max) -> [UInt8]? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(limit, 1 << 18))
        while content.count < min(limit, SourceFile.maxBytes + 1) {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { break }
            content += buffer[..<count]
        }
        return content
    }
}
