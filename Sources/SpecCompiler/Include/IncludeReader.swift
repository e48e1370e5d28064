/// Reads the files that a spec includes, and makes one document of all of them.
///
/// A file that cannot be read or understood is reported and hides no other.
struct IncludeReader {
    private let folder: any SpecFolder
    /// Where each file was included, by its path from the folder of the root.
    private var includedAt: [String: SourceSpan] = [:]
    private(set) var sources: [SourceFile]
    private var trees: [NodeTree]
    private var findings: Findings
    private var document: SpecDocument
    /// The names of files that are left out.
    private let skipped: MatcherSet
    /// What comes before the relative path in the names that people see.
    private let shownPrefix: String
    private var byteCount: Int

    /// The most files of a spec: more than a folder for each of a thousand pools.
    static let maxFiles = 10_000

    /// Adds to `document` what its includes define, and to `sources` and `trees` where that stands.
    static func read(
        into document: inout SpecDocument, from folder: any SpecFolder,
        sources: inout [SourceFile], trees: inout [NodeTree], findings: inout Findings
    ) {
        guard !document.includes.isEmpty else { return }
        var reader = IncludeReader(document, folder, sources, trees, findings)
        for include in document.includes {
            reader.read(include)
        }
        document = reader.document
        sources = reader.sources
        trees = reader.trees
        findings = reader.findings
    }

    private init(
        _ document: SpecDocument, _ folder: any SpecFolder, _ sources: [SourceFile],
        _ trees: [NodeTree], _ findings: Findings
    ) {
        self.document = document
        self.folder = folder
        self.sources = sources
        self.trees = trees
        self.findings = findings
        skipped = MatcherSet(document.skip.files)
        let root = sources[0].name
        let cut = root.lastIndex(of: "/").map { root.index(after: $0) } ?? root.startIndex
        shownPrefix = String(root[..<cut])
        byteCount = sources[0].bytes.count
    }

    private mutating func read(_ include: SpecDocument.Include) {
        guard let files = files(of: include) else {
            document.isWhole = false
            return
        }
        switch include.kind {
        case .specs(let mayDefine):
            for path in files {
                readSpec(path, include, mayDefine ?? SpecDocument.Include.definedByDefault)
            }
        case .traefik(let credential, let allowsLiterals):
            var joined = TraefikFile()
            for path in files {
                readTraefik(path, include, allowsLiterals, &joined)
            }
            TraefikJoin.add(joined, credential, to: &document, &findings)
        }
    }

    /// The paths of an include that are not skipped; nil where they cannot be told.
    private mutating func files(of include: SpecDocument.Include) -> [String]? {
        let found: FileGlob.Found?
        do throws(SpecFolderFault) {
            found = try include.glob.value.files(in: folder)
        } catch {
            findings.add(.unreadable("the folder of an include", error, at: include.glob.span))
            return nil
        }
        // What is skipped in silence may be the file that everybody relies on.
        let misnamed = found?.misnamed ?? []
        for path in misnamed where !skipped.matches(FileName.last(of: path)) {
            findings.add(.misnamed(path, at: include.glob.span))
            document.isWhole = false
        }
        let root = sources[0].shownName
        let others = (found?.paths ?? []).filter { $0 != root || !include.glob.value.hasStar }
        if others.isEmpty, misnamed.isEmpty, !include.mayBeEmpty {
            findings.add(.nothingFound(include, isFolderMissing: found == nil))
            return nil
        }
        return others.filter { !skipped.matches(FileName.last(of: $0)) }
    }

    /// The source of a file that was not read before; adds it to the sources.
    private mutating func source(_ path: String, _ include: SpecDocument.Include) -> SourceFile? {
        let isRoot = path == sources[0].shownName
        if isRoot || includedAt[path] != nil {
            let earlier = isRoot ? nil : includedAt[path]
            findings.add(.includedTwice(path, at: include.glob.span, earlier: earlier))
            return nil
        }
        includedAt[path] = include.glob.span
        // Said of the file that was one too many; the others are not read into memory for nothing.
        guard byteCount <= SourceFile.maxBytes else { return nil }
        guard sources.count < IncludeReader.maxFiles else {
            if sources.count == IncludeReader.maxFiles {
                findings.add(.tooManyFiles(at: include.glob.span))
            }
            document.isWhole = false
            return nil
        }
        let bytes: [UInt8]
        do throws(SpecFolderFault) {
            bytes = try folder.contents(of: path)
        } catch {
            findings.add(.unreadable(quoted(path), error, at: include.glob.span))
            document.isWhole = false
            return nil
        }
        byteCount += bytes.count
        let source = SourceFile(
            name: shownPrefix + path, bytes: bytes, pathFromRoot: path)
        sources.append(source)
        if let refusal = source.refusal(file: sources.count - 1, total: byteCount) {
            findings.add(refusal)
            document.isWhole = false
            if byteCount > SourceFile.maxBytes {
                sources[sources.count - 1] = SourceFile(
                    name: source.name, bytes: [], pathFromRoot: path)
            }
            return nil
        }
        return source
    }

    private mutating func tree(_ path: String, _ include: SpecDocument.Include) -> NodeTree? {
        guard let source = source(path, include) else { return nil }
        let tree = YAMLReader.read(source, file: sources.count - 1, findings: &findings)
        trees.append(tree)
        guard tree.isComplete else {
            document.isWhole = false
            return nil
        }
        return tree
    }

    private mutating func readSpec(
        _ path: String, _ include: SpecDocument.Include, _ mayDefine: [String]
    ) {
        guard let tree = tree(path, include) else { return }
        let part = SpecPart(
            path: path, include: include.span, mayDefine: mayDefine,
            names: include.names.map { MatcherSet($0) }, namesSpan: include.names?.first?.place)
        guard let read = SpecDecoder.decode(tree, part: part, findings: &findings) else {
            document.isWhole = false
            return
        }
        part.checkNames(of: read, &findings)
        document.add(read, &findings)
    }

    private mutating func readTraefik(
        _ path: String, _ include: SpecDocument.Include, _ allowsLiterals: Bool,
        _ joined: inout TraefikFile
    ) {
        guard let tree = tree(path, include) else { return }
        guard
            let file = SpecDecoder.decodeTraefik(
                tree, allowsLiterals: allowsLiterals, findings: &findings)
        else {
            document.isWhole = false
            return
        }
        let part = SpecPart(
            path: path, include: include.span, mayDefine: [],
            names: include.names.map { MatcherSet($0) }, namesSpan: include.names?.first?.place)
        part.checkNames(file.routers.compactMap(\.name), "routers", &findings)
        joined.routers += file.routers
        joined.services += file.services
    }
}

/// Names of files.
enum FileName {
    /// What follows the last `/`.
    static func last(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}

extension Diagnostic {
    fileprivate static func nothingFound(
        _ include: SpecDocument.Include, isFolderMissing: Bool
    ) -> Diagnostic {
        let path = include.glob.value.parts.joined(separator: "/")
        return Diagnostic(
            .nothingIncluded, "the include \(quoted(path)) finds no file",
            at: Label(include.glob.span, isFolderMissing ? "there is no such folder" : "no file"),
            help: "empty: allow says that there may be none")
    }

    fileprivate static func includedTwice(
        _ path: String, at span: SourceSpan, earlier: SourceSpan?
    ) -> Diagnostic {
        guard let earlier else {
            return Diagnostic(
                .includedTwice, "a spec cannot include itself", at: Label(span, "this file"))
        }
        return Diagnostic(
            .includedTwice, "each file is included once, and \(quoted(path)) twice",
            at: Label(span, "again here"),
            also: earlier == span ? [] : [Label(earlier, "the first")],
            help: "skip.files leaves files out of all includes")
    }

    fileprivate static func unreadable(
        _ what: String, _ fault: SpecFolderFault, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .unreadableFile, "\(what) cannot be read: \(fault.reason)",
            at: Label(span, "included here"))
    }

    /// `path` is a stand-in of printable signs.
    fileprivate static func misnamed(_ path: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .unreadableFile, "\(quoted(path)) cannot be read: its name is not UTF-8",
            at: Label(span, "included here"),
            help: "rename it; skip.files leaves files out, by this name")
    }

    fileprivate static func tooManyFiles(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooMany, "a spec has at most \(IncludeReader.maxFiles) files", at: Label(span))
    }
}
