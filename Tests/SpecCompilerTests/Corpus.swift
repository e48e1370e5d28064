import Foundation

@testable import SpecCompiler

/// The specs and goldens of the repository, found from where this file was compiled.
enum Corpus {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Whether goldens are to be written anew.
    static let isBlessing = ProcessInfo.processInfo.environment["ROUTERC_BLESS"] == "1"

    /// The names of the specs in `specs/invalid`, without ending, ascending.
    static let invalid: [String] = names(in: "specs/invalid", ending: ".yaml")

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
    let source: SourceFile
    let spec: ResolvedSpec?
    let diagnostics: [Diagnostic]

    init(_ source: SourceFile) {
        var diagnostics: [Diagnostic] = []
        spec = Frontend.run(source, diagnostics: &diagnostics)
        self.source = source
        self.diagnostics = diagnostics
    }

    init(_ text: String) {
        self.init(SourceFile(name: "router.yaml", text: text))
    }

    var text: String { TextRenderer(sources: [source]).render(diagnostics) }
    var json: String { JSONRenderer(sources: [source]).render(diagnostics) }
    var codes: [String] { diagnostics.map(\.code.rawValue) }

    /// The line of a diagnostic, from 1.
    func line(of diagnostic: Diagnostic) -> Int {
        let bytes = source.bytes.prefix(diagnostic.primary.span.start)
        return bytes.count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// The bytes that a diagnostic points at.
    func marked(_ diagnostic: Diagnostic) -> String {
        let span = diagnostic.primary.span
        return String(decoding: source.bytes[span.start..<span.end], as: UTF8.self)
    }
}

/// What a line of a spec says that the compiler will say: `#~ error R101: text`.
struct Expectation: Equatable, CustomStringConvertible {
    var line: Int
    var severity: String
    var code: String
    var prefix: String

    var description: String { "line \(line): \(severity) \(code): \(prefix)" }

    func matches(_ diagnostic: Diagnostic, line other: Int) -> Bool {
        line == other && severity == diagnostic.severity.rawValue
            && code == diagnostic.code.rawValue && diagnostic.message.hasPrefix(prefix)
    }

    /// All expectations of a spec, in order.
    static func all(in source: SourceFile) -> [Expectation] {
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
                        line: index + 1, severity: words[0], code: String(words[1].dropLast()),
                        prefix: prefix))
            }
        }
        return result
    }
}
