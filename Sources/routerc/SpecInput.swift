import Glibc
import Runtime
import SpecCompiler
import TableFormat

/// What `TABLE|SPEC` arguments name: a table is told by its first bytes.
///
/// An argument may be a pipe, as in `<(...)`, which is waited for and read once.
enum SpecInput {
    /// What an argument turned out to be.
    enum Given {
        case table(TableInput)
        case spec(SourceFile)
    }

    /// Reads what `path` names, a table in a file excepted; or says why not and ends the command.
    static func given(_ path: String) throws -> Given {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            let start = contents(of: path, limit: startCount) ?? []
            return isTable(start, path)
                ? .table(.file(path: path)) : .spec(try readSpec(path))
        }
        let source = try readSpec(path)
        return isTable(source.bytes.prefix(startCount), path)
            ? .table(.bytes(source.bytes)) : .spec(source)
    }

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
        switch try given(path) {
        case .table(let input):
            return try map(input, path)
        case .spec(let source):
            let compilation = Compiler.compile(source, in: DiskFolder(of: path))
            try report(compilation)
            return try map(.bytes(compilation.table ?? []), path)
        }
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
            let source: SourceFile
            do throws(ReadFault) {
                // A pipe could keep the control thread waiting for ever.
                if isTable(try readRegularFile(path, upTo: startCount), path) {
                    return .file(path: path)
                }
                let bytes = try readRegularFile(path, upTo: SourceFile.maxBytes + 1)
                source = SourceFile(name: path, bytes: bytes)
            } catch {
                guard case .system(let code) = error else { throw LoadFault.notAFile(path) }
                throw LoadFault.system("read '\(path)'", code)
            }
            let compilation = Compiler.compile(source, in: DiskFolder(of: path))
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

    /// How many bytes tell a table from a spec.
    private static let startCount = 4096

    /// Whether what begins so is taken for a table: as one does, or as no text does, so that a
    /// damaged table is called that.
    private static func isTable(_ start: some Collection<UInt8>, _ path: String) -> Bool {
        guard start.count >= 8 else {
            let isNamedSpec = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
            return start.isEmpty && !isNamedSpec
        }
        return beginsAsTable(start) || start.contains(0)
    }

    /// Whether bytes have the magic number of a table.
    static func beginsAsTable(_ bytes: some Collection<UInt8>) -> Bool {
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
