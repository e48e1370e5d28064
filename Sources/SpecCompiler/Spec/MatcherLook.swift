/// A matcher that was probably meant as something else than plain text with stars.
enum MatcherLook: Equatable {
    /// `/a.*/`, `^a$`, `RE:a`: the pattern that was meant.
    case pattern(String)
    /// `a[0-9]`, `a?`, `{a,b}`: signs of a shell, which mean themselves here.
    case shell(Character)
    /// Spaces at its ends, which no model id has.
    case edges
    /// A character that looks like another, by its name.
    case strange(String)

    /// What `text` looks like; nil where it may be meant as it stands.
    static func of(_ text: String) -> MatcherLook? {
        // A hundred thousand keys have few matchers that are anything else.
        if isPlain(text.utf8) { return nil }
        if text.hasPrefix("re:") || text.hasPrefix("id:") { return nil }
        if text.first == " " || text.last == " " { return .edges }
        if let name = strangeSign(in: text) { return .strange(name) }
        let lower = text.lowercased()
        for prefix in ["re:", "regex:", "regexp:", "pcre:", "re2:", "~"] {
            if lower.hasPrefix(prefix), lower.utf8.count > prefix.utf8.count {
                return .pattern(String(text.dropFirst(prefix.count)))
            }
        }
        if text.utf8.count > 2, text.first == "/", text.last == "/" {
            return .pattern(String(text.dropFirst().dropLast()))
        }
        if text.first == "^" || text.last == "$" {
            return .pattern(text)
        }
        // Of these only a pattern makes something together: `(gpt|o1)-mini`, `gpt|o1`.
        let hasGroup = text.contains("(") && text.contains(")")
        if text.contains("|"), hasGroup || !text.contains(where: { "[]{}?\\*".contains($0) }) {
            return .pattern(text)
        }
        return text.first { "[]{}?|\\".contains($0) }.map { .shell($0) }
    }

    /// Whether bytes are such as ids and globs are made of, so that no more need be looked at.
    private static func isPlain(_ bytes: String.UTF8View) -> Bool {
        bytes.first != UInt8(ascii: "/")
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"),
                    UInt8(ascii: "*"):
                    true
                default: isLetter(byte) || isDigit(byte)
                }
            }
    }

    /// A pattern that matches what a shell would with `glob`.
    static func pattern(forShell glob: String) -> String {
        var pattern = ""
        var isInBraces = false
        for character in glob {
            switch character {
            case "*": pattern += ".*"
            case "?": pattern += "."
            case ".", "+", "(", ")", "^", "$": pattern += "\\\(character)"
            case "{":
                isInBraces = true
                pattern += "("
            case "}":
                isInBraces = false
                pattern += ")"
            case "," where isInBraces: pattern += "|"
            default: pattern.append(character)
            }
        }
        return pattern
    }
}

extension Diagnostic {
    static func lookalikeMatcher(_ text: Spanned<String>, _ look: MatcherLook) -> Diagnostic {
        var diagnostic = Diagnostic(
            .lookalikeMatcher,
            "in a matcher only '*' means something, not in \(quoted(text.value))",
            at: Label(text.span))
        var pattern: String?
        switch look {
        case .pattern(let meant):
            diagnostic.message = "a pattern begins with re:, and \(quoted(text.value)) does not"
            pattern = meant
        case .shell(let sign):
            let shown = quoted(String(sign))
            diagnostic.message =
                "in a matcher only '*' means something, and \(quoted(text.value)) has \(shown) too"
            pattern = MatcherLook.pattern(forShell: text.value)
        case .edges:
            diagnostic.message =
                "no model id begins or ends with a space, as \(quoted(text.value)) does"
            diagnostic.help = "delete the space"
        case .strange(let name):
            diagnostic.message = "the matcher \(quoted(text.value)) holds \(name)"
            diagnostic.help = "write the plain sign from the keyboard"
        }
        if let pattern {
            let isExact = !text.value.utf8.contains(UInt8(ascii: "*"))
            let shown = quoted("re:" + pattern)
            let literal = " if the name is really such, write \(quoted("id:" + text.value))"
            diagnostic.help = "did you mean \(shown)?" + (isExact ? literal : "")
            if !pattern.contains("'"), !pattern.contains("\n") {
                diagnostic.fixIts = [FixIt(text.span, "'re:\(pattern)'", .maybeIncorrect)]
            }
        }
        return diagnostic
    }
}
