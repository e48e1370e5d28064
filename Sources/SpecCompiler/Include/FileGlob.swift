internal import TableFormat

/// The path of an `include`: relative, each part of it a name or a glob.
///
/// A `*` stands for anything within one part of the path, and not for the dot of a hidden name.
struct FileGlob: Sendable, Hashable {
    /// The parts, from the folder of the spec down.
    let parts: [String]

    enum Fault: Error {
        case absolute
        case upwards
        case emptyPart
        case tooLong
        case control
    }

    static let maxBytes = 1024

    static func parse(_ text: String) -> Result<FileGlob, Fault> {
        if text.hasPrefix("/") || text.hasPrefix("~") { return .failure(.absolute) }
        if text.utf8.count > maxBytes { return .failure(.tooLong) }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return .failure(.control)
        }
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.first == "." { parts.removeFirst() }
        if parts.contains("..") { return .failure(.upwards) }
        if parts.isEmpty || parts.contains("") || parts.contains(".") {
            return .failure(.emptyPart)
        }
        return .success(FileGlob(parts: parts))
    }

    /// Whether it may stand for more than one file.
    var hasStar: Bool { parts.contains { $0.utf8.contains(GlobText.star) } }

    /// What it stands for.
    struct Found {
        /// The files, ascending by the bytes of their paths.
        var paths: [String] = []
        /// Files, and folders on the way, whose names are not UTF-8; so they cannot be read.
        var misnamed: [String] = []
    }

    /// The files it stands for; nil where a folder that it names is missing.
    func files(in folder: any SpecFolder) throws(SpecFolderFault) -> Found? {
        var folders = [""]
        var misnamed: [String] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            var found: [String] = []
            for parent in folders {
                guard let entries = try folder.entries(of: parent) else { continue }
                for entry in entries where entry.isFolder != isLast {
                    guard FileGlob.matches(part, entry.name) else { continue }
                    let path = parent.isEmpty ? entry.name : "\(parent)/\(entry.name)"
                    if entry.isText { found.append(path) } else { misnamed.append(path) }
                }
            }
            if found.isEmpty && misnamed.isEmpty && !isLast { return nil }
            folders = found
        }
        return Found(
            paths: folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            misnamed: misnamed.sorted())
    }

    private static func matches(_ part: String, _ name: String) -> Bool {
        guard part.utf8.contains(GlobText.star) else { return part == name }
        if name.hasPrefix("."), !part.hasPrefix(".") { return false }
        return globMatches(part.utf8Bytes.rawSpan, name.utf8Bytes.rawSpan)
    }
}
