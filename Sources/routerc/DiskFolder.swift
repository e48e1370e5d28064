import Glibc
import Runtime
import SpecCompiler

/// The folder of a spec on disk: what the spec may include.
///
/// Nothing outside of it is read: a symbolic link that leads out is refused, wherever it stands in
/// the path.
struct DiskFolder: SpecFolder {
    private let root: String

    /// The folder that the spec at `path` stands in.
    init(of path: String) {
        guard let slash = path.lastIndex(of: "/") else {
            root = "."
            return
        }
        root = slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func entries(of folder: String) throws(SpecFolderFault) -> [SpecFolderEntry]? {
        guard let path = try realPath(folder) else { return nil }
        return try DiskEntry.all(of: path)?.map {
            SpecFolderEntry(name: $0.name, isFolder: $0.isFolder, isText: $0.isText)
        }
    }

    func contents(of file: String) throws(SpecFolderFault) -> [UInt8] {
        guard let path = try realPath(file) else {
            throw DiskFolder.fault(ENOENT)
        }
        do throws(ReadFault) {
            return try readRegularFile(path, upTo: SourceFile.maxBytes + 1)
        } catch {
            throw SpecFolderFault(error.reason)
        }
    }

    /// Where a path of the folder leads; nil where there is nothing.
    private func realPath(_ path: String) throws(SpecFolderFault) -> String? {
        guard let base = DiskFolder.resolve(root) else { throw DiskFolder.fault(errno) }
        guard !path.isEmpty else { return base }
        guard let real = DiskFolder.resolve("\(base)/\(path)") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DiskFolder.fault(errno)
        }
        guard real.hasPrefix(base == "/" ? "/" : base + "/") else {
            throw SpecFolderFault("it is a link that leads out of the folder of the spec")
        }
        return real
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func fault(_ code: CInt) -> SpecFolderFault {
        SpecFolderFault(unsafe String(cString: strerror(code)))
    }
}
