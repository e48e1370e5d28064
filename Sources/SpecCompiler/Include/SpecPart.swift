/// An included spec: what its include says that it may define.
struct SpecPart {
    /// Relative to the root.
    let path: String
    /// Where it is included.
    let include: SourceSpan
    let mayDefine: [String]
    /// What names must match; nil is anything.
    let names: MatcherSet?
    let namesSpan: SourceSpan?

    /// Takes out of the root mapping what the file may not define.
    func checkKeys(of fields: inout Fields, _ findings: inout Findings) {
        let free = ["version", "requires"]
        for (name, _, span) in fields.entries
        where !free.contains(name) && !mayDefine.contains(name) {
            findings.add(.notOwned(name, self, at: span))
            fields.remove(name)
        }
    }

    /// Reports names that the include does not allow.
    func checkNames(of document: SpecDocument, _ findings: inout Findings) {
        checkNames(document.endpoints.compactMap(\.name), "endpoints", &findings)
        checkNames(document.pools.compactMap(\.name), "pools", &findings)
        let inline = document.pools.flatMap(\.members).compactMap { member in
            if case .inline(let endpoint) = member.target { endpoint.name } else { nil }
        }
        checkNames(inline, "endpoints", &findings)
        checkNames(document.keys.compactMap(\.name), "keys", &findings)
    }

    func checkNames(_ given: [Spanned<String>], _ kind: String, _ findings: inout Findings) {
        guard let names else { return }
        for name in given where !names.matches(name.value) {
            findings.add(.nameNotOwned(name, kind, self))
        }
    }
}

extension SpecDocument {
    /// Adds what an included spec defines; what stands once in a spec stands in one file.
    mutating func add(_ part: SpecDocument, _ findings: inout Findings) {
        endpoints += part.endpoints
        pools += part.pools
        models += part.models
        keys += part.keys
        isWhole = isWhole && part.isWhole
        for (name, span) in part.once.sorted(by: { $0.value.start < $1.value.start }) {
            if let earlier = once[name] {
                findings.add(.sectionTwice(name, at: span, earlier: earlier))
                continue
            }
            once[name] = span
            switch name {
            case "listen": listen = part.listen
            case "admin": admin = part.admin
            case "defaults":
                timeouts = part.timeouts
                retry = part.retry
                breaker = part.breaker
                sticky = part.sticky
                health = part.health
                discovery = part.discovery
            case "anonymous": anonymous = part.anonymous
            case "stats": stats = part.stats
            case "client_fallback": clientFallback = part.clientFallback
            case "response_metadata": responseMetadata = part.responseMetadata
            default: break
            }
        }
    }

    /// The keys of a spec that stand once in it, whatever file they are in.
    static let onceNames = [
        "listen", "admin", "defaults", "anonymous", "stats", "client_fallback",
        "response_metadata",
    ]
}

extension Diagnostic {
    fileprivate static func notOwned(
        _ name: String, _ part: SpecPart, at span: SourceSpan
    ) -> Diagnostic {
        let canBe = SpecDocument.Include.definable.contains(name)
        return Diagnostic(
            .notOwned, "\(quoted(part.path)) may not define \(quoted(name))",
            at: Label(span, "not for this file"), also: [Label(part.include, "included here")],
            notes: ["it may define \(listed(part.mayDefine))"],
            help: "move it into the file with the include"
                + (canBe ? ", or add \(quoted(name)) to 'may_define' of that include" : ""))
    }

    fileprivate static func nameNotOwned(
        _ name: Spanned<String>, _ kind: String, _ part: SpecPart
    ) -> Diagnostic {
        Diagnostic(
            .notOwned,
            "names of \(kind) in \(quoted(part.path)) must match what its include says, and "
                + "\(quoted(name.value)) does not",
            at: Label(name.span, "not a name for this file"),
            also: [Label(part.namesSpan ?? part.include, "names must match this")],
            help: "give it another name, or let 'names' of the include match it")
    }

    fileprivate static func sectionTwice(
        _ name: String, at span: SourceSpan, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .duplicateName, "\(quoted(name)) stands once in a spec, and this is the second",
            at: Label(span, "the second"), also: [Label(earlier, "the first")],
            help: "keep it in one of the files")
    }
}
