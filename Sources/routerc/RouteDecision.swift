import Pattern
import Routing
import Runtime
import SpecCompiler
import TableFormat
import Wire

/// One request's decision with its steps: what `routerc route` shows.
struct RouteDecision {
    struct Question {
        var keyName: String?
        var model: String?
        var path: String
        var method: String
        var now: Int64
        var ticket: UInt32
        var session = GivenSession()
        var given: GivenState
    }

    /// What was found out, in order.
    var steps: [String] = []
    var error: ProxyError?
    /// Answered by the router itself.
    var isLocal = false
    var pool: String?
    var endpoint: String?
    var url: String?
    var rule: UInt32?
    /// The model id that goes upstream.
    var sendAs: String?

    /// Decides with the functions that serve.
    static func decide(
        _ question: Question, in table: borrowing TableView
    ) throws -> RouteDecision {
        var decision = RouteDecision()
        let caller = try decision.findCaller(question, table)
        let path = Array(question.path.utf8)
        let admission = admit(
            MethodClass(name: question.method), path: path.rawSpan,
            isPlain: PathCheck.isPlain(path.rawSpan), contentLength: nil, caller: caller, in: table)
        switch admission {
        case .refused(let error):
            decision.refuse(error)
        case .local, .options:
            decision.isLocal = true
            decision.steps.append("\(question.method) \(question.path) is answered by routerc")
        case .proxied(let use):
            if case .success(let known) = caller {
                try decision.findPool(question, known, needsModel: use != .nothing, table)
            }
        }
        return decision
    }

    private mutating func refuse(_ error: ProxyError) {
        self.error = error
        steps.append("refused: \(error.status) \(error.code): \(error.message)")
    }

    private mutating func findCaller(
        _ question: Question, _ table: borrowing TableView
    ) throws -> Result<Caller, ProxyError> {
        guard let name = question.keyName else {
            steps.append("no key")
            return identify(.none, references: KeyReferences([]), now: question.now, in: table)
        }
        guard table.setting(SettingsRecord.anonymousMode) != .open else {
            steps.append("keys are not looked at here")
            return identify(.none, references: KeyReferences([]), now: question.now, in: table)
        }
        for index in 0..<table.count(KeyRecord.self)
        where table.text(table.load(KeyRecord.name, at: index)) == name {
            let row = table.row(KeyRecord.self, index)
            steps.append("key '\(name)' (\(place(table, table.load(KeyRecord.place, row))))")
            let caller = holder(of: index, in: table)
            return question.now < caller.expires ? .success(caller) : .failure(.keyExpired)
        }
        Output.talk("error: no key has the name '\(name)'")
        throw ExitStatus.usage
    }

    private mutating func findPool(
        _ question: Question, _ caller: Caller, needsModel: Bool, _ table: borrowing TableView
    ) throws {
        var route = Route(pool: caller.pin, rule: noIndex)
        let model = Array((question.model ?? "").utf8)
        let patterns = try compiledPatterns(table)
        if needsModel {
            guard !model.isEmpty else {
                refuse(.modelMissing)
                return
            }
            switch resolve(
                model: model.rawSpan, caller: caller, patterns: patterns,
                scratch: MatchScratch(), in: table)
            {
            case .failure(let error):
                refuse(error)
                return
            case .success(let found):
                route = found
            }
            noteRule(route.rule, question.model ?? "", table)
        } else {
            steps.append("the key is pinned: no model is looked at")
        }
        var error: ProxyError?
        while true {
            let failure = tryPool(&route, model, caller, question, patterns, table)
            guard let failure else { return }
            // The model is not there only if no pool has it.
            if error == nil || error == .modelNotFound { error = failure }
            let next = route.next(
                asked: model.rawSpan, caller: caller, patterns: patterns,
                scratch: MatchScratch(), in: table)
            guard let next else { break }
            if next.model != route.model {
                let name = table.text(table.load(ModelRecord.name, at: next.model))
                noteRule(next.rule, name, table, fallback: true)
            } else if next.partStart != route.partStart {
                let part = model[Int(next.partStart)..<Int(next.partEnd)]
                noteRule(next.rule, String(decoding: part, as: UTF8.self), table)
            }
            route = next
        }
        refuse(error ?? .noEndpoint)
    }

    /// Notes who takes the request in the pool of a route; else says why nobody does.
    private mutating func tryPool(
        _ route: inout Route, _ model: [UInt8], _ caller: Caller, _ question: Question,
        _ patterns: PatternSet, _ table: borrowing TableView
    ) -> ProxyError? {
        var values = question.session
        values.keyName = caller.isAnonymous ? nil : question.keyName
        if route.isOpen {
            let sticky = route.splitSticky(in: table)
            let session =
                sticky == noIndex ? nil : Session(sticky: sticky, values: values, in: table)
            let ticket = UInt32(truncatingIfNeeded: scattered(UInt64(question.ticket)) >> 32)
            route.settle(draw: session?.draw ?? ticket, in: table)
            steps.append("a split, drawn by \(session == nil ? "chance" : "the session")")
        }
        let row = table.row(PoolRecord.self, route.pool)
        let name = table.text(table.load(PoolRecord.name, row))
        steps.append("pool '\(name)' (\(place(table, table.load(PoolRecord.place, row))))")
        let sticky = table.load(PoolRecord.sticky, row)
        let session =
            sticky == noIndex ? nil : Session(sticky: sticky, values: values, in: table)
        let notServing = endpointsNotServing(
            route, asked: model.rawSpan, patterns: patterns, scratch: MatchScratch(), in: table
        ) { endpoint, sent in
            let name = sent.text(of: model.rawSpan, in: table)
            return question.given.names(endpoint, String(decoding: name, as: UTF8.self))
        }
        var given = question.given
        let path = Array(question.path.utf8)
        given.others =
            notServing + endpointsNotCarrying(path.rawSpan, pool: route.pool, in: table)
        let member =
            if let session {
                pick(pool: route.pool, session: session, loads: given, in: table)
            } else {
                pick(pool: route.pool, ticket: question.ticket, loads: given, in: table)
            }
        guard let member else {
            guard hasServer(pool: route.pool, besides: notServing, in: table) else {
                steps.append("none of its endpoints serves the model")
                return .modelNotFound
            }
            guard hasServer(pool: route.pool, besides: given.others, in: table) else {
                steps.append("none of its endpoints has a place for the path")
                return .urlUnknown
            }
            let isRefused =
                session != nil && table.load(StickyRecord.whenDown, at: sticky) == .refuse
            steps.append(
                isRefused
                    ? "the session's endpoint cannot be tried, and when_down is refuse"
                    : "none of its endpoints can be tried")
            return given.refusal(ofPool: route.pool, in: table)
        }
        pool = name
        let reason =
            session == nil ? turn(of: member, route.pool, question.ticket, table) : "by session"
        noteMember(member, route, model, question, reason, table)
        return nil
    }

    private func compiledPatterns(_ table: borrowing TableView) throws -> PatternSet {
        do throws(RefusedPattern) {
            return try PatternSet(of: table)
        } catch {
            Output.talk("error: pattern '\(error.source)' does not compile: \(error.problem)")
            throw ExitStatus.unknown
        }
    }

    private mutating func noteRule(
        _ rule: UInt32, _ model: String, _ table: borrowing TableView, fallback: Bool = false
    ) {
        self.rule = rule
        let row = table.row(RuleRecord.self, rule)
        let text = table.text(table.load(RuleRecord.text, row))
        let kind = "\(table.load(RuleRecord.kind, row))"
        let what = fallback ? "falls back to model" : "model"
        steps.append(
            "\(what) '\(model)' by rule \(rule), \(kind) '\(text)'"
                + " (\(place(table, table.load(RuleRecord.place, row))))")
    }

    private mutating func noteMember(
        _ member: UInt32, _ route: Route, _ model: [UInt8], _ question: Question,
        _ reason: String, _ table: borrowing TableView
    ) {
        let row = table.row(MemberRecord.self, member)
        let endpointRow = table.row(EndpointRecord.self, table.load(MemberRecord.endpoint, row))
        let name = table.text(table.load(EndpointRecord.name, endpointRow))
        endpoint = name
        steps.append(
            "endpoint '\(name)', \(reason)"
                + " (\(place(table, table.load(MemberRecord.place, row))))")
        if route.rule != noIndex {
            switch replacement(for: model.rawSpan, route: route, member: member, in: table) {
            case .unchanged: break
            case .text(let ref): sendAs = table.text(ref)
            case .star(let range):
                sendAs = JSONText.quoted(String(decoding: model[range], as: UTF8.self))
            case .known(let known, let range):
                let name = Array(table.text(table.load(ModelRecord.name, at: known)).utf8)
                sendAs = JSONText.quoted(String(decoding: name[range], as: UTF8.self))
            }
        }
        if let sendAs { steps.append("the model is sent as \(sendAs)") }
        let address = RouteDecision.url(endpointRow, path: question.path, table)
        url = address
        steps.append("\(question.method) \(address)")
    }

    /// Why it is this member.
    private func turn(
        of member: UInt32, _ pool: UInt32, _ ticket: UInt32, _ table: borrowing TableView
    ) -> String {
        let tiers = table.load(PoolRecord.tiers, at: pool)
        let tier = tiers.indices.first {
            table.load(TierRecord.members, at: $0).indices.contains(member)
        }
        guard let tier else { return "" }
        let strategy = table.load(PoolRecord.strategy, at: pool)
        let turns = table.load(TierRecord.ring, at: tier).count
        let number = table.load(TierRecord.number, at: tier)
        return
            (strategy == .roundRobin
            ? "turn \(ticket % turns + 1) of \(turns)" : "\(strategy.name)")
            + (tiers.count > 1 ? " in tier \(number)" : "")
    }

    private static func url(
        _ endpoint: Row<EndpointRecord>, path: String, _ table: borrowing TableView
    ) -> String {
        let upstream = table.row(UpstreamRecord.self, table.load(EndpointRecord.upstream, endpoint))
        let host = table.text(table.load(UpstreamRecord.host, upstream))
        let base = table.text(table.load(EndpointRecord.basePath, endpoint))
        let target = base.isEmpty ? path : base + path.dropFirst(3)
        if table.load(UpstreamRecord.kind, upstream) == .unix {
            return "unix:\(host) \(target)"
        }
        let port = table.load(UpstreamRecord.port, upstream)
        let name = host.contains(":") ? "[\(host)]" : host
        let isSecure = table.load(UpstreamRecord.tls, upstream) != noIndex
        let (scheme, usual): (String, UInt16) = isSecure ? ("https", 443) : ("http", 80)
        return "\(scheme)://\(name)\(port == usual ? "" : ":\(port)")\(target)"
    }

    private func place(_ table: borrowing TableView, _ place: Place) -> String {
        let files = table.setting(SettingsRecord.files)
        guard UInt32(place.file) < files.count else { return "?" }
        let file = table.text(table.load(TextRecord.text, at: files.first + UInt32(place.file)))
        return "\(file):\(place.line):\(place.column)"
    }

    // MARK: - Shown

    /// One step a line.
    var text: String { steps.joined(separator: "\n") }

    /// One object; `status` and `code` are there where routerc refuses, others may be null.
    var json: String {
        func quoted(_ text: String?) -> String {
            text.map { JSONText.quoted($0) } ?? "null"
        }
        return """
            {\(error.map { "\"status\":\($0.status),\"code\":\"\($0.code)\"," } ?? "")\
            "served_by":\(quoted(error != nil || isLocal ? "router" : "endpoint")),\
            "pool":\(quoted(pool)),"endpoint":\(quoted(endpoint)),"url":\(quoted(url)),\
            "rule":\(rule.map { String($0) } ?? "null"),"send_as":\(sendAs ?? "null"),\
            "steps":[\(steps.map { quoted($0) }.joined(separator: ","))]}
            """
    }
}

extension MethodClass {
    /// The method of this name, as far as it decides something.
    init(name: String) {
        switch name {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "OPTIONS": self = .options
        case "TRACE": self = .trace
        default: self = .other
        }
    }
}
