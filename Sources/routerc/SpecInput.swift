import Glibc
import Runtime
import SpecCompiler
import TableFormat

/// What `TABLE|SPEC` arguments name: a table is told by its first bytes.
enum SpecInput {
    /// Reads a spec, or says why not and ends the command.
    static func readSpec(_ path: String) throws -> SourceFile {
        guard let bytes = contents(of: path) else { throw unreadable(path) }
        return SourceFile(name: path, bytes: bytes)
    }

    /// Says that a file cannot be read, by `errno`; what then ends the command.
    static func unreadable(_ path: String) -> ExitStatus {
        Output.talk("error: cannot read '\(path)': \(unsafe String(cString: strerror(errno)))")
        return .unknown
    }

    /// The findings of a compilation for people; empty without any.
    static func text(of compilation: Compilation) -> String {
        TextRenderer(sources: compilation.sources, color: Output.talkIsColored)
            .render(compilation.diagnostics)
    }

    /// Shows the findings of a compilation, and ends the command where they hold errors.
    static func report(_ compilation: Compilation) throws {
        let text = self.text(of: compilation)
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
        let compilation = Compiler.compile(try readSpec(path), in: DiskFolder(of: path))
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
    ///
    /// `explain` is given the findings of a spec that is refused.
    static func source(
        _ path: String, explain: @escaping @Sendable (Compilation) -> Void
    ) -> TableSource {
        return { () throws(LoadFault) in
            // A pipe could keep the control thread waiting for ever.
            guard isRegularFile(path) else {
                throw LoadFault.notAFile(path)
            }
            if isTable(path) {
                return .file(path: path)
            }
            guard let bytes = contents(of: path) else {
                throw LoadFault.system("read '\(path)'", errno)
            }
            let compilation = Compiler.compile(
                SourceFile(name: path, bytes: bytes), in: DiskFolder(of: path))
            guard let table = compilation.table else {
                explain(compilation)
                throw LoadFault.spec(summary(of: compilation, path))
            }
            return .bytes(table)
        }
    }

    /// One line for a log: how many errors, and the first of them.
    private static func summary(of compilation: Compilation, _ path: String) -> String {
        let errors = FindingList(compilation).findings.filter { $0.severity == .error }
        let first =
            errors.first.map { ", first \($0.code.rawValue) at \($0.place): \($0.message)" } ?? ""
        return "'\(path)' has \(errors.count == 1 ? "1 error" : "\(errors.count) errors")\(first)"
    }

    /// Whether it is a file, or missing, which opening it will tell.
    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether a file is taken for a table: it begins as one does, or it is no text, so that a
    /// damaged table is called that.
    static func isTable(_ path: String) -> Bool {
        guard let start = contents(of: path, limit: 4096) else { return false }
        guard start.count >= 8 else {
            let isNamedSpec = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
            return start.isEmpty && !isNamedSpec
        }
        return beginsAsTable(start) || start.contains(0)
    }

    /// Whether bytes have the magic number of a table.
    static func beginsAsTable(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8 else { return false }
        var word: UInt64 = 0
        for (index, byte) in bytes.prefix(8).enumerated() {
            word |= UInt64(byte) << UInt64(index * 8)
        }
        return word == FormatVersion.magic
    }

    static func contents(of path: String, limit: Int = .max) -> [UInt8]? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return contents(ofDescriptor: descriptor, limit: limit)
    }

    /// What can be read from a descriptor; nil, with `errno`, where reading fails.
    static func contents(ofDescriptor descriptor: CInt, limit: Int = .max) -> [UInt8]? {
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
