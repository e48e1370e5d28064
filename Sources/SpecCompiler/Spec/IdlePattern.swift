/// Patterns that can match no model id, as far as that is sure.
///
/// A pattern is compared with the whole id, which is never empty and holds no line break. So none
/// matches that is empty but for anchors, and none that wants a sign before `^` or behind `$`.
enum IdlePattern {
    /// Why a pattern of PCRE2 matches nothing; nil where it may match.
    static func reason(_ source: String) -> String? {
        let signs = Array(source.unicodeScalars)
        if signs.allSatisfy({ "^$()".unicodeScalars.contains($0) }) {
            return "it matches the empty text only"
        }
        // Of anything else it is hard to say what it stands for.
        let isPlain = signs.allSatisfy {
            $0.isASCII && !"\\[]()|?*{}".unicodeScalars.contains($0)
        }
        guard isPlain else { return nil }
        let begin = signs.firstIndex { $0 != "^" } ?? 0
        let end = signs.lastIndex { $0 != "$" } ?? signs.count - 1
        guard begin <= end else { return nil }
        if signs[begin...end].contains("^") { return "'^' stands behind another sign" }
        if signs[begin...end].contains("$") { return "'$' stands before another sign" }
        return nil
    }
}

extension Diagnostic {
    static func idlePattern(_ text: Spanned<String>, _ reason: String) -> Diagnostic {
        Diagnostic(
            .idlePattern, "the pattern \(quoted(text.value)) matches no model",
            at: Label(text.span), notes: ["a pattern matches whole names, and \(reason)"],
            help: "write what the name holds; '\\^' and '\\$' are the signs themselves")
    }
}
