internal import TableFormat

/// `endpoints`, `pools` and `models`.
extension SpecDecoder {
    mutating func endpoint(_ node: Int) -> SpecDocument.Endpoint? {
        guard let fields = fields(of: node, as: SpecShapes.endpoint, "an endpoint") else {
            return nil
        }
        let name = fields.required("name", of: "an endpoint", &findings)
        let url = fields.required("url", of: "an endpoint", &findings)
        return SpecDocument.Endpoint(
            name: name.flatMap { self.name($0, "the name of an endpoint") },
            url: url.flatMap { self.url($0, "the URL of an endpoint") },
            credential: credential(fields["credential"]), headers: headers(fields["headers"]),
            ca: fields["ca"].flatMap { filePath($0, "ca") }, kind: kind(fields["kind"]),
            drains: drains(fields), health: health(fields, "an endpoint"), span: fields.span)
    }

    private mutating func drains(_ fields: Fields) -> Bool {
        fields["drain"].flatMap { boolean($0, "drain") } ?? false
    }

    mutating func pool(_ node: Int) -> SpecDocument.Pool? {
        guard let fields = fields(of: node, as: SpecShapes.pool, "a pool") else { return nil }
        let name = fields.required("name", of: "a pool", &findings)
        let memberList = fields.required("endpoints", of: "a pool", &findings)
        let (members, areAll) = memberList.map { self.members($0) } ?? ([], false)
        return SpecDocument.Pool(
            name: name.flatMap { self.name($0, "the name of a pool") },
            models: matchers(fields["models"], "models of a pool") ?? [],
            members: members, hasAllMembers: areAll,
            strategy: fields["strategy"].flatMap { strategy($0) } ?? .roundRobin,
            timeouts: timeouts(fields["timeouts"]), retry: retry(fields["retry"]),
            breaker: breaker(fields["breaker"]), sticky: sticky(fields["sticky"]),
            health: health(fields, "a pool"),
            span: fields.span)
    }

    private mutating func strategy(_ node: Int) -> Strategy? {
        guard let text = text(node, "strategy") else { return nil }
        let strategy = Strategy.allCases.first { $0.name == text.value }
        if strategy == nil { findings.add(.unknownStrategy(text)) }
        return strategy
    }

    /// Those that could be read, and whether that is all of them.
    private mutating func members(_ node: Int) -> ([SpecDocument.Member], areAll: Bool) {
        guard tree.kind(node) == .sequence else {
            _ = list(node, "endpoints of a pool")
            return ([], false)
        }
        let nodes = tree.children(of: node)
        let members = nodes.compactMap { member($0) }
        let areAll = members.count == nodes.count && members.allSatisfy { $0.isRead }
        return (members, areAll)
    }

    private mutating func member(_ node: Int) -> SpecDocument.Member? {
        guard tree.kind(node) == .scalar else { return detailedMember(node) }
        let span = tree.span(node)
        // No name holds a slash, so whatever does was meant as a URL.
        if URLText.looksLikeURL(tree.bytes(node)) || tree.bytes(node).contains(UInt8(ascii: "/")) {
            guard let url = url(node, "the URL of an endpoint") else { return nil }
            let endpoint = SpecDocument.Endpoint(
                name: nil, url: url, credential: .none, headers: [], span: span)
            return SpecDocument.Member(
                target: .inline(endpoint), weight: nil, sendAs: [], span: span)
        }
        guard let name = reference(node, "the name of an endpoint") else { return nil }
        return SpecDocument.Member(target: .name(name), weight: nil, sendAs: [], span: span)
    }

    private mutating func detailedMember(_ node: Int) -> SpecDocument.Member? {
        let owner = "an endpoint of a pool"
        guard let fields = fields(of: node, as: SpecShapes.member, owner) else { return nil }
        guard let target = target(fields) else { return nil }
        let weight = fields["weight"].flatMap { number($0, "weight", 0...1000) }
        let tier = fields["tier"].flatMap { number($0, "tier", 1...100) }
        return SpecDocument.Member(
            target: target, weight: weight.map { Spanned(UInt32($0.value), at: $0.span) },
            tier: tier.map { Spanned(UInt32($0.value), at: $0.span) },
            serves: serving(fields["models"]),
            sendAs: sendAsMapping(fields["send_as"]), span: fields.span)
    }

    /// What only an endpoint with a name can say of itself.
    private static let ofNamedEndpoints = [
        "kind", "credential", "headers", "ca", "drain", "health",
    ]

    private mutating func target(_ fields: Fields) -> SpecDocument.Member.Target? {
        if let use = fields["use"], let useSpan = fields.keySpan("use") {
            for other in ["url", "name"] + SpecDecoder.ofNamedEndpoints {
                if let span = fields.keySpan(other) {
                    findings.add(.useWith(other, at: span, use: useSpan))
                }
            }
            return reference(use, "the name of an endpoint").map { .name($0) }
        }
        guard let urlNode = fields["url"] else {
            if !fields.isExcused("url"), !fields.isExcused("use") {
                findings.add(.neitherUseNorURL(at: fields.span))
            }
            return nil
        }
        if fields["name"] == nil {
            for other in SpecDecoder.ofNamedEndpoints {
                if let span = fields.keySpan(other) {
                    findings.add(.namelessWith(other, at: span, endpoint: fields.span))
                }
            }
        }
        let name = fields["name"].flatMap { self.name($0, "the name of an endpoint") }
        let url = url(urlNode, "the URL of an endpoint")
        let credential = credential(fields["credential"])
        let headers = headers(fields["headers"])
        let ca = fields["ca"].flatMap { filePath($0, "ca") }
        let kind = kind(fields["kind"])
        let drains = drains(fields)
        let health = health(fields, "an endpoint")
        // One whose URL could not be read keeps its name, so that references to it are right.
        guard name != nil || (url != nil && fields["name"] == nil) else { return nil }
        return .inline(
            SpecDocument.Endpoint(
                name: name, url: url, credential: credential, headers: headers, ca: ca,
                kind: kind, drains: drains, health: health, span: fields.span))
    }

    private mutating func sendAsMapping(
        _ node: Int?
    ) -> [(model: Spanned<String>, upstream: Spanned<String>)] {
        guard let node else { return [] }
        guard tree.kind(node) == .mapping else {
            findings.add(
                isNull(node)
                    ? .emptyMapping("send_as", at: tree.span(node))
                    : .sendAsNotMapping(at: tree.span(node)))
            return []
        }
        return tree.entries(of: node).compactMap { key, value in
            let model = modelID(key, "a model of send_as")
            let upstream = modelID(value, "the id that send_as sends")
            guard let model, let upstream else { return nil }
            return (model, upstream)
        }
    }

    mutating func modelRule(_ node: Int) -> SpecDocument.ModelRule? {
        guard let fields = fields(of: node, as: SpecShapes.modelRule, "a model rule") else {
            return nil
        }
        let match = fields.required("match", of: "a model rule", &findings)
        let target = target(of: fields)
        let sendAs = fields["send_as"].flatMap { modelID($0, "send_as") }
        let listed = fields["listed"].flatMap { boolean($0, "listed") }
        return SpecDocument.ModelRule(
            matchers: match.map { ruleMatchers($0) } ?? [],
            pool: target.pool, split: target.split, audience: audience(fields["for"]),
            then: then(fields), fallback: fallback(fields),
            sendAs: sendAs.map {
                Spanned($0.value == "*" ? .star : .constant($0.value), at: $0.span)
            }, listed: listed ?? true, about: about(fields["about"]), span: fields.span)
    }

    private mutating func ruleMatchers(_ node: Int) -> [Matcher] {
        guard tree.kind(node) == .sequence else {
            return matcher(node, "match").map { [$0] } ?? []
        }
        if tree.children(of: node).isEmpty {
            findings.add(.nothingMatched(at: tree.span(node)))
        }
        return matchers(node, "match") ?? []
    }

    private mutating func about(_ node: Int?) -> [ResolvedSpec.About] {
        guard let node, let fields = fields(of: node, as: SpecShapes.about, "about") else {
            return []
        }
        var about: [ResolvedSpec.About] = []
        for (name, value, _) in fields.entries {
            let what = "about.\(name)"
            switch name {
            case "context":
                if let count = number(value, what, 1...1_000_000_000) {
                    about.append(.init(name: name, value: .integer(Int64(count.value))))
                }
            case "tools":
                if let flag = boolean(value, what) {
                    about.append(.init(name: name, value: .boolean(flag)))
                }
            default:
                if let text = text(value, what) {
                    if text.value.utf8.count > 1000 {
                        findings.add(.descriptionTooLong(text))
                    }
                    about.append(.init(name: name, value: .text(text.value)))
                }
            }
        }
        return about
    }
}

extension Diagnostic {
    fileprivate static func unknownStrategy(_ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice,
            "strategy is round_robin, least_busy or adaptive, not \(quoted(text.value))",
            at: Label(text.span))
        let names = Strategy.allCases.map(\.name)
        let other: String? =
            switch text.value.lowercased() {
            case "least_connections", "least_conn", "least_requests", "p2c": "least_busy"
            case "latency", "latency_based", "fastest", "ewma": "adaptive"
            case "random", "weighted", "weighted_round_robin", "roundrobin": "round_robin"
            default: nil
            }
        if let other {
            diagnostic.help = "did you mean '\(other)'? 'weight' counts in each"
            diagnostic.fixIts = [FixIt(text.span, other, .maybeIncorrect)]
        } else if ["failover", "priority", "ordered"].contains(text.value.lowercased()) {
            diagnostic.help = "'tier' of a pool's endpoints says who is preferred"
        } else if ["consistent_hash", "hash", "ip_hash", "sticky"].contains(text.value.lowercased())
        {
            diagnostic.help = "'sticky' keeps sessions where they are, beside any strategy"
        } else if let nearest = NearestName.nearest(to: text.value, among: names) {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(text.span, nearest, .maybeIncorrect)]
        }
        return diagnostic
    }

    fileprivate static func useWith(
        _ other: String, at span: SourceSpan, use: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .contradiction, "'use' refers to an endpoint, so '\(other)' cannot stand beside it",
            at: Label(span), also: [Label(use, "the endpoint says it itself")],
            help: "write '\(other)' where the endpoint is defined")
    }

    fileprivate static func neitherUseNorURL(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .missingKey, "an endpoint of a pool needs 'use' or 'url'",
            at: Label(span, "neither is here"),
            help: "use: names one of endpoints, url: stands for itself")
    }

    fileprivate static func namelessWith(
        _ other: String, at span: SourceSpan, endpoint: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .missingKey, "an endpoint with '\(other)' needs a name", at: Label(span),
            also: [Label(endpoint, "there is no 'name' here")],
            help: "an endpoint without a name is known by its URL only")
    }

    fileprivate static func sendAsNotMapping(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "send_as of a pool's endpoint is a mapping of model to id",
            at: Label(span, "this is no mapping"),
            help: "send_as: { llama3-8b-instruct: llama-3-8b }")
    }

    fileprivate static func nothingMatched(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "a model rule matches something", at: Label(span, "this list is empty"))
    }

    fileprivate static func descriptionTooLong(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .tooMany,
            "about.description has at most 1000 bytes, and this has \(text.value.utf8.count)",
            at: Label(text.span))
    }
}
