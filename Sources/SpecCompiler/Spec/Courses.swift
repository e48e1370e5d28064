internal import TableFormat

/// Where a model rule leads besides one pool: `split`, `then`, `fallback`; and `sticky`, which says
/// what a session is.
extension SpecDecoder {
    /// `pool` or `split`: one of them.
    mutating func target(
        of rule: Fields
    ) -> (pool: Spanned<String>?, split: [SpecDocument.Share]) {
        guard let split = rule["split"], let splitSpan = rule.keySpan("split") else {
            guard let pool = rule["pool"] else {
                if !rule.isExcused("pool"), !rule.isExcused("split") {
                    findings.add(.leadsNowhere(at: rule.span))
                }
                return (nil, [])
            }
            return (reference(pool, "the name of a pool"), [])
        }
        if let span = rule.keySpan("pool") {
            findings.add(.poolAndSplit(at: span, split: splitSpan))
        }
        return (nil, shares(split))
    }

    /// The keys that a rule is for.
    mutating func audience(_ node: Int?) -> [Spanned<String>]? {
        guard let node else { return nil }
        let names = each(node, "for") { $0.reference($1, "the name of a key") }
        if tree.kind(node) == .sequence, tree.children(of: node).isEmpty {
            findings.add(.forNobody(at: tree.span(node)))
        }
        reportRepeated(names, in: "for")
        return names
    }

    private mutating func shares(_ node: Int) -> [SpecDocument.Share] {
        guard tree.kind(node) == .mapping else {
            findings.add(
                isNull(node)
                    ? .emptyMapping("split", at: tree.span(node))
                    : .splitNotMapping(at: tree.span(node)))
            return []
        }
        let entries = tree.entries(of: node)
        let shares = entries.compactMap { key, value -> SpecDocument.Share? in
            let pool = reference(key, "the name of a pool")
            let percent = share(value)
            guard let pool, let percent else { return nil }
            return SpecDocument.Share(pool: pool, percent: percent)
        }
        let sum = shares.reduce(0) { $0 + $1.percent }
        if shares.count == entries.count, sum != 100 {
            findings.add(.sharesNotWhole(sum, at: tree.span(node)))
        }
        reportTooMany(entries.count, "sides of a split", at: tree.span(node))
        return shares
    }

    /// A whole number of percents; the sign may be written.
    private mutating func share(_ node: Int) -> UInt64? {
        guard let text = text(node, "a share of split") else { return nil }
        let digits = text.value.hasSuffix("%") ? String(text.value.dropLast()) : text.value
        guard !digits.isEmpty, digits.utf8.count <= 3, digits.utf8.allSatisfy(isDigit),
            let percent = UInt64(digits), percent <= 100
        else {
            findings.add(.badShare(text))
            return nil
        }
        return percent
    }

    /// Pools that are tried next, each once.
    mutating func then(_ rule: Fields) -> [Spanned<String>] {
        guard let node = rule["then"] else { return [] }
        let pools = each(node, "then") { $0.reference($1, "the name of a pool") }
        reportRepeated(pools, in: "then")
        if let pool = rule["pool"], tree.kind(pool) == .scalar,
            let again = pools.first(where: { $0.value == tree.text(pool) })
        {
            findings.add(.thenItself(again, pool: tree.span(pool)))
        }
        reportTooMany(pools.count, "pools in then", at: tree.span(node))
        return pools
    }

    /// Models that are tried after those, each once.
    mutating func fallback(_ rule: Fields) -> [Spanned<String>] {
        guard let node = rule["fallback"] else { return [] }
        let models = each(node, "fallback") { $0.modelID($1, "a model of fallback") }
        reportRepeated(models, in: "fallback")
        if let match = rule["match"], tree.kind(match) == .scalar,
            let again = models.first(where: { $0.value == tree.text(match) })
        {
            findings.add(.fallbackItself(again, match: tree.span(match)))
        }
        reportTooMany(models.count, "models in fallback", at: tree.span(node))
        return models
    }

    private mutating func reportRepeated(_ entries: [Spanned<String>], in list: String) {
        var seen: [String: SourceSpan] = [:]
        for entry in entries {
            if let earlier = seen[entry.value] {
                findings.add(.triedTwice(entry, in: list, earlier: earlier))
            } else {
                seen[entry.value] = entry.span
            }
        }
    }

    private mutating func reportTooMany(_ count: Int, _ what: String, at span: SourceSpan) {
        guard count > CourseRecord.listMax else { return }
        findings.add(.tooManyOfCourse(what, count, at: span))
    }

    /// `models` of a pool's endpoint.
    mutating func serving(_ node: Int?) -> Spanned<ResolvedSpec.Serving>? {
        guard let node else { return nil }
        let what = "models of a pool's endpoint"
        if tree.kind(node) == .scalar, !isNull(node) {
            guard let text = text(node, what) else { return nil }
            if text.value == "discovered" { return Spanned(.discovered, at: text.span) }
            findings.add(.neitherListNorDiscovered(text))
            return nil
        }
        let matchers = matchers(node, what) ?? []
        for matcher in matchers where matcher.kind == .exact("discovered") {
            findings.add(.discoveredInList(at: matcher.place, list: tree.span(node)))
        }
        if tree.kind(node) == .sequence, tree.children(of: node).isEmpty {
            findings.add(.servesNothing(at: tree.span(node)))
        }
        return Spanned(.listed(matchers), at: tree.span(node))
    }

    // MARK: - Sessions

    mutating func sticky(_ node: Int?) -> SpecDocument.Sticky {
        guard let node else { return .inherited }
        let standard = "{ by: [\(SessionName.usual.map(\.text).joined(separator: ", "))] }"
        if let isNone = isNone(node, "sticky", standard: standard) {
            return isNone ? .off : .inherited
        }
        guard let fields = fields(of: node, as: SpecShapes.sticky, "sticky") else {
            return .inherited
        }
        return .on(
            by: fields["by"].map { sessionNames($0) },
            whenDown: fields["when_down"].flatMap { whenDown($0) })
    }

    private mutating func whenDown(_ node: Int) -> WhenDown? {
        guard let text = text(node, "sticky.when_down") else { return nil }
        switch text.value {
        case "move": return .move
        case "refuse": return .refuse
        default:
            findings.add(.badWhenDown(text))
            return nil
        }
    }

    private mutating func sessionNames(_ node: Int) -> [SessionName] {
        let names = each(node, "sticky.by") { decoder, node in
            decoder.sessionName(node).map { Spanned($0, at: decoder.tree.span(node)) }
        }
        reportRepeated(names.map { Spanned($0.value.plainText, at: $0.span) }, in: "sticky.by")
        if tree.kind(node) == .sequence, tree.children(of: node).isEmpty {
            findings.add(.nothingNamesSessions(at: tree.span(node)))
        }
        reportTooMany(names.count, "sources in sticky.by", at: tree.span(node))
        return names.map(\.value)
    }

    private mutating func sessionName(_ node: Int) -> SessionName? {
        guard let text = text(node, "a source of sticky.by") else { return nil }
        switch text.value {
        case "key": return .key
        case "body:user": return .user
        case "body:prompt_cache_key": return .promptCacheKey
        default: break
        }
        guard text.value.hasPrefix("header:") else {
            findings.add(.badSessionName(text))
            return nil
        }
        let name = text.value.dropFirst("header:".count).lowercased()
        guard HeaderText.isToken(name) else {
            findings.add(.badSessionName(text))
            return nil
        }
        guard !SecretPlaces.soundsSecret(name.utf8) else {
            findings.add(.secretNamesSession(text))
            return nil
        }
        return .header(name)
    }
}

/// Where the name of a session stands in a request.
package enum SessionName: Sendable, Hashable {
    /// In lower case.
    case header(String)
    case user
    case promptCacheKey
    case key

    /// What counts where a spec does not say.
    static let usual: [SessionName] = [.header("x-session-id"), .promptCacheKey, .user]

    var plainText: String {
        switch self {
        case .header(let name): "header:\(name)"
        case .user: "body:user"
        case .promptCacheKey: "body:prompt_cache_key"
        case .key: "key"
        }
    }

    /// As a spec writes it.
    var text: String {
        if case .header = self { "\"\(plainText)\"" } else { plainText }
    }
}

extension Diagnostic {
    fileprivate static func leadsNowhere(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .missingKey, "a model rule needs 'pool' or 'split'",
            at: Label(span, "there is neither here"),
            help: "pool: names where its requests go, split: shares them among several")
    }

    fileprivate static func poolAndSplit(at span: SourceSpan, split: SourceSpan) -> Diagnostic {
        Diagnostic(
            .contradiction, "a model rule has 'pool' or 'split', not both", at: Label(span),
            also: [Label(split, "this says where its requests go")],
            help: "write the pool with its share into the split")
    }

    fileprivate static func forNobody(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "'for' names the keys that a rule is for",
            at: Label(span, "this list is empty"),
            help: "delete the line: without it the rule is for everybody")
    }

    fileprivate static func neitherListNorDiscovered(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .wrongShape,
            "models of a pool's endpoint is a list of matchers, or 'discovered', not "
                + quoted(text.value),
            at: Label(text.span),
            help: "models: [\(text.value)] is a list of one",
            fixIts: [FixIt(text.span, "[\(text.value)]", .maybeIncorrect)])
    }

    fileprivate static func servesNothing(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "an endpoint of a pool serves something",
            at: Label(span, "this list is empty"),
            help: "delete the line for everything; weight: 0 or drain: true take it out")
    }

    fileprivate static func splitNotMapping(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "split is a mapping of pool to percentage",
            at: Label(span, "this is no mapping"), help: "split: { stable: 95, canary: 5 }")
    }

    fileprivate static func sharesNotWhole(_ sum: UInt64, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badNumber, "the shares of a split are 100 in all, and these are \(sum)",
            at: Label(span), help: "shares are percents, such as { stable: 95, canary: 5 }")
    }

    fileprivate static func badShare(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badNumber,
            "a share of split is a whole number of percents from 0 to 100, not "
                + quoted(text.value),
            at: Label(text.span),
            help: "shares are percents, such as { stable: 95, canary: 5 }")
    }

    fileprivate static func triedTwice(
        _ entry: Spanned<String>, in list: String, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .repeatedEntry, "\(quoted(entry.value)) is in \(list) already",
            at: Label(entry.span, "the second"), also: [Label(earlier, "the first")],
            help: "delete it")
    }

    fileprivate static func thenItself(_ entry: Spanned<String>, pool: SourceSpan) -> Diagnostic {
        Diagnostic(
            .repeatedEntry, "\(quoted(entry.value)) is the pool of the rule already",
            at: Label(entry.span, "never tried again"), also: [Label(pool, "tried first")],
            help: "delete it; 'retry' says how often a pool is asked")
    }

    fileprivate static func fallbackItself(
        _ entry: Spanned<String>, match: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .repeatedEntry, "\(quoted(entry.value)) is the model of the rule already",
            at: Label(entry.span, "never tried again"), also: [Label(match, "tried first")],
            help: "delete it; 'then' names other pools for the same model")
    }

    fileprivate static func discoveredInList(at span: SourceSpan, list: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "'discovered' is no entry of a list: it stands for what an endpoint names",
            at: Label(span, "would be a model of this name"),
            help: "write models: discovered, without brackets",
            fixIts: [FixIt(list, "discovered", .maybeIncorrect)])
    }

    fileprivate static func tooManyOfCourse(
        _ what: String, _ count: Int, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .tooMany, "there are at most \(CourseRecord.listMax) \(what), and here are \(count)",
            at: Label(span))
    }

    fileprivate static func badWhenDown(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badChoice, "sticky.when_down is move or refuse, not \(quoted(text.value))",
            at: Label(text.span),
            help: "move lets another endpoint take the session for so long, refuse answers 503")
    }

    fileprivate static func badSessionName(_ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice,
            "a source of sticky.by is header:NAME, body:prompt_cache_key, body:user or key, not "
                + quoted(text.value),
            at: Label(text.span))
        let near: String? =
            switch text.value.lowercased() {
            case "user", "body.user": "body:user"
            case "prompt_cache_key", "cache_key", "body.prompt_cache_key": "body:prompt_cache_key"
            case "api_key", "apikey", "api-key", "token", "authorization": "key"
            default: nil
            }
        if let near {
            diagnostic.help = "did you mean '\(near)'?"
            diagnostic.fixIts = [FixIt(text.span, near, .maybeIncorrect)]
        } else if text.value.lowercased().hasPrefix("cookie") {
            diagnostic.help = "clients of an API keep no cookies; let them send a header"
        } else if ["ip", "client", "client_ip", "source_ip"].contains(text.value.lowercased()) {
            diagnostic.help = "many people share an address; 'key' is the caller's key"
        } else if HeaderText.isToken(text.value.lowercased()), text.value.contains("-") {
            diagnostic.help = "did you mean 'header:\(text.value)'?"
            diagnostic.fixIts = [
                FixIt(text.span, "\"header:\(text.value)\"", .maybeIncorrect)
            ]
        }
        return diagnostic
    }

    fileprivate static func secretNamesSession(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badChoice, "a secret does not name a session", at: Label(text.span),
            help: "write 'key': the name of the caller's key counts then, not the secret")
    }

    fileprivate static func nothingNamesSessions(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "sticky.by names what a session goes by",
            at: Label(span, "this list is empty"),
            help: "sticky: none keeps no sessions; delete the line for the default")
    }
}
