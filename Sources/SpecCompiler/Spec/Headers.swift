/// Names and values of headers.
extension SpecDecoder {
    /// The headers that a mapping sets.
    mutating func headers(_ node: Int?) -> [ResolvedSpec.Header] {
        guard let node else { return [] }
        guard tree.kind(node) == .mapping else {
            findings.add(
                isNull(node)
                    ? .emptyMapping("headers", at: tree.span(node))
                    : .headersNotMapping(at: tree.span(node)))
            return []
        }
        var headers: [ResolvedSpec.Header] = []
        for (key, value) in tree.entries(of: node) {
            guard let name = headerName(key), let text = headerValue(value, of: name) else {
                continue
            }
            if let earlier = headers.first(where: { $0.name == name.value }) {
                findings.add(.repeatedHeader(name, earlier: earlier.place))
                continue
            }
            headers.append(ResolvedSpec.Header(name: name.value, value: text, place: name.span))
        }
        if headers.count > HeaderText.maxCount {
            findings.add(.tooManyHeaders(headers.count, at: tree.span(node)))
        }
        return headers
    }

    /// A name of a header in lower case that a spec may use.
    mutating func headerName(_ node: Int) -> Spanned<String>? {
        guard let text = text(node, "the name of a header") else { return nil }
        let name = Spanned(text.value.lowercased(), at: text.span)
        if !HeaderText.isToken(name.value) {
            findings.add(.badHeaderName(text))
            return nil
        }
        if HeaderText.framing.contains(name.value) {
            findings.add(.framingHeader(text))
            return nil
        }
        return name
    }

    private mutating func headerValue(
        _ node: Int, of name: Spanned<String>
    ) -> ResolvedSpec.Header.Value? {
        if tree.kind(node) == .mapping {
            return referencedValue(node, of: name)
        }
        guard let text = text(node, "the value of a header") else { return nil }
        if SecretPlaces.soundsSecret(name.value.utf8) {
            findings.add(.literalSecretHeader(name, text))
            return nil
        }
        if let fault = HeaderText.valueFault(text.value) {
            findings.add(.badHeaderValue(name, fault, at: text.span))
            return nil
        }
        return .literal(text.value)
    }

    private mutating func referencedValue(
        _ node: Int, of name: Spanned<String>
    ) -> ResolvedSpec.Header.Value? {
        let entries = tree.entries(of: node)
        guard entries.count == 1, tree.kind(entries[0].key) == .scalar,
            tree.bytes(entries[0].key).elementsEqual("from".utf8)
        else {
            findings.add(.headerNotFrom(name, at: tree.span(node)))
            return nil
        }
        guard let text = text(entries[0].value, "'from' of a header") else { return nil }
        switch ReferenceText.reference(text.value) {
        case .file(let path): return .file(path)
        case .env(let variable): return .env(variable)
        case .digest, .literal, .malformed:
            findings.add(.badHeaderReference(name, at: text.span))
            return nil
        }
    }
}

/// What makes a text the name or value of a header.
enum HeaderText {
    /// Most headers that an endpoint sets.
    static let maxCount = 32
    /// The longest value, in bytes.
    static let maxValueBytes = 4096

    /// Headers that frame messages, belong to one connection, or are the router's own to write.
    static let framing: Set<String> = [
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive",
        "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// A token of RFC 9110, section 5.6.2.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    enum ValueFault: Equatable {
        case control
        case notASCII
        case edges
        case tooLong
    }

    static func valueFault(_ value: String) -> ValueFault? {
        if value.utf8.count > maxValueBytes { return .tooLong }
        if value.first == " " || value.last == " " || value.first == "\t" || value.last == "\t" {
            return .edges
        }
        for byte in value.utf8 {
            if byte >= 0x80 { return .notASCII }
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return .control }
        }
        return nil
    }
}

extension Diagnostic {
    fileprivate static func headersNotMapping(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "headers is a mapping of header names to values",
            at: Label(span, "this is no mapping"), help: "headers: { x-team: research }")
    }

    fileprivate static func repeatedHeader(
        _ name: Spanned<String>, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .badHeaderName, "a header is set once, and \(quoted(name.value)) is set twice",
            at: Label(name.span, "the second"), also: [Label(earlier, "the first")],
            notes: ["names of headers that differ in case only are the same"])
    }

    fileprivate static func tooManyHeaders(_ count: Int, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooMany,
            "an endpoint sets at most \(HeaderText.maxCount) headers, and here are \(count)",
            at: Label(span))
    }

    fileprivate static func badHeaderName(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badHeaderName, "\(quoted(text.value)) is not the name of a header",
            at: Label(text.span), help: "letters, digits and - are what names are made of")
    }

    fileprivate static func framingHeader(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badHeaderName, "the header \(quoted(text.value)) cannot be used by a spec",
            at: Label(text.span, "it belongs to the connection or frames the message"))
    }

    fileprivate static func literalSecretHeader(
        _ name: Spanned<String>, _ text: Spanned<String>
    ) -> Diagnostic {
        Diagnostic(
            .literalCredential,
            "the header \(quoted(name.value)) holds a secret, and \(masked(text.value)) would "
                + "be written into the table",
            at: Label(text.span, "a secret of an upstream"),
            help: "write { from: \"file:/path\" } or { from: \"env:NAME\" }")
    }

    fileprivate static func badHeaderValue(
        _ name: Spanned<String>, _ fault: HeaderText.ValueFault, at span: SourceSpan
    ) -> Diagnostic {
        let rule =
            switch fault {
            case .control: "has no line breaks or control characters"
            case .notASCII: "is ASCII"
            case .edges: "does not begin or end with a space"
            case .tooLong: "has at most \(HeaderText.maxValueBytes) bytes"
            }
        return Diagnostic(
            .badHeaderValue, "the value of header \(quoted(name.value)) \(rule)", at: Label(span))
    }

    fileprivate static func headerNotFrom(
        _ name: Spanned<String>, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .badHeaderValue,
            "the value of header \(quoted(name.value)) is a text or { from: reference }",
            at: Label(span), help: "write { from: \"file:/path\" } or { from: \"env:NAME\" }")
    }

    fileprivate static func badHeaderReference(
        _ name: Spanned<String>, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .badHeaderValue,
            "'from' of header \(quoted(name.value)) is file:/path or env:NAME", at: Label(span),
            help: "the path is absolute; a variable is letters, digits and _")
    }
}
