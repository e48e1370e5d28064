/// Comments that silence warnings (rule 15 of the language): `# routerc: allow R310 reason`.
///
/// At the end of a line it is for that line, alone on a line for the next one that holds more than
/// a comment. R320 says what is wrong with such a comment, R321 which of them silences nothing.
enum Silencing {
    /// Takes the silenced warnings of the source of `tree` out of `findings`.
    ///
    /// For each source of a compilation, after all checks.
    static func apply(_ tree: NodeTree, _ findings: inout Findings) {
        let comments = SilencingComments.find(in: tree)
        guard !comments.isEmpty else { return }
        let lines = LineTexts(bytes: tree.source.bytes, file: tree.file)
        var allowed: Set<Allowed> = []
        var refusals: [Diagnostic] = []
        var understood: [(comment: SilencingComment, allowed: Allowed)] = []
        var known = 0..<0
        for comment in comments {
            switch comment.code() {
            case .failure(let refusal):
                refusals.append(refusal.diagnostic)
            case .success(let code):
                let line = comment.line(in: lines, known: &known)
                understood.append((comment, Allowed(code: code, line: line)))
                allowed.insert(Allowed(code: code, line: line))
            }
        }
        let isWhole = findings.errorCount == 0 && findings.warningCount <= Findings.maxKept
        var used: Set<Allowed> = []
        findings.remove { finding in
            let span = finding.primary.span
            guard finding.severity == .warning, span.file == tree.file else { return false }
            let place = Allowed(code: finding.code, line: lines.start(of: span.start))
            guard allowed.contains(place) else { return false }
            used.insert(place)
            return true
        }
        for refusal in refusals { findings.add(refusal) }
        // Behind an error not all was looked at, so nobody knows what would be silenced.
        guard isWhole else { return }
        for (comment, allowed) in understood where !used.contains(allowed) {
            findings.add(.idleSilencing(allowed.code, at: comment.span))
        }
    }

    /// A code and the first byte of the line for which it is allowed.
    private struct Allowed: Hashable {
        let code: DiagnosticCode
        let line: Int
    }
}

/// A comment that begins with `routerc:` and a word for silencing.
struct SilencingComment {
    /// From its `#` to its end.
    let span: SourceSpan
    /// The words behind `routerc:`.
    let words: [String]
    /// Whether it begins as it should; else another word or no colon stands there.
    let hasMark: Bool

    /// Why a comment silences nothing whatever is found.
    struct Refusal: Error {
        let diagnostic: Diagnostic
    }

    /// What it silences.
    func code() -> Result<DiagnosticCode, Refusal> {
        guard hasMark else { return refused(.otherMark(at: span)) }
        guard words.first == "allow" else { return refused(.otherWord(words[0], at: span)) }
        guard words.count > 1 else { return refused(.noCode(at: span)) }
        guard let code = DiagnosticCode(rawValue: words[1]) else {
            return refused(.unknownCode(words[1], at: span))
        }
        if code.severity == .error { return refused(.silencedError(code, at: span)) }
        if code == .badSilencing || code == .idleSilencing {
            return refused(.silencedSilencing(code, at: span))
        }
        // Signs that nobody sees, or that say nothing, give no reason.
        let hasReason = words.dropFirst(2).contains { word in
            word.contains { $0.isLetter || $0.isNumber }
        }
        return hasReason ? .success(code) : refused(.noReason(code, at: span))
    }

    /// The first byte of the line for which it is; `known` is what the comment before it looked
    /// past, so that a block of comments is read once.
    func line(in lines: LineTexts, known: inout Range<Int>) -> Int {
        let own = lines.start(of: span.start)
        let isAlone = lines.bytes[own..<span.start].allSatisfy { $0 == 0x20 || $0 == 0x09 }
        guard isAlone else { return own }
        if !known.contains(own) {
            known = own..<(lines.contentLine(after: own) ?? lines.count)
        }
        return known.upperBound == lines.count ? own : known.upperBound
    }

    private func refused(_ diagnostic: Diagnostic) -> Result<DiagnosticCode, Refusal> {
        .failure(Refusal(diagnostic: diagnostic))
    }
}

/// Finds the comments that silence in the text, as YAML's events hold no comments.
enum SilencingComments {
    private static let mark = Array("routerc".utf8)
    private static let wordsForIt = ["allow", "ignore", "disable", "silence", "skip", "suppress"]

    /// Those of a source, ascending.
    static func find(in tree: NodeTree) -> [SilencingComment] {
        let bytes = tree.source.bytes
        var comments: [SilencingComment] = []
        var offset = 0
        while let sign = bytes[offset...].firstIndex(of: UInt8(ascii: "#")) {
            offset = sign + 1
            guard sign == tree.source.markWidth || bytes[sign - 1] <= 0x20 else { continue }
            let rest = bytes[offset...].drop { $0 == 0x20 || $0 == 0x09 }
            // Most comments begin with another letter; none is read further.
            guard let first = rest.first, first | 0x20 == mark[0] else { continue }
            let end = rest.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            if let comment = comment(tree, sign, rest[..<end]) { comments.append(comment) }
        }
        return comments.isEmpty ? [] : outsideOfTexts(comments, tree)
    }

    /// What a comment says; nil where it is prose.
    private static func comment(
        _ tree: NodeTree, _ sign: Int, _ text: ArraySlice<UInt8>
    ) -> SilencingComment? {
        let head = text.prefix { isLetter($0) }
        let hasMark = head == mark[...] && text[head.endIndex...].first == UInt8(ascii: ":")
        guard hasMark || isNearMark(head) else { return nil }
        let rest = text[head.endIndex...].drop {
            hasMark ? $0 == UInt8(ascii: ":") : " \t:-_.,".utf8.contains($0)
        }
        // A second '#' begins another comment.
        let words = String(decoding: rest, as: UTF8.self)
            .split { $0 == " " || $0 == "\t" || !hasMark && $0 == ":" }
            .prefix { !$0.hasPrefix("#") }.map(String.init)
        guard let word = words.first?.lowercased() else { return nil }
        let isMeant =
            hasMark && word == "allow"
            || words.count > 1 && looksLikeCode(words[1])
                && (wordsForIt.contains(word)
                    || NearestName.nearest(to: word, among: ["allow"]) != nil)
        guard isMeant else { return nil }
        var end = text.endIndex
        while end > sign, tree.source.bytes[end - 1] <= 0x20 { end -= 1 }
        return SilencingComment(
            span: SourceSpan(file: tree.file, start: sign, end: end), words: words,
            hasMark: hasMark)
    }

    /// Whether a word is the name of the router in other letters, or nearly so.
    private static func isNearMark(_ word: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: word, as: UTF8.self).lowercased()
        return NearestName.nearest(to: text, among: ["routerc"]) != nil
    }

    private static func looksLikeCode(_ word: String) -> Bool {
        (word.hasPrefix("R") || word.hasPrefix("r")) && word.utf8.count == 4
            && word.utf8.dropFirst().allSatisfy(isDigit)
    }

    /// Without those that are part of a text in quotes or of a block.
    private static func outsideOfTexts(
        _ comments: [SilencingComment], _ tree: NodeTree
    ) -> [SilencingComment] {
        var rest = comments[...]
        var found: [SilencingComment] = []
        for node in tree.nodes where node.kind == .scalar && node.style != .plain {
            while let comment = rest.first, comment.span.start < Int(node.start) {
                found.append(comment)
                rest.removeFirst()
            }
            // A comment may stand behind the sign that begins a block.
            var start = Int(node.start)
            if node.style == .block {
                start = tree.source.bytes[start...].firstIndex(of: 0x0A) ?? start
            }
            var inside = rest.prefix { $0.span.start < Int(node.end) }
            rest = rest.dropFirst(inside.count)
            inside = inside.prefix { $0.span.start < start }
            found += inside
            if rest.isEmpty { break }
        }
        return found + rest
    }
}

extension Diagnostic {
    private static func badSilencing(
        _ message: String, at span: SourceSpan, help: String
    ) -> Diagnostic {
        Diagnostic(
            .badSilencing, message, at: Label(span, "silences nothing"), help: help)
    }

    fileprivate static func otherMark(at span: SourceSpan) -> Diagnostic {
        badSilencing(
            "a comment that silences begins with 'routerc:', and this begins otherwise", at: span,
            help: "write # routerc: allow CODE REASON")
    }

    fileprivate static func otherWord(_ word: String, at span: SourceSpan) -> Diagnostic {
        badSilencing(
            "a comment silences with the word 'allow', not with \(quoted(word))", at: span,
            help: "write # routerc: allow CODE REASON")
    }

    fileprivate static func noCode(at span: SourceSpan) -> Diagnostic {
        badSilencing(
            "a comment that silences names the code of a warning", at: span,
            help: "write # routerc: allow CODE REASON")
    }

    fileprivate static func unknownCode(_ text: String, at span: SourceSpan) -> Diagnostic {
        var diagnostic = badSilencing(
            "a comment that silences names a code, and \(quoted(text)) is none", at: span,
            help: "the code stands in brackets behind 'warning'; one comment names one")
        if DiagnosticCode(rawValue: text.uppercased()) != nil {
            diagnostic.help = "did you mean '\(text.uppercased())'?"
        }
        return diagnostic
    }

    fileprivate static func silencedError(
        _ code: DiagnosticCode, at span: SourceSpan
    ) -> Diagnostic {
        badSilencing(
            "warnings can be silenced, and \(code.rawValue) is an error", at: span,
            help: "mend what it reports, and delete this comment")
    }

    fileprivate static func silencedSilencing(
        _ code: DiagnosticCode, at span: SourceSpan
    ) -> Diagnostic {
        badSilencing(
            "\(code.rawValue) is about comments such as this one, and is not silenced by one",
            at: span, help: "mend or delete the comment that it reports")
    }

    fileprivate static func noReason(_ code: DiagnosticCode, at span: SourceSpan) -> Diagnostic {
        badSilencing(
            "a comment that silences gives a reason, and this one has none", at: span,
            help: "write why \(code.rawValue) is all right here, behind the code")
    }

    fileprivate static func idleSilencing(
        _ code: DiagnosticCode, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .idleSilencing, "there is no \(code.rawValue) that this comment could silence",
            at: Label(span, "silences nothing"),
            help: "delete it; at the end of a line it is for that line, alone for the next")
    }
}
