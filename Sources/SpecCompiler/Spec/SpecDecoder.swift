/// Reads the nodes of a spec by the types of its keys.
///
/// Every function reads one thing, reports what is wrong with it and returns nil or what it could
/// read, so that one run finds all mistakes. `SpecKeys` says which keys there are.
struct SpecDecoder {
    let tree: NodeTree
    var findings: Findings
    /// The sources of patterns that PCRE2 accepted.
    var knownPatterns: Set<String> = []

    /// What `tree` says; nothing where there is no mapping at its root.
    ///
    /// With `part` it is an included file.
    static func decode(
        _ tree: NodeTree, part: SpecPart? = nil, findings: inout Findings
    ) -> SpecDocument? {
        var decoder = SpecDecoder(tree: tree, findings: findings)
        let document = decoder.document(part)
        findings = decoder.findings
        return document
    }

    /// What a file of Traefik says.
    static func decodeTraefik(
        _ tree: NodeTree, allowsLiterals: Bool, findings: inout Findings
    ) -> TraefikFile? {
        var decoder = SpecDecoder(tree: tree, findings: findings)
        let file = decoder.traefikFile(allowsLiterals: allowsLiterals)
        findings = decoder.findings
        return file
    }

    private mutating func document(_ part: SpecPart?) -> SpecDocument? {
        guard let root = tree.root else {
            let end = SourceSpan(file: tree.file, start: 0, end: 0)
            findings.add(.emptySpec(at: end))
            return nil
        }
        guard var fields = fields(of: root, as: SpecShapes.root, "a spec") else { return nil }
        checkVersion(fields)
        part?.checkKeys(of: &fields, &findings)
        var document = SpecDocument(root: fields.span)
        for name in SpecDocument.onceNames {
            document.once[name] = fields.keySpan(name)
        }
        document.includes = each(fields["include"], "include") { $0.include($1) }
        document.skip = skip(fields["skip"])
        document.isWhole = tree.isComplete
        document.listen = listen(fields["listen"])
        document.admin = admin(fields["admin"])
        readDefaults(fields["defaults"], into: &document)
        document.endpoints = each(fields["endpoints"], "endpoints") { $0.endpoint($1) }
        // With includes, the pools may be in another file.
        let needsPools = part == nil && fields["include"] == nil
        let pools = needsPools ? fields.required("pools", of: "a spec", &findings) : fields["pools"]
        document.pools = each(pools, "pools") { $0.pool($1) }
        document.models = each(fields["models"], "models") { $0.modelRule($1) }
        document.clientFallback =
            fields["client_fallback"].flatMap { boolean($0, "client_fallback") } ?? false
        document.keys = each(fields["keys"], "keys") { $0.key($1) }
        document.anonymous = anonymous(fields["anonymous"])
        document.stats = stats(fields["stats"])
        document.responseMetadata = responseMetadata(fields["response_metadata"])
        return document
    }

    private mutating func checkVersion(_ fields: Fields) {
        if let node = fields["version"], let version = text(node, "version"), version.value != "1" {
            findings.add(.unknownVersion(version))
        }
        guard let node = fields["requires"], let wanted = text(node, "requires") else { return }
        guard let version = VersionText(wanted.value) else {
            findings.add(.malformedVersion(wanted))
            return
        }
        if let current = VersionText(RoutercVersion.current), current < version {
            findings.add(.requiresNewer(wanted))
        }
    }
}

extension Diagnostic {
    fileprivate static func emptySpec(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "a spec is a mapping, and this file is empty", at: Label(span),
            help: "the smallest spec has pools with a name, endpoints and models")
    }

    fileprivate static func unknownVersion(_ version: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unsupportedVersion,
            "the language has version 1, and this spec says \(quoted(version.value))",
            at: Label(version.span, "only 1 is known"),
            help: "write version: 1, or delete the line; requires: says which routerc it needs",
            fixIts: [FixIt(version.span, "1", .maybeIncorrect)])
    }

    fileprivate static func malformedVersion(_ version: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unsupportedVersion,
            "requires is a version such as 0.4 or 0.4.1, not \(quoted(version.value))",
            at: Label(version.span))
    }

    fileprivate static func requiresNewer(_ version: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unsupportedVersion,
            "the spec requires routerc \(version.value), and this is \(RoutercVersion.current)",
            at: Label(version.span, "newer than this routerc"),
            help: "install a newer routerc; an older one could misread this spec")
    }
}
