/// `include` and `skip`.
extension SpecDecoder {
    mutating func include(_ node: Int) -> SpecDocument.Include? {
        guard let fields = fields(of: node, as: SpecShapes.include, "an include") else {
            return nil
        }
        let kind: SpecDocument.Include.Kind
        let globNode: Int
        switch (fields["spec"], fields["traefik"]) {
        case (let spec?, nil):
            refuse(["credential", "literal_secrets"], beside: "spec", of: fields)
            kind = .specs(mayDefine: fields["may_define"].map { mayDefine($0) })
            globNode = spec
        case (nil, let traefik?):
            refuse(["may_define"], beside: "traefik", of: fields)
            kind = .traefik(
                credential: credential(fields["credential"]),
                allowsLiterals: allows(fields["literal_secrets"], "literal_secrets"))
            globNode = traefik
        case (.some, .some):
            let span = fields.keySpan("traefik") ?? fields.span
            findings.add(.specAndTraefik(at: span, spec: fields.keySpan("spec") ?? fields.span))
            return nil
        case (nil, nil):
            if !fields.isExcused("spec"), !fields.isExcused("traefik") {
                findings.add(.nothingIncluded(at: fields.span))
            }
            return nil
        }
        guard let glob = fileGlob(globNode) else { return nil }
        return SpecDocument.Include(
            kind: kind, glob: glob, names: matchers(fields["names"], "names of an include"),
            mayBeEmpty: allows(fields["empty"], "empty"), span: fields.span)
    }

    mutating func skip(_ node: Int?) -> SpecDocument.Skip {
        guard let node, let fields = fields(of: node, as: SpecShapes.skip, "skip") else {
            return SpecDocument.Skip()
        }
        return SpecDocument.Skip(
            files: matchers(fields["files"], "skip.files") ?? [],
            models: matchers(fields["models"], "skip.models") ?? [])
    }

    private mutating func refuse(_ names: [String], beside kind: String, of fields: Fields) {
        for name in names {
            if let span = fields.keySpan(name) {
                findings.add(.includeWith(name, kind, at: span))
            }
        }
    }

    /// `allow`, which is the only value; false where the key is absent.
    private mutating func allows(_ node: Int?, _ what: String) -> Bool {
        guard let node, let text = text(node, what) else { return false }
        guard text.value == "allow" else {
            findings.add(.notAllow(what, text))
            return false
        }
        return true
    }

    private mutating func fileGlob(_ node: Int) -> Spanned<FileGlob>? {
        guard let text = text(node, "the path of an include") else { return nil }
        switch FileGlob.parse(text.value) {
        case .success(let glob): return Spanned(glob, at: text.span)
        case .failure(let fault):
            findings.add(.badInclude(text, fault))
            return nil
        }
    }

    private mutating func mayDefine(_ node: Int) -> [String] {
        each(node, "may_define") { decoder, node -> String? in
            guard let text = decoder.text(node, "a key of may_define") else { return nil }
            guard SpecDocument.Include.definable.contains(text.value) else {
                decoder.findings.add(.notDefinable(text))
                return nil
            }
            return text.value
        }
    }
}

extension SpecDocument.Include {
    /// What `may_define` may list: the keys of a spec that an included file can add to or set.
    static let definable: [String] = SpecShapes.root.keys.map(\.name)
        .filter { !["version", "requires", "include", "skip"].contains($0) }
    /// What it lists where it is absent.
    static let definedByDefault = ["pools", "models", "keys", "groups", "endpoints", "tests"]
}

extension Diagnostic {
    fileprivate static func specAndTraefik(
        at span: SourceSpan, spec: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .contradiction, "an include has 'spec' or 'traefik', not both", at: Label(span),
            also: [Label(spec, "the other")], help: "write two includes")
    }

    fileprivate static func nothingIncluded(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .missingKey, "an include needs 'spec' or 'traefik'",
            at: Label(span, "neither is here"), help: "spec: teams/*.yaml")
    }

    fileprivate static func includeWith(
        _ name: String, _ kind: String, at span: SourceSpan
    ) -> Diagnostic {
        let owner = kind == "spec" ? "a spec" : "a Traefik folder"
        return Diagnostic(
            .contradiction, "'\(name)' has no meaning for \(owner)", at: Label(span),
            help: kind == "spec"
                ? "a spec says itself what credentials and secrets it has; delete the line"
                : "what Traefik files define is always pools, endpoints and keys; delete the line")
    }

    fileprivate static func notAllow(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badChoice, "\(what) is allow, not \(quoted(text.value))", at: Label(text.span),
            help: "write allow, or delete the line",
            fixIts: [FixIt(text.span, "allow", .maybeIncorrect)])
    }

    fileprivate static func badInclude(
        _ text: Spanned<String>, _ fault: FileGlob.Fault
    ) -> Diagnostic {
        let rule =
            switch fault {
            case .absolute: "is relative to the spec, not absolute"
            case .upwards: "stays inside the folder of the spec"
            case .emptyPart: "has no empty parts and no '.'"
            case .tooLong: "has at most \(FileGlob.maxBytes) bytes"
            case .control: "has no control characters"
            }
        return Diagnostic(
            .badInclude, "the path of an include \(rule), unlike \(quoted(text.value))",
            at: Label(text.span),
            help: "a path such as teams/*.yaml; '*' stands for anything within one part of it")
    }

    fileprivate static func notDefinable(_ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice, "an included file cannot define \(quoted(text.value))",
            at: Label(text.span),
            help: "it may define \(listed(SpecDocument.Include.definedByDefault))")
        let nearest = NearestName.nearest(
            to: text.value, among: SpecDocument.Include.definable)
        if let nearest {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(text.span, nearest, .maybeIncorrect)]
        }
        return diagnostic
    }
}
