/// The mappings of the language that this version reads.
enum SpecShapes {
    static let root = SpecKeys.object("")
    static let listen = SpecKeys.object("listen")
    static let admin = SpecKeys.object("admin")
    static let defaults = SpecKeys.object("defaults")
    static let timeouts = SpecKeys.object("defaults.timeouts")
    static let endpoint = SpecKeys.object("endpoints[]")
    static let pool = SpecKeys.object("pools[]")
    static let member = SpecKeys.object("pools[].endpoints[]")
    static let modelRule = SpecKeys.object("models[]")
    static let about = SpecKeys.object("models[].about")
    static let key = SpecKeys.object("keys[]")
    static let secret = SpecKeys.object("keys[].secret")
    static let anonymous = SpecKeys.object("anonymous")
}

/// The entries of one mapping whose keys are known and built.
struct Fields {
    var span: SourceSpan
    private(set) var entries: [(name: String, node: Int, keySpan: SourceSpan)] = []

    init(span: SourceSpan) {
        self.span = span
    }

    mutating func add(_ name: String, _ node: Int, keySpan: SourceSpan) {
        entries.append((name, node, keySpan))
    }

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
            findings.add(.missingKey(name, of: owner, at: span))
            return nil
        }
        return node
    }
}

extension SpecDecoder {
    /// The entries of a mapping; reports keys that it may not have.
    mutating func fields(of node: Int, as shape: SpecObject, _ owner: String) -> Fields? {
        guard tree.kind(node) == .mapping else {
            findings.add(
                isNull(node)
                    ? .emptyValue(owner, at: tree.span(node))
                    : .notMapping(owner, shape, at: tree.span(node)))
            return nil
        }
        var fields = Fields(span: tree.span(node))
        for (key, value) in tree.entries(of: node) {
            let span = tree.span(key)
            guard tree.kind(key) == .scalar else {
                findings.add(.keyIsNoText(at: span))
                continue
            }
            guard let known = shape.key(named: tree.bytes(key)) else {
                findings.add(unknownKey(key, shape, owner))
                continue
            }
            if known.isBuilt {
                // The first of two counts; the reader reported the second.
                if fields[known.name] == nil {
                    fields.add(known.name, value, keySpan: span)
                }
            } else {
                findings.add(.keyNotSupported(known, at: span))
            }
        }
        return fields
    }

    private func unknownKey(_ key: Int, _ shape: SpecObject, _ owner: String) -> Diagnostic {
        let span = tree.span(key)
        if tree.bytes(key).elementsEqual("<<".utf8) {
            return .mergeKey(at: span)
        }
        let name = tree.text(key)
        let built = shape.keys.filter(\.isBuilt).map(\.name)
        if findings.isFull {
            return .unknownKey(name, owner, at: span, nearest: nil, known: built)
        }
        let planned = shape.keys.filter { !$0.isBuilt }.map(\.name)
        let nearest =
            NearestName.nearest(to: name, among: built)
            ?? NearestName.nearest(to: name, among: planned)
        return .unknownKey(name, owner, at: span, nearest: nearest, known: built)
    }
}

extension Diagnostic {
    fileprivate static func unknownKey(
        _ name: String, _ owner: String, at span: SourceSpan, nearest: String?, known: [String]
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownKey, "\(owner) has no key \(quoted(name))", at: Label(span, "unknown key"))
        if let nearest {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(span, nearest, .maybeIncorrect)]
        } else {
            diagnostic.help = "it may have \(listed(known))"
        }
        return diagnostic
    }

    fileprivate static func mergeKey(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .mergeKey, "a spec has no merge keys '<<'", at: Label(span),
            help: "write the keys out, or give the whole value an anchor and refer to it")
    }

    fileprivate static func keyNotSupported(_ key: SpecKey, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notSupportedYet, "'\(key.path)' is not supported yet",
            at: Label(span, "part of the language, but not of routerc \(RoutercVersion.current)"),
            notes: ["a key that has no effect would be worse than none, so it is an error"],
            help: "delete it until a routerc has it")
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
            .missingKey, "\(owner) needs '\(name)'", at: Label(span, "there is no '\(name)' here"))
    }
}
