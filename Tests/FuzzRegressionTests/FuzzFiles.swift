import Foundation

/// The files of the fuzz targets.
enum FuzzFiles {
    struct File {
        let path: String
        let bytes: [UInt8]
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzzing")

    static func seeds(of target: String) throws -> [File] {
        try files("Corpus/" + target)
    }

    /// What was found; a target of which nothing was found has no folder.
    static func found(of target: String) throws -> [File] {
        try folders("Found").contains(target) ? files("Found/" + target) : []
    }

    static func folders(_ parent: String) throws -> Set<String> {
        let manager = FileManager.default
        let names = try manager.contentsOfDirectory(atPath: root.appending(path: parent).path)
        // The folder of found cases holds a page that says what they are.
        return Set(names.filter { !$0.hasSuffix(".md") })
    }

    private static func files(_ folder: String) throws -> [File] {
        let place = root.appending(path: folder)
        return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().map {
            File(
                path: folder + "/" + $0,
                bytes: Array(try Data(contentsOf: place.appending(path: $0))))
        }
    }

    /// The tokens of a dictionary of libFuzzer: a quoted text a line, `\\xNN` for a byte.
    static func dictionary(of target: String) throws -> [[UInt8]] {
        let place = root.appending(path: "Dictionaries/\(target).dict")
        let lines = try String(contentsOf: place, encoding: .utf8).split(separator: "\n")
        return lines.filter { $0.hasPrefix("\"") }.map { token(in: $0.dropFirst().dropLast()) }
    }

    private static func token(in text: Substring) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                result.append(byte)
                continue
            }
            guard next == UInt8(ascii: "x") else {
                result.append(next)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            rest = rest.dropFirst(2)
            result.append(UInt8(digits, radix: 16) ?? 0)
        }
        return result
    }
}
