internal import Pattern

/// Matchers and model ids (rule 2 of the language).
extension SpecDecoder {
    /// A matcher of model ids.
    mutating func matcher(_ node: Int, _ what: String) -> Matcher? {
        guard let text = text(node, what) else { return nil }
        switch MatcherText.kind(text.value) {
        case .failure(let fault):
            findings.add(.badMatcher(what, text, fault))
            return nil
        case .success(let kind):
            if case .pattern(let source) = kind {
                guard isAccepted(source, node) else { return nil }
                if let reason = IdlePattern.reason(source) {
                    findings.add(.idlePattern(text, reason))
                }
            }
            if let look = MatcherLook.of(text.value) {
                findings.add(.lookalikeMatcher(text, look))
            }
            return Matcher(kind, at: text.span)
        }
    }

    /// A list of matchers; nil where there is no node.
    mutating func matchers(_ node: Int?, _ what: String) -> [Matcher]? {
        guard let node else { return nil }
        let element = "a matcher of " + what
        return each(node, what) { $0.matcher($1, element) }
    }

    /// The id of a model, which matches nothing but itself.
    mutating func modelID(_ node: Int, _ what: String) -> Spanned<String>? {
        guard let text = text(node, what) else { return nil }
        if let fault = MatcherText.idFault(text.value) {
            findings.add(.badMatcher(what, text, fault))
            return nil
        }
        return text
    }

    /// Whether PCRE2 takes a pattern; else it says at which character it stopped.
    private mutating func isAccepted(_ source: String, _ node: Int) -> Bool {
        if knownPatterns.contains(source) { return true }
        do {
            _ = try Pattern(source)
            knownPatterns.insert(source)
            return true
        } catch {
            let offset = min(3 + error.offset, 3 + source.utf8.count)
            let span = tree.span(node, textRange: offset..<offset)
            findings.add(.badPattern(source, error.message, at: span, of: tree.span(node)))
            return false
        }
    }
}

/// What makes a text a matcher.
enum MatcherText {
    /// The longest id of a model, in bytes.
    static let maxIDBytes = 256

    enum Fault: Error, Equatable {
        case empty
        case tooLong(Int)
        case control
    }

    /// What `text` matches; patterns are not yet compiled.
    static func kind(_ text: String) -> Result<Matcher.Kind, Fault> {
        if text.hasPrefix("re:") {
            let source = String(text.dropFirst(3))
            return source.isEmpty ? .failure(.empty) : .success(.pattern(source))
        }
        let isLiteral = text.hasPrefix("id:")
        let id = isLiteral ? String(text.dropFirst(3)) : text
        if let fault = idFault(id) { return .failure(fault) }
        guard !isLiteral, id.utf8.contains(UInt8(ascii: "*")) else {
            return .success(.exact(id))
        }
        return .success(.glob(collapsed(id)))
    }

    /// Why a text is no id of a model.
    static func idFault(_ id: String) -> Fault? {
        if id.isEmpty { return .empty }
        if id.utf8.count > maxIDBytes { return .tooLong(id.utf8.count) }
        let hasControl = id.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        return hasControl ? .control : nil
    }

    /// Adjacent stars match what one does.
    private static func collapsed(_ glob: String) -> String {
        var bytes: [UInt8] = []
        for byte in glob.utf8 where byte != UInt8(ascii: "*") || bytes.last != byte {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Diagnostic {
    fileprivate static func badMatcher(
        _ what: String, _ text: Spanned<String>, _ fault: MatcherText.Fault
    ) -> Diagnostic {
        let rule =
            switch fault {
            case .empty: "\(what) matches something, and \(quoted(text.value)) is empty"
            case .tooLong(let count):
                "\(what) has at most \(MatcherText.maxIDBytes) bytes, and this has \(count)"
            case .control: "\(what) has no control characters, as \(quoted(text.value)) has"
            }
        let help =
            switch fault {
            case .empty: "write what to match, or delete it; * matches everything"
            case .tooLong, .control: "requests with such a name are refused"
            }
        return Diagnostic(.badMatcher, rule, at: Label(text.span), help: help)
    }

    fileprivate static func badPattern(
        _ source: String, _ message: String, at place: SourceSpan, of whole: SourceSpan
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badPattern, "PCRE2 refuses the pattern \(quoted(source)): \(message)",
            at: Label(place, "it stopped here"),
            help: "behind re: stands a regular expression; a sign that is meant as it stands, such "
                + "as . ( or [, has a backslash before it")
        if place == whole {
            diagnostic.primary.text = message
        }
        return diagnostic
    }
}
