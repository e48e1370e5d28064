/// A function, initialiser, subscript or property with a body, and the lines it covers.
struct FunctionExtent: Equatable {
    let name: String
    let firstLine: Int
    let lastLine: Int

    var lineCount: Int { lastLine - firstLine + 1 }
}

/// Finds bodies by matching braces in code without strings and comments.
struct FunctionScanner {
    private struct Token {
        let text: Substring
        let line: Int
    }

    private var tokens: [Token] = []

    init(_ text: SwiftText) {
        for (index, line) in text.code.enumerated() {
            tokens += Self.tokens(of: line).map { Token(text: $0, line: index + 1) }
        }
    }

    /// Words and single other characters; blanks are dropped.
    private static func tokens(of line: String) -> [Substring] {
        var tokens: [Substring] = []
        var rest = line[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
                continue
            }
            var token = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            if token.isEmpty { token = rest.prefix(1) }
            tokens.append(token)
            rest = rest[token.endIndex...]
        }
        return tokens
    }

    private static let introducers: Set<Substring> = [
        "func", "init", "deinit", "subscript", "var",
    ]
    /// Words that begin another declaration: what came before had no body.
    private static let nextDeclaration: Set<Substring> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "static", "struct", "class",
        "enum", "extension", "protocol", "actor", "typealias", "public", "package", "internal",
        "private", "fileprivate", "mutating", "override", "@", "}", ";", "=", "#",
    ]

    /// Every function with a body, in order of its first line.
    func functions() -> [FunctionExtent] {
        tokens.indices.compactMap { index in
            guard isIntroducer(at: index), let open = bodyStart(after: index),
                let close = closing(of: open)
            else { return nil }
            let next = index + 1 < tokens.count ? tokens[index + 1].text : ""
            let isNamed = ["func", "var"].contains(tokens[index].text)
            return FunctionExtent(
                name: String(isNamed ? next : tokens[index].text),
                firstLine: tokens[index].line, lastLine: tokens[close].line)
        }
    }

    /// `.init(...)` is a call.
    private func isIntroducer(at index: Int) -> Bool {
        Self.introducers.contains(tokens[index].text)
            && (index == 0 || tokens[index - 1].text != ".")
    }

    /// The token index of the brace that opens the body.
    private func bodyStart(after introducer: Int) -> Int? {
        var depth = 0
        // An operator's name may hold any sign (`func = `), so the name is not looked at.
        let start = tokens[introducer].text == "func" ? introducer + 2 : introducer + 1
        for index in tokens.indices.dropFirst(start) {
            let text = tokens[index].text
            switch text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            default:
                if depth < 0 || (depth == 0 && endsDeclaration(at: index)) { return nil }
            }
        }
        return nil
    }

    private func endsDeclaration(at index: Int) -> Bool {
        let text = tokens[index].text
        guard Self.nextDeclaration.contains(text) else { return false }
        // `where Value == Int`, `<=` as an operator's name: no initial value.
        let before = tokens[max(index - 1, 0)].text
        let after = tokens[min(index + 1, tokens.count - 1)].text
        if text == "=" { return ![before, after].contains { "=<>!~".contains($0) } }
        // `@escaping`, `@Sendable` in a type stand between `:` or `->` and the type.
        if text == "@" { return ![":", ">"].contains(before) }
        return true
    }

    private func closing(of open: Int) -> Int? {
        var depth = 0
        for index in tokens.indices.dropFirst(open) {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
