/// The mappings of the language that this version reads.
enum SpecShapes {
    static let root = SpecKeys.object("")
    static let include = SpecKeys.object("include[]")
    static let skip = SpecKeys.object("skip")
    static let listen = SpecKeys.object("listen")
    static let clientTimeouts = SpecKeys.object("listen.timeouts")
    static let admin = SpecKeys.object("admin")
    static let defaults = SpecKeys.object("defaults")
    static let timeouts = SpecKeys.object("defaults.timeouts")
    static let retry = SpecKeys.object("defaults.retry")
    static let breaker = SpecKeys.object("defaults.breaker")
    static let sticky = SpecKeys.object("defaults.sticky")
    static let health = SpecKeys.object("defaults.health")
    static let discovery = SpecKeys.object("defaults.discovery")
    static let endpoint = SpecKeys.object("endpoints[]")
    static let pool = SpecKeys.object("pools[]")
    static let member = SpecKeys.object("pools[].endpoints[]")
    static let modelRule = SpecKeys.object("models[]")
    static let about = SpecKeys.object("models[].about")
    static let key = SpecKeys.object("keys[]")
    static let secret = SpecKeys.object("keys[].secret")
    static let anonymous = SpecKeys.object("anonymous")
    static let stats = SpecKeys.object("stats")
    static let cors = SpecKeys.object("listen.cors")
}

/// The entries of one mapping whose keys are known and built.
struct Fields {
    var span: SourceSpan
    private(set) var entries: [(name: String, node: Int, keySpan: SourceSpan)] = []
    /// Keys that are missing because something was written in their stead, which was reported.
    private var excused: Set<String> = []

    init(span: SourceSpan) {
        self.span = span
    }

    mutating func add(_ name: String, _ node: Int, keySpan: SourceSpan) {
        entries.append((name, node, keySpan))
    }

    /// Takes a key out as if it were not there.
    mutating func remove(_ name: String) {
        entries.removeAll { $0.name == name }
    }

    mutating func excuse(_ name: String) {
        excused.insert(name)
    }

    /// Whether nobody need say that the key is missing.
    func isExcused(_ name: String) -> Bool { excused.contains(name) }

    /// The node of the value of a key.
    subscript(name: String) -> Int? {
        entries.first { $0.name == name }?.node
    }

    /// Where a key was written.
    func keySpan(_ name: String) -> SourceSpan? {
        entries.first { $0.name == name }?.keySpan
    }

    /// The node of a key that must be there; a diagnostic where it is not.
    func required(_ name: String, of owner: String, _ findings: inout Findings) -> Int? {
        guard let node = self[name] else {
            if !isExcused(name) {
                findings.add(.missingKey(name, of: owner, at: span))
            }
            return nil
        }
        return node
    }
}

extension SpecDecoder {
    /// The entries of a mapping; reports keys that it may not have.
    mutating func fields(of node: Int, as shape: SpecObject, _ owner: String) -> Fields? {
        guard tree.kind(node) == .mapping else {
            if findings.isFull {
                findings.countError()
                return nil
            }
            findings.add(
                isNull(node)
                    ? .emptyMapping(owner, at: tree.span(node))
                    : .notMapping(owner, shape, at: tree.span(node)))
            return nil
        }
        var fields = Fields(span: tree.span(node))
        var unknown: [(key: Int, value: Int)] = []
        for (key, value) in tree.entries(of: node) {
            let span = tree.span(key)
            guard tree.kind(key) == .scalar else {
                findings.add(.keyIsNoText(at: span))
                continue
            }
            guard let known = shape.key(named: tree.bytes(key)) else {
                unknown.append((key, value))
                continue
            }
            if known.isBuilt {
                // The first of two counts; the reader reported the second.
                if fields[known.name] == nil {
                    fields.add(known.name, value, keySpan: span)
                }
            } else {
                findings.add(.keyNotSupported(known.path, at: span))
            }
        }
        for (key, value) in unknown {
            take(key, value, shape, owner, &fields)
        }
        return fields
    }

    /// Reports an unknown key; one that is misspelled is read as what it was meant to be.
    private mutating func take(
        _ key: Int, _ value: Int, _ shape: SpecObject, _ owner: String, _ fields: inout Fields
    ) {
        let span = tree.span(key)
        if tree.bytes(key).elementsEqual("<<".utf8) {
            findings.add(.mergeKey(at: span))
            return
        }
        let name = tree.text(key)
        let advice = findings.isFull ? .none : KeyAdvice.of(name, in: shape)
        switch advice {
        case .misspelled(let meant):
            if fields[meant] == nil, shape.key(named: Array(meant.utf8)[...])?.isBuilt == true {
                fields.add(meant, value, keySpan: span)
            }
        case .synonym(let meant):
            fields.excuse(meant)
        case .planned(let path):
            let planned = shape.keys.first { $0.path == path }
            let note = planned.map { "the language calls it '\($0.name)'" }
            findings.add(
                .keyNotSupported(path, at: span, note ?? "nor will it be a key of \(owner)"))
            return
        case .elsewhere, .hint, .none:
            break
        }
        findings.add(.unknownKey(name, owner, at: span, advice, shape))
    }
}

extension Diagnostic {
    fileprivate static func unknownKey(
        _ name: String, _ owner: String, at span: SourceSpan, _ advice: KeyAdvice,
        _ shape: SpecObject
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownKey, "\(owner) has no key \(quoted(name))", at: Label(span, "unknown key"))
        switch advice {
        case .misspelled(let meant), .synonym(let meant):
            diagnostic.help = "did you mean '\(meant)'?"
            diagnostic.fixIts = [FixIt(span, meant, .maybeIncorrect)]
        case .elsewhere(let known, let places):
            diagnostic.primary.text = "this key belongs elsewhere"
            diagnostic.help = "\(quoted(known)) stands in \(listed(places, last: "or"))"
        case .hint(let hint):
            diagnostic.help = hint
        case .planned, .none:
            let built = shape.keys.filter(\.isBuilt).map(\.name)
            diagnostic.help = "it may have \(listed(built))"
        }
        return diagnostic
    }

    fileprivate static func mergeKey(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .mergeKey, "a spec has no merge keys '<<'", at: Label(span),
            help: "write the keys out, or give the whole value an anchor and refer to it")
    }

    fileprivate static func keyNotSupported(
        _ path: String, at span: SourceSpan, _ note: String? = nil
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .notSupportedYet, "'\(path)' is not supported yet",
            at: Label(span, "part of the language, but not of routerc \(RoutercVersion.current)"),
            notes: ["a key that has no effect would be worse than none, so it is an error"],
            help: "delete it until a routerc has it")
        if let note { diagnostic.notes.append(note) }
        return diagnostic
    }

    fileprivate static func keyIsNoText(at span: SourceSpan) -> Diagnostic {
        Diagnostic(.wrongShape, "a key is a text", at: Label(span, "this is no text"))
    }

    fileprivate static func notMapping(
        _ owner: String, _ shape: SpecObject, at span: SourceSpan
    ) -> Diagnostic {
        let names = shape.keys.filter(\.isBuilt).map(\.name)
        return Diagnostic(
            .wrongShape, "\(owner) is a mapping of keys to values",
            at: Label(span, "this is no mapping"), help: "it may have \(listed(names))")
    }

    fileprivate static func missingKey(
        _ name: String, of owner: String, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .missingKey, "\(owner) needs '\(name)'", at: Label(span, "there is no '\(name)' here"),
            help: "write \(name): and its value here")
    }
}
