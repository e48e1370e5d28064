/// Who may import whom: the table of `docs/ARCHITECTURE.md` as data.
///
/// The package manifest says what a target *can* import; this says what it *may*. Standard library
/// modules that need no entry: `Swift` itself. What is not listed is against the law.
struct ImportLaw {
    /// What a folder of `Sources` may import.
    struct Layer {
        let name: String
        let mayImport: [String]
    }

    /// A module that one target only may import, and how many of its files may do so.
    struct Guarded {
        let module: String
        let target: String
        let fileCountMax: Int
    }

    let layers: [Layer]
    /// Folders of `Sources` that hold a module map and a shim only.
    let systemLibraries: [String]
    /// What any test target may import beside our own targets.
    let testsMayImport: [String]
    /// Folders of `Tests` that several test targets share.
    let testSupport: [String]
    let guarded: [Guarded]

    static let routerc = ImportLaw(
        layers: [
            Layer(name: "TableFormat", mayImport: []),
            Layer(name: "Wire", mayImport: []),
            Layer(name: "Digest", mayImport: ["Crypto"]),
            Layer(name: "Pattern", mayImport: ["CPCRE2"]),
            // Glibc: to read a file and to publish one (temp, fsync, rename).
            Layer(
                name: "SpecCompiler",
                mayImport: ["CLibYAML", "Digest", "Glibc", "Pattern", "TableFormat"]),
            Layer(name: "Routing", mayImport: ["Pattern", "TableFormat"]),
            Layer(
                name: "Runtime",
                mayImport: [
                    "CLibCurl", "CLinux", "Digest", "Glibc", "Logging",
                    "NIOConcurrencyHelpers", "NIOCore",
                    "NIOEmbedded", "NIOHTTP1", "NIOPosix", "NIOSSL", "NIOTLS", "Pattern",
                    "Routing", "Synchronization", "TableFormat", "Wire",
                ]),
            Layer(
                name: "routerc",
                mayImport: [
                    "ArgumentParser", "Digest", "Glibc", "Logging", "Pattern", "Routing",
                    "Runtime", "SpecCompiler", "Synchronization", "TableFormat", "Wire",
                ]),
        ],
        systemLibraries: ["CLibCurl", "CLibYAML", "CLinux", "CPCRE2"],
        testsMayImport: [
            "Foundation", "Glibc", "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOEmbedded",
            "NIOHTTP1", "NIOPosix", "NIOSSL", "Synchronization", "Testing",
        ],
        testSupport: ["Fuzzing", "RandomNumbers", "ReferenceParsers", "SpecFiles"],
        guarded: [
            Guarded(module: "CLibYAML", target: "SpecCompiler", fileCountMax: 1),
            Guarded(module: "CPCRE2", target: "Pattern", fileCountMax: 1),
            Guarded(module: "CLibCurl", target: "Runtime", fileCountMax: 1),
            Guarded(module: "CLinux", target: "Runtime", fileCountMax: 1),
            Guarded(module: "Crypto", target: "Digest", fileCountMax: 1),
        ])

    /// Every breach of the law in these files, sorted.
    func findings(in files: [RepositoryFile]) -> [Finding] {
        let sources = files.filter(\.isSwift)
        return (sources.flatMap(findings(in:)) + crowds(in: sources)).sorted()
    }

    private func findings(in file: RepositoryFile) -> [Finding] {
        let folders = file.path.split(separator: "/").map(String.init)
        guard folders.count >= 3, let text = file.text else { return [] }
        guard let allowed = allowed(tree: folders[0], target: folders[1]) else {
            return folders[0] == "Sources"
                ? [file.finding(line: 1, "target \(folders[1]) is not in the law of imports")]
                : []
        }
        return Import.all(in: text).compactMap { statement in
            if statement.isExported {
                return file.finding(
                    line: statement.line, "\(statement.module) must not be exported again")
            }
            if allowed.contains(statement.module) || statement.module == "Swift" { return nil }
            return file.finding(
                line: statement.line, "\(folders[1]) may not import \(statement.module)")
        }
    }

    /// What a target may import, or nil when the law does not know the target.
    private func allowed(tree: String, target: String) -> [String]? {
        switch tree {
        case "Sources": layers.first { $0.name == target }?.mayImport
        case "Tests": testsMayImport + testSupport + layers.map(\.name)
        default: nil
        }
    }

    /// More files than one that import a guarded module.
    private func crowds(in files: [RepositoryFile]) -> [Finding] {
        guarded.flatMap { guarded in
            let importers = files.filter { file in
                file.path.hasPrefix("Sources/\(guarded.target)/")
                    && Import.all(in: file.text ?? "").contains { $0.module == guarded.module }
            }
            return importers.dropFirst(guarded.fileCountMax).map { file in
                file.finding(
                    line: 1,
                    "\(guarded.module) is imported by \(importers[0].path) already, and one file is"
                        + " enough")
            }
        }
    }
}

/// One import statement.
struct Import: Equatable {
    let module: String
    let line: Int
    var isExported = false

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
    ]
    private static let levels: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    /// Every import of a Swift source, whatever stands before or after the word.
    static func all(in source: String) -> [Import] {
        var found: [Import] = []
        for (index, line) in SwiftText(source).code.enumerated() {
            for statement in line.split(separator: ";") {
                if let module = module(in: statement) {
                    found.append(
                        Import(
                            module: module, line: index + 1,
                            isExported: statement.contains("@_exported")))
                }
            }
        }
        return found
    }

    /// The module that a statement imports, or nil when it is no import.
    private static func module(in statement: Substring) -> String? {
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        while let word = words.first, word.hasPrefix("@") || levels.contains(word) {
            words.removeFirst()
        }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
        guard let path = words.first, let module = path.split(separator: ".").first else {
            return nil
        }
        return module.filter { $0 != "`" }
    }
}
