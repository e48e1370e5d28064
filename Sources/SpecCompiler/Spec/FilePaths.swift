/// Paths of files that the serving process reads.
extension SpecDecoder {
    /// An absolute path, as what follows `file:` is one.
    mutating func filePath(_ node: Int, _ what: String) -> Spanned<String>? {
        guard let text = text(node, what) else { return nil }
        guard ReferenceText.isPath(text.value[...]) else {
            findings.add(.badFilePath(what, text, inner: tree.innerSpan(node)))
            return nil
        }
        return text
    }
}

extension Diagnostic {
    fileprivate static func badFilePath(
        _ what: String, _ text: Spanned<String>, inner: SourceSpan
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badFilePath, "\(what) is the absolute path of a file", at: Label(text.span),
            help: "the path begins with /: the router runs in another folder than the compiler")
        if text.value.hasPrefix("file:/") {
            diagnostic.help = "write the path without 'file:'"
            let end = inner.start + 5
            let prefix = SourceSpan(file: inner.file, start: inner.start, end: end)
            diagnostic.fixIts = [FixIt(prefix, "", .maybeIncorrect)]
        } else if text.value.contains("-----BEGIN") {
            diagnostic.help = "put the certificates into a file, and name it here"
        } else if text.value.hasPrefix("~") {
            diagnostic.help = "nothing stands for '~' here; write the whole path, from /"
        } else if text.value.hasPrefix("/") {
            diagnostic.help =
                strangeSign(in: text.value).map { "it holds \($0)" }
                ?? "without control characters, and of at most \(ReferenceText.maxBytes) bytes"
        }
        return diagnostic
    }
}
