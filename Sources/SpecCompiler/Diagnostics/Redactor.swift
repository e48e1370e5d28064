/// Takes secrets out of the texts of diagnostics, whoever wrote them there.
///
/// Messages mask what they know to be secret. This is for what they cannot know: that an alias
/// stands where a secret belongs, or that the name they quote is part of one.
struct Redactor {
    /// What each source hides.
    let secrets: [SecretPlaces]
    /// Those runs of `width` bytes of secrets that the texts hold too.
    private let runs: Set<UInt64>

    /// Shorter parts of a secret may be shown.
    private static let width = 8

    /// Looks for secrets of `sources` in the texts of `diagnostics`.
    init(_ sources: [SourceFile], for diagnostics: [Diagnostic]) {
        guard !diagnostics.isEmpty else {
            secrets = sources.map { _ in SecretPlaces() }
            runs = []
            return
        }
        secrets = sources.map { SecretPlaces(in: $0) }
        var shown: Set<UInt64> = []
        for text in diagnostics.flatMap(Redactor.texts) {
            Redactor.forEachRun(of: Array(text.utf8)[...]) { run, _ in shown.insert(run) }
        }
        var runs: Set<UInt64> = []
        for text in secrets.flatMap(\.texts) {
            Redactor.forEachRun(of: text) { run, _ in
                if shown.contains(run) { runs.insert(run) }
            }
        }
        // What a rule looks like stands in secrets and in advice, and is none.
        Redactor.forEachRun(of: Redactor.ruleForms[...]) { run, _ in runs.remove(run) }
        self.runs = runs
    }

    private static let ruleForms = Array(
        "HeaderRegexp(`Authorization`, `^Bearer Header(`Authorization`, `Bearer ".utf8)

    /// `diagnostic` without secrets; a fix that would write one is left out.
    func redacted(_ diagnostic: Diagnostic) -> Diagnostic {
        var diagnostic = diagnostic
        diagnostic.message = redacted(diagnostic.message)
        diagnostic.primary.text = redacted(diagnostic.primary.text)
        for index in diagnostic.secondary.indices {
            diagnostic.secondary[index].text = redacted(diagnostic.secondary[index].text)
        }
        diagnostic.notes = diagnostic.notes.map(redacted)
        diagnostic.help = diagnostic.help.map(redacted)
        diagnostic.fixIts.removeAll { redacted($0.replacement) != $0.replacement }
        // Those of a syntax error hold what was written, read as it was meant to be or not.
        if diagnostic.code == .syntax { diagnostic.fixIts.removeAll(where: holdsSecret) }
        return diagnostic
    }

    /// Whether a replacement is more than punctuation and replaces part of a secret.
    private func holdsSecret(_ fix: Diagnostic.FixIt) -> Bool {
        guard fix.replacement.utf8.contains(where: { $0 >= 0x80 || isLetter($0) || isDigit($0) })
        else {
            return false
        }
        return secrets[fix.span.file].ranges.contains {
            $0.lowerBound < fix.span.end && fix.span.start < $0.upperBound
        }
    }

    /// `text` without secrets.
    private func redacted(_ text: String) -> String {
        withoutRuns(withoutTokens(text))
    }

    private func withoutRuns(_ text: String) -> String {
        if runs.isEmpty { return text }
        let bytes = Array(text.utf8)
        var isHidden = [Bool](repeating: false, count: bytes.count)
        Redactor.forEachRun(of: bytes[...]) { run, end in
            guard runs.contains(run) else { return }
            for index in (end - Redactor.width)..<end { isHidden[index] = true }
        }
        var shown: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            // A character is hidden as a whole.
            let isTail = byte & 0xC0 == 0x80 && index > 0 && isHidden[index - 1]
            if isTail { isHidden[index] = true }
            if !isHidden[index] {
                shown.append(byte)
            } else if index == 0 || !isHidden[index - 1] {
                while let last = shown.last, last & 0xC0 == 0x80 { shown.removeLast() }
                if let last = shown.last, last >= 0x80 { shown.removeLast() }
                shown += Array("...".utf8)
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static func texts(of diagnostic: Diagnostic) -> [String] {
        [diagnostic.message, diagnostic.primary.text] + diagnostic.secondary.map(\.text)
            + diagnostic.notes + [diagnostic.help ?? ""] + diagnostic.fixIts.map(\.replacement)
    }

    /// Calls `body` with each run of a text, letters in lower case, and the index after it.
    private static func forEachRun(of text: ArraySlice<UInt8>, _ body: (UInt64, Int) -> Void) {
        var run: UInt64 = 0
        for index in text.indices {
            run = run << 8 | UInt64(SecretTokens.fold(text[index]))
            if index - text.startIndex + 1 >= width { body(run, index + 1) }
        }
    }
}
