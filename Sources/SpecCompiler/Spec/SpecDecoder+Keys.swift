internal import TableFormat

/// `keys`.
extension SpecDecoder {
    mutating func key(_ node: Int) -> SpecDocument.Key? {
        guard let fields = fields(of: node, as: SpecShapes.key, "a key") else { return nil }
        let name = fields.required("name", of: "a key", &findings)
        let secret = fields.required("secret", of: "a key", &findings)
        let pin = fields["pin"].flatMap { reference($0, "the name of a pool") }
        return SpecDocument.Key(
            name: name.flatMap { self.name($0, "the name of a key") },
            secrets: secret.map { secrets($0) } ?? [],
            models: matchers(fields["models"], "models of a key"),
            modelsSpan: fields.keySpan("models"), pin: pin, paths: paths(fields["paths"]),
            expires: fields["expires"].flatMap { expiry($0, "'expires' of a key") },
            admin: fields["admin"].map { adminRight($0) } ?? AdminRight.none, span: fields.span)
    }

    /// `true`, `read` or `false`.
    ///
    /// What cannot be read counts as a right, so that one mistake is not reported as two.
    private mutating func adminRight(_ node: Int) -> AdminRight {
        guard let text = text(node, "'admin' of a key") else { return .all }
        switch text.value {
        case "true": return .all
        case "read": return .read
        case "false": return .none
        default:
            findings.add(.badAdminRight(text))
            return .all
        }
    }

    private mutating func paths(_ node: Int?) -> [Matcher]? {
        guard let node else { return nil }
        return each(node, "paths of a key") { $0.path($1) }
    }

    /// A path of requests, or a glob of them.
    private mutating func path(_ node: Int) -> Matcher? {
        guard let text = text(node, "a path of a key") else { return nil }
        let segments = text.value.split(separator: "/", omittingEmptySubsequences: false)
        let arePlain = segments.dropFirst().enumerated().allSatisfy { index, segment in
            let isLast = index == segments.count - 2
            return (isLast || !segment.isEmpty) && segment != "." && segment != ".."
        }
        guard text.value == "*" || text.value.hasPrefix("/"), arePlain,
            text.value.utf8.allSatisfy({ URLText.isPathByte($0) || $0 == UInt8(ascii: "/") }),
            text.value.utf8.count <= 1024
        else {
            findings.add(.badPath(text))
            return nil
        }
        guard case .success(let kind) = MatcherText.kind(text.value) else {
            findings.add(.badPath(text))
            return nil
        }
        return Matcher(kind, at: text.span)
    }
}

extension Diagnostic {
    fileprivate static func badAdminRight(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badChoice, "'admin' of a key is true, read or false, not \(quoted(text.value))",
            at: Label(text.span),
            help: "read may look at the admin address, true may change what is served too")
    }

    fileprivate static func badPath(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badPath, "a path of a key is a plain path or a glob, not \(quoted(text.value))",
            at: Label(text.span),
            help: "it begins with / and has no query, no %, and no empty, '.' or '..' segments")
    }
}
