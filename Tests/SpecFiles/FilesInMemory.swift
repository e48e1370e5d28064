public import Foundation
public import SpecCompiler

/// Files by their path, for specs that include others.
public struct FilesInMemory: SpecFolder {
    private var files: [String: [UInt8]]

    /// From paths and bytes.
    public init(_ files: [String: [UInt8]] = [:]) {
        self.files = files
    }

    /// All files below a folder on disk.
    public init(readingFrom folder: URL) throws {
        files = [:]
        let paths = FileManager.default.enumerator(atPath: folder.path)
        for case let path as String in paths ?? .init() {
            let url = folder.appending(path: path)
            if !url.hasDirectoryPath, let data = try? Data(contentsOf: url) {
                files[path] = Array(data)
            }
        }
    }

    /// What a folder holds; nil where no file is below it.
    public func entries(of folder: String) -> [SpecFolderEntry]? {
        let prefix = folder.isEmpty ? "" : folder + "/"
        var entries: [String: Bool] = [:]
        for path in files.keys where path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.count)
            entries[String(rest.prefix { $0 != "/" })] = rest.contains("/")
        }
        if entries.isEmpty && !folder.isEmpty { return nil }
        return entries.map { SpecFolderEntry(name: $0.key, isFolder: $0.value) }
    }

    /// The bytes of a file.
    public func contents(of file: String) throws(SpecFolderFault) -> [UInt8] {
        guard let bytes = files[file] else { throw SpecFolderFault("No such file or directory") }
        return bytes
    }
}
