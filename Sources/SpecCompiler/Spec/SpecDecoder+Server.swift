/// `listen`, `admin`, `defaults` and `anonymous`.
extension SpecDecoder {
    mutating func listen(_ node: Int?) -> SpecDocument.Listen {
        var listen = SpecDocument.Listen()
        guard let node, let fields = fields(of: node, as: SpecShapes.listen, "listen") else {
            return listen
        }
        listen.address = fields["address"].flatMap { address($0, "listen.address") }
        listen.maxBodyBytes = fields["max_body"].flatMap {
            size($0, "listen.max_body", 1 << 10...1 << 30)
        }
        listen.maxHeadBytes = fields["max_head"].flatMap {
            size($0, "listen.max_head", 1 << 10...1 << 20)
        }.map { UInt32($0) }
        listen.maxConnections = fields["max_connections"].flatMap {
            number($0, "listen.max_connections", 1...1_000_000)
        }.map { UInt32($0.value) }
        listen.drain = fields["drain"].flatMap {
            duration($0, "listen.drain", 0...7 * 86_400_000, allowsNone: true)
        }
        listen.keyHeaders = fields["key_headers"].flatMap { keyHeaders($0) }
        listen.timeouts = clientTimeouts(fields["timeouts"])
        listen.origins = cors(fields["cors"])
        listen.trustedProxies = networks(fields["trusted_proxies"])
        return listen
    }

    private mutating func clientTimeouts(_ node: Int?) -> SpecDocument.ClientTimeouts {
        var timeouts = SpecDocument.ClientTimeouts()
        let owner = "listen.timeouts"
        guard let node, let fields = fields(of: node, as: SpecShapes.clientTimeouts, owner) else {
            return timeouts
        }
        // None of them can be without end.
        let hour: UInt32 = 3_600_000
        timeouts.head = milliseconds(fields, "head", of: owner, 100...300_000)
        timeouts.bodyStall = milliseconds(fields, "body_stall", of: owner, 100...hour)
        timeouts.writeStall = milliseconds(fields, "write_stall", of: owner, 100...hour)
        timeouts.keepAlive = milliseconds(fields, "keep_alive", of: owner, 1_000...24 * hour)
        return timeouts
    }

    private mutating func keyHeaders(_ node: Int) -> [String]? {
        guard tree.kind(node) == .sequence else {
            _ = list(node, "listen.key_headers")
            return nil
        }
        let names = each(node, "listen.key_headers") { $0.headerName($1) }
        var seen: [Spanned<String>] = []
        for name in names {
            if let earlier = seen.first(where: { $0.value == name.value }) {
                findings.add(.repeatedKeyHeader(name, earlier: earlier.span))
            } else {
                seen.append(name)
            }
        }
        let count = tree.children(of: node).count
        if !(1...8).contains(count) {
            findings.add(.keyHeaderCount(count, at: tree.span(node)))
        }
        return seen.map(\.value)
    }

    mutating func admin(_ node: Int?) -> Spanned<ResolvedSpec.Address>? {
        guard let node, let fields = fields(of: node, as: SpecShapes.admin, "admin"),
            let address = fields.required("address", of: "admin", &findings)
        else {
            return nil
        }
        return self.address(address, "admin.address")
    }

    mutating func readDefaults(_ node: Int?, into document: inout SpecDocument) {
        guard let node, let fields = fields(of: node, as: SpecShapes.defaults, "defaults") else {
            return
        }
        document.timeouts = timeouts(fields["timeouts"])
        document.retry = retry(fields["retry"])
        document.breaker = breaker(fields["breaker"])
        document.sticky = sticky(fields["sticky"])
        document.health = health(fields, "defaults")
        document.discovery = discovery(fields["discovery"])
    }

    mutating func timeouts(_ node: Int?) -> SpecDocument.Timeouts {
        var timeouts = SpecDocument.Timeouts()
        guard let node, let fields = fields(of: node, as: SpecShapes.timeouts, "timeouts") else {
            return timeouts
        }
        let day: UInt64 = 86_400_000
        timeouts.connect = fields["connect"].flatMap {
            duration($0, "timeouts.connect", 1...300_000, allowsNone: false)
        }
        timeouts.firstToken = fields["first_token"].flatMap {
            duration($0, "timeouts.first_token", 1...day, allowsNone: true)
        }
        timeouts.answer = fields["answer"].flatMap {
            duration($0, "timeouts.answer", 1...day, allowsNone: true)
        }
        timeouts.idle = fields["idle"].flatMap {
            duration($0, "timeouts.idle", 1...day, allowsNone: true)
        }
        timeouts.total = fields["total"].flatMap {
            duration($0, "timeouts.total", 1...7 * day, allowsNone: true)
        }
        checkOrder(of: timeouts, fields)
        return timeouts
    }

    mutating func anonymous(_ node: Int?) -> Spanned<SpecDocument.Anonymous>? {
        guard let node else { return nil }
        let span = tree.span(node)
        if tree.kind(node) == .mapping {
            guard let fields = fields(of: node, as: SpecShapes.anonymous, "anonymous") else {
                return nil
            }
            let models = matchers(fields["models"], "anonymous.models") ?? []
            let listModels = fields["list_models"].flatMap {
                boolean($0, "anonymous.list_models")
            }
            let stats = fields["stats"].flatMap { boolean($0, "anonymous.stats") }
            let some = SpecDocument.Anonymous.some(
                models: models, listModels: listModels ?? false, readsStats: stats ?? false)
            return Spanned(some, at: span)
        }
        guard let text = text(node, "anonymous") else { return nil }
        switch text.value {
        case "deny": return Spanned(.deny, at: span)
        case "allow": return Spanned(.allow, at: span)
        default:
            findings.add(.unknownAnonymous(text))
            return nil
        }
    }
}

extension Diagnostic {
    fileprivate static func repeatedKeyHeader(
        _ name: Spanned<String>, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .badHeaderName,
            "listen.key_headers names each header once, and \(quoted(name.value)) twice",
            at: Label(name.span, "the second"), also: [Label(earlier, "the first")])
    }

    fileprivate static func keyHeaderCount(_ count: Int, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badNumber, "listen.key_headers names between 1 and 8 headers, not \(count)",
            at: Label(span))
    }

    fileprivate static func unknownAnonymous(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badChoice, "anonymous is deny, allow or a mapping, not \(quoted(text.value))",
            at: Label(text.span),
            help: "{ models: [...], list_models: true } lets in what it names")
    }
}
