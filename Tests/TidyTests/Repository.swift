import Foundation

/// The files of this repository, as they lie in the work tree.
enum Repository {
    /// The folder that holds `Package.swift`; symbolic links on the way are followed.
    static let root: URL = URL(fileURLWithPath: #filePath)
        .resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Folders that tools make; `.gitignore` names them too.
    private static func isIgnored(_ name: String) -> Bool {
        [".git", ".build", ".venv", "__pycache__", ".pytest_cache", ".swiftpm"].contains(name)
            || name.hasPrefix(".build-") || name.hasPrefix(".build_")
            || name == "Package.resolved" || name.hasSuffix(".table.tmp")
    }

    /// Every file, sorted by path.
    static func files() throws -> [RepositoryFile] {
        var found: [RepositoryFile] = []
        try collect(folder: "", into: &found)
        return found.sorted { $0.path < $1.path }
    }

    private static func collect(folder: String, into found: inout [RepositoryFile]) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: root.path + "/" + folder) {
            if isIgnored(name) { continue }
            let path = folder.isEmpty ? name : folder + "/" + name
            let absolute = root.path + "/" + path
            let attributes = try manager.attributesOfItem(atPath: absolute)
            switch attributes[.type] as? FileAttributeType {
            case .typeDirectory:
                try collect(folder: path, into: &found)
            case .typeRegular:
                let data = try Data(contentsOf: URL(fileURLWithPath: absolute))
                let permissions = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
                found.append(
                    RepositoryFile(
                        path: path, byteCount: data.count, isExecutable: permissions & 0o111 != 0,
                        text: text(of: data, at: path)))
            default:
                continue
            }
        }
    }

    /// Nil for what is not text: bytes with a zero, or not UTF-8.
    private static func text(of data: Data, at path: String) -> String? {
        data.contains(0) ? nil : String(data: data, encoding: .utf8)
    }
}

/// A file with what the rules look at; tests make their own.
struct RepositoryFile {
    let path: String
    var byteCount = 0
    var isExecutable = false
    /// Nil for a binary file.
    var text: String?

    /// The lines without their ends; a last line that is not ended counts too.
    var lines: [String] {
        var lines = (text ?? "").components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isPython: Bool { path.hasSuffix(".py") }
    var isMarkdown: Bool { path.hasSuffix(".md") }
    var isScript: Bool { text?.hasPrefix("#!") ?? false }
    /// Program text of any language, held to the limits of size.
    var isProgram: Bool { isSwift || isPython || isScript || path == "Makefile" }
    /// Written by the tool, or wrong on purpose: nobody tidies these.
    var isSpecimen: Bool {
        let folders = [
            "golden/", "specs/invalid/", "specs/mistakes/", "Tests/Fuzzing/Corpus/",
            "Tests/Fuzzing/Found/",
        ]
        return folders.contains { path.hasPrefix($0) }
    }

    func finding(line: Int, _ message: String) -> Finding {
        Finding(path: path, line: line, message: message)
    }
}
