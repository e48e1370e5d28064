import Foundation
import SpecFiles

@testable import SpecCompiler

/// The specs and goldens of the repository, found from where this file was compiled.
enum Corpus {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Whether goldens are to be written anew.
    static let isBlessing = ProcessInfo.processInfo.environment["ROUTERC_BLESS"] == "1"

    /// The names of the specs in `specs/invalid`, without ending, ascending.
    ///
    /// A folder with a `router.yaml` is one, too.
    static let invalid: [String] =
        (names(in: "specs/invalid", ending: ".yaml")
        + names(in: "specs/invalid", ending: "").filter {
            text("specs/invalid/\($0)/router.yaml") != nil
        }).sorted()

    /// The paths below `specs` of specs that compile, ascending.
    static let valid: [String] = {
        var paths = names(in: "specs/examples", ending: ".yaml").map { "examples/\($0).yaml" }
        for topic in names(in: "specs/valid", ending: "") {
            paths += names(in: "specs/valid/\(topic)", ending: ".yaml").map {
                "valid/\(topic)/\($0).yaml"
            }
        }
        return paths
    }()

    static func names(in folder: String, ending: String) -> [String] {
        let path = root.appending(path: folder).path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
            .map { String($0.dropLast(ending.count)) }.sorted()
    }

    /// A spec under the name that goldens show: its path from the root of the repository.
    static func spec(_ path: String) throws -> SourceFile {
        let data = try Data(contentsOf: root.appending(path: path))
        return SourceFile(name: path, bytes: Array(data))
    }

    /// A spec of `specs/invalid` and the files beside it.
    static func invalidSpec(_ name: String) throws -> (SourceFile, FilesInMemory) {
        let folder = "specs/invalid/\(name)"
        guard text("\(folder)/router.yaml") != nil else {
            return (try spec("\(folder).yaml"), FilesInMemory())
        }
        let files = try FilesInMemory(readingFrom: root.appending(path: folder))
        return (try spec("\(folder)/router.yaml"), files)
    }

    static func text(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: root.appending(path: path)) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: root.appending(path: path))
    }
}

/// What a spec gives, and how it looks.
struct Outcome {
    let sources: [SourceFile]
    let spec: ResolvedSpec?
    let diagnostics: [Diagnostic]

    init(_ source: SourceFile, _ folder: FilesInMemory = FilesInMemory()) {
        let front = Frontend(source, in: folder)
        spec = front.spec
        sources = front.sources
        diagnostics = front.diagnostics
    }

    /// A line `#: path` begins another file.
    init(_ text: String) {
        var files: [String: [UInt8]] = [:]
        let parts = ("\n" + text).components(separatedBy: "\n#: ")
        for part in parts.dropFirst() {
            let path = part.prefix { $0 != "\n" }
            files[String(path)] = Array(part.dropFirst(path.count + 1).utf8)
        }
        let root = String(parts[0].dropFirst()) + (parts.count > 1 ? "\n" : "")
        self.init(SourceFile(name: "router.yaml", text: root), FilesInMemory(files))
    }

    var source: SourceFile { sources[0] }
    var text: String { TextRenderer(sources: sources).render(diagnostics) }
    var json: String { JSONRenderer(sources: sources).render(diagnostics) }
    var codes: [String] { diagnostics.map(\.code.rawValue) }

    /// The line of a diagnostic, from 1.
    func line(of diagnostic: Diagnostic) -> Int {
        let span = diagnostic.primary.span
        let bytes = sources[span.file].bytes.prefix(span.start)
        return bytes.count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// The bytes that a diagnostic points at.
    func marked(_ diagnostic: Diagnostic) -> String {
        let span = diagnostic.primary.span
        let source = sources[span.file]
        return String(decoding: source.bytes[span.start..<span.end], as: UTF8.self)
    }
}

/// What a line of a spec says that the compiler will say: `#~ error R101: text`.
struct Expectation: Equatable, CustomStringConvertible {
    var file: Int
    var line: Int
    var severity: String
    var code: String
    var prefix: String

    var description: String { "file \(file), line \(line): \(severity) \(code): \(prefix)" }

    func matches(_ diagnostic: Diagnostic, line other: Int) -> Bool {
        line == other && file == diagnostic.primary.span.file
            && severity == diagnostic.severity.rawValue
            && code == diagnostic.code.rawValue && diagnostic.message.hasPrefix(prefix)
    }

    /// All expectations of the files of a spec, in order.
    static func all(in sources: [SourceFile]) -> [Expectation] {
        sources.indices.flatMap { all(in: sources[$0], file: $0) }
    }

    private static func all(in source: SourceFile, file: Int) -> [Expectation] {
        let text = String(decoding: source.bytes, as: UTF8.self)
        var result: [Expectation] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            for part in line.components(separatedBy: "#~ ").dropFirst() {
                let words = part.split(separator: " ", maxSplits: 2).map(String.init)
                guard words.count == 3 else { continue }
                let prefix = words[2].trimmingCharacters(in: .whitespaces)
                result.append(
                    Expectation(
                        file: file, line: index + 1, severity: words[0],
                        code: String(words[1].dropLast()),
                        prefix: prefix))
            }
        }
        return result
    }
}
