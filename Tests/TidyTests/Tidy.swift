import Foundation

/// A rule of the repository that looks at one file.
struct TidyRule: Sendable {
    let name: String
    let check: @Sendable (RepositoryFile) -> [Finding]

    /// Every rule of one file; what concerns several files is in `TidyTests`.
    static let all: [TidyRule] = [
        functionLength, fileLength, lineLength, bannedCode, bannedMarks, uncheckedSendable,
        vagueNames, offsets, whitespace, blobSize, permissions,
    ]
}

/// Every limit of size.
enum TidyLimits {
    static let functionLineCount = 70
    static let fileLineCount = 500
    static let lineColumnCount = 100
    static let readmeLineCount = 200
    static let blobByteCount = 256 * 1024
    /// How far from `@unchecked Sendable` its reason may stand.
    static let reasonLineDistance = 3
}

// MARK: - Size

extension TidyRule {
    static let functionLength = TidyRule(name: "function length") { file in
        guard file.isSwift, let text = file.text else { return [] }
        return FunctionScanner(SwiftText(text)).functions()
            .filter { $0.lineCount > TidyLimits.functionLineCount }
            .map { function in
                file.finding(
                    line: function.firstLine,
                    "'\(function.name)' has \(function.lineCount) lines, at most"
                        + " \(TidyLimits.functionLineCount); split it")
            }
    }

    static let fileLength = TidyRule(name: "file length") { file in
        let limit =
            file.path == "README.md" ? TidyLimits.readmeLineCount : TidyLimits.fileLineCount
        let isHeld = file.isProgram && !file.path.hasSuffix("+Generated.swift")
        let lineCount = file.lines.count
        guard isHeld || file.path == "README.md", lineCount > limit else { return [] }
        return [file.finding(line: limit + 1, "\(lineCount) lines, at most \(limit); split it")]
    }

    static let lineLength = TidyRule(name: "line length") { file in
        guard file.isProgram else { return [] }
        return file.findings { line in
            line.count > TidyLimits.lineColumnCount
                ? "\(line.count) columns, at most \(TidyLimits.lineColumnCount)" : nil
        }
    }

    static let blobSize = TidyRule(name: "blob size") { file in
        guard file.byteCount > TidyLimits.blobByteCount else { return [] }
        return [
            file.finding(
                line: 1, "\(file.byteCount) bytes, at most \(TidyLimits.blobByteCount) in the tree")
        ]
    }
}

// MARK: - Words

extension TidyRule {
    /// What code must not say, where, and what it says instead.
    private struct Ban {
        let pattern: String
        let instead: String
        var isHeld: @Sendable (String) -> Bool = { _ in true }
    }

    private static let bans: [Ban] = [
        Ban(pattern: #"\btry!"#, instead: "throw, or catch and say why"),
        Ban(pattern: #"\bas!"#, instead: "use a cast that can fail"),
        Ban(pattern: #"\bfatalError\("#, instead: "use preconditionFailure, or throw"),
        Ban(pattern: #"\bDispatchQueue\b"#, instead: "use an event loop, a task or a Mutex"),
        Ban(
            pattern: #"(?<![.\w])(debugPrint|print)\("#, instead: "only the command prints",
            // A test may print a figure that it measured.
            isHeld: { $0.hasPrefix("Sources/") && !$0.hasPrefix("Sources/routerc/") }),
    ]

    static let bannedCode = TidyRule(name: "banned code") { file in
        guard file.isSwift, let text = file.text else { return [] }
        let code = SwiftText(text).code
        return bans.filter { $0.isHeld(file.path) }.flatMap { ban in
            file.findings(in: code) { line in
                line.firstMatch(of: ban.pattern).map { "'\($0)' is banned: \(ban.instead)" }
            }
        }
    }

    /// Marks of unfinished work, in code, comments and documents alike; strings may hold them.
    static let bannedMarks = TidyRule(name: "banned marks") { file in
        guard let text = file.text, !file.isSpecimen else { return [] }
        var lines = file.lines
        if file.isSwift {
            let parts = SwiftText(text)
            lines = zip(parts.code, parts.comments).map { $0 + " " + $1 }
        }
        return file.findings(in: lines) { line in
            line.firstMatch(of: #"\b(FIX"# + #"ME|X"# + #"XX)\b"#)
                .map { "'\($0)' is left over: do it, or file an issue" }
        }
    }

    static let uncheckedSendable = TidyRule(name: "unchecked Sendable") { file in
        guard file.isSwift, let text = file.text else { return [] }
        let parts = SwiftText(text)
        return parts.code.indices.compactMap { index in
            guard parts.code[index].contains("@unchecked Sendable") else { return nil }
            let distance = TidyLimits.reasonLineDistance
            let near = max(index - distance, 0)...min(index + distance, parts.code.count - 1)
            if parts.comments[near].contains(where: { $0.contains("//") }) { return nil }
            return file.finding(
                line: index + 1, "'@unchecked Sendable' without a comment that says why it holds")
        }
    }

    static let vagueNames = TidyRule(name: "vague names") { file in
        guard file.isSwift, let text = file.text else { return [] }
        let declaration = #"\b(struct|class|enum|actor|protocol|typealias)\s+\w+"#
        let vague = #"(?<![A-Z])(Manager|Helper|Helpers|Utils|Common|Base)(?![a-z0-9])"#
        return file.findings(in: SwiftText(text).code) { line in
            guard let name = line.firstMatch(of: declaration)?.split(separator: " ").last,
                let word = String(name).firstMatch(of: vague)
            else { return nil }
            return "'\(name)' says '\(word)', which says nothing; name what it is"
        }
    }

    static let offsets = TidyRule(name: "offsets in one place") { file in
        let places = ["Records", "PolicyRecords"].map { "Sources/TableFormat/\($0).swift" }
        guard file.isSwift, !places.contains(file.path), let text = file.text else { return [] }
        return file.findings(in: SwiftText(text).code) { line in
            line.firstMatch(of: #"\bField(<[^>]*>)?\(\s*at:[^)]*\b[0-9]"#)
                .map { "'\($0)': an offset belongs in \(places[0])" }
        }
    }
}

// MARK: - Files

extension TidyRule {
    static let whitespace = TidyRule(name: "white space") { file in
        guard let text = file.text, !text.isEmpty, !file.isSpecimen else { return [] }
        var found = file.findings { line in
            if line.contains("\t"), file.path != "Makefile" { return "a tab; use spaces" }
            if line.contains("\r") { return "a carriage return" }
            if line.last?.isWhitespace ?? false { return "white space at the end of the line" }
            return nil
        }
        let lineCount = file.lines.count
        if !text.hasSuffix("\n") {
            found.append(file.finding(line: lineCount, "the last line has no end"))
        } else if text.hasSuffix("\n\n") {
            found.append(file.finding(line: lineCount, "an empty line at the end of the file"))
        }
        return found
    }

    static let permissions = TidyRule(name: "permissions") { file in
        let isInScripts = file.path.hasPrefix("scripts/") || file.path.hasPrefix(".ci/")
        // The programs of the bench stand beside what they run.
        if file.path.hasPrefix("bench/"), file.isScript { return [] }
        if isInScripts, !file.isScript {
            return [file.finding(line: 1, "a script begins with '#!'")]
        }
        if isInScripts, !file.isExecutable {
            return [file.finding(line: 1, "a script is executable; chmod +x")]
        }
        if !isInScripts, file.isExecutable {
            return [file.finding(line: 1, "executable, but not in scripts/; chmod -x")]
        }
        return []
    }
}

// MARK: - Several files

/// The decisions that the list of decisions does not name.
func unlistedDecisions(in files: [RepositoryFile]) -> [Finding] {
    let folder = "docs/decisions/"
    let pages = files.filter {
        $0.path.hasPrefix(folder) && $0.isMarkdown && $0.path != folder + "README.md"
    }
    let list = files.first { $0.path == folder + "README.md" }?.text ?? ""
    return pages.compactMap { page in
        let name = page.path.dropFirst(folder.count)
        if list.contains("(\(name))") || list.contains("(./\(name))") { return nil }
        return page.finding(line: 1, "not linked from \(folder)README.md")
    }
}

// MARK: - Lines

extension RepositoryFile {
    /// One finding for each line that `message` has something to say of.
    func findings(in lines: [String]? = nil, _ message: (String) -> String?) -> [Finding] {
        (lines ?? self.lines).enumerated().compactMap { index, line in
            message(line).map { finding(line: index + 1, $0) }
        }
    }
}

extension String {
    /// The first part that matches a regular expression.
    fileprivate func firstMatch(of pattern: String) -> String? {
        range(of: pattern, options: .regularExpression).map { String(self[$0]) }
    }
}
