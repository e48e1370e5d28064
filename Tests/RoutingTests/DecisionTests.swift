import Digest
import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

/// A compiled spec and what is needed to ask it.
struct Subject {
    let bytes: [UInt8]
    let spec: ResolvedSpec

    init(_ text: String) throws {
        let source = SourceFile(name: "spec.yaml", text: text)
        let compilation = Compiler.compile(source)
        let errors = compilation.diagnostics.filter { $0.severity == .error }.map(\.message)
        try #require(errors.isEmpty, "\(errors)")
        bytes = try #require(compilation.table)
        spec = try #require(Frontend(source).spec)
    }

    /// The caller with a key of this name; nil without a key.
    func caller(_ name: String?) throws -> Caller {
        let view = TableView(validated: bytes.rawSpan)
        guard let name else {
            return try identify(.none, references: KeyReferences([]), now: 0, in: view).get()
        }
        for index in 0..<view.count(KeyRecord.self)
        where view.text(view.load(KeyRecord.name, at: index)) == name {
            return holder(of: index, in: view)
        }
        throw ProxyError.keyUnknown
    }

    func route(_ caller: Caller, _ model: String) throws -> ReferenceRouter.Answer {
        let view = TableView(validated: bytes.rawSpan)
        let patterns = try PatternSet(of: view)
        let name = Array(model.utf8)
        switch resolve(
            model: name.rawSpan, caller: caller, patterns: patterns, scratch: MatchScratch(),
            in: view)
        {
        case .failure(let error): return .refused(error)
        case .success(let route):
            return .pool(
                view.text(view.load(PoolRecord.name, at: route.pool)), rule: Int(route.rule))
        }
    }

    func admitted(
        _ method: MethodClass, _ path: String, _ caller: Result<Caller, ProxyError>,
        length: UInt64? = nil, isPlain: Bool = true
    ) -> Admission {
        let view = TableView(validated: bytes.rawSpan)
        let text = Array(path.utf8)
        return admit(
            method, path: text.rawSpan, isPlain: isPlain, contentLength: length, caller: caller,
            in: view)
    }
}

@Suite struct DecisionTests {
    /// Random specs and random requests: the table decides as the plain reading of the rules does.
    @Test(arguments: 0..<60)
    func tablesDecideAsTheRulesSay(seed: Int) throws {
        var generator = SpecGenerator(seed: UInt64(seed))
        let subject = try Subject(generator.spec())
        let reference = ReferenceRouter(spec: subject.spec)
        for _ in 0..<60 {
            let key = generator.keyIndex(subject.spec.keys.count)
            let model = generator.model()
            let caller = try subject.caller(key.map { subject.spec.keys[$0].name })
            let expected = reference.route(key: key, model: model)
            let found = try subject.route(caller, model)
            #expect(found == expected, "model '\(model)', key \(String(describing: key))")
        }
    }

    private static let team = """
        version: 1
        listen: { max_body: 1KiB }
        pools:
          - name: chat
            models: [llama, "qwen*"]
            endpoints:
              - { url: "http://127.0.0.1:9001", weight: 3 }
              - { url: "http://127.0.0.1:9002", weight: 1, send_as: { llama: own } }
              - { url: "http://127.0.0.1:9003", weight: 0 }
        models:
          - { match: "openai/*", pool: chat, send_as: "*" }
          - { match: alias, pool: chat, send_as: 'na"me' }
        keys:
          - { name: every, secret: "sha256:\(String(repeating: "11", count: 32))" }
          - { name: some, secret: "sha256:\(String(repeating: "22", count: 32))", models: [llama] }
          - { name: pinned, secret: "sha256:\(String(repeating: "33", count: 32))", pin: chat }
          - name: narrow
            secret: "sha256:\(String(repeating: "44", count: 32))"
            paths: [/v1/embeddings, /v1/audio/*]
            expires: 2027-01-01
        """

    @Test func keysAreFoundByFingerprint() throws {
        let subject = try Subject(DecisionTests.team)
        let view = TableView(validated: subject.bytes.rawSpan)
        var salt: [UInt8] = []
        for field in [
            SettingsRecord.salt0, SettingsRecord.salt1, SettingsRecord.salt2,
            SettingsRecord.salt3,
        ] {
            let word = view.setting(field)
            salt += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
        }
        for (index, byte) in [0x11, 0x22, 0x33, 0x44].enumerated() {
            let digest = [UInt8](repeating: UInt8(byte), count: 32)
            let fingerprint = KeyFingerprint(digest: Digest.sha256(salt, digest))
            let found = view.findSecret(fingerprint)
            let key = view.load(SecretRecord.key, at: try #require(found))
            #expect(key == UInt32(index))
        }
        let other = KeyFingerprint(digest: Digest.sha256(salt, [UInt8](repeating: 9, count: 32)))
        let stranger = view.findSecret(other)
        #expect(stranger == nil)
        let references = KeyReferences([])
        let unknown = identify(.fingerprint(other), references: references, now: 0, in: view)
        #expect(unknown == .failure(.keyUnknown))
        let none = identify(.none, references: references, now: 0, in: view)
        #expect(none == .failure(.keyMissing))
        let unusable = identify(.unusable, references: references, now: 0, in: view)
        #expect(unusable == .failure(.keyUnknown))
    }

    @Test func expiryIsTheFirstSecondAfterTheLastDay() throws {
        let subject = try Subject(DecisionTests.team)
        let caller = try subject.caller("narrow")
        #expect(caller.expires == 1_798_848_000)
    }

    @Test func theOrderOfAdmission() throws {
        let subject = try Subject(DecisionTests.team)
        let all = Result<Caller, ProxyError>.success(try subject.caller("every"))
        let narrow = Result<Caller, ProxyError>.success(try subject.caller("narrow"))
        let pinned = Result<Caller, ProxyError>.success(try subject.caller("pinned"))
        let nobody = Result<Caller, ProxyError>.failure(.keyMissing)
        let chat = "/v1/chat/completions"
        #expect(subject.admitted(.post, chat, all) == .proxied(.json))
        #expect(subject.admitted(.get, chat, all) == .refused(.postOnly))
        #expect(subject.admitted(.post, chat, nobody) == .refused(.keyMissing))
        #expect(subject.admitted(.post, chat, narrow) == .refused(.pathNotAllowed))
        #expect(
            subject.admitted(.post, "/v1/embeddings", narrow) == .proxied(.json))
        #expect(
            subject.admitted(.post, "/v1/audio/speech", narrow) == .proxied(.json))
        #expect(subject.admitted(.other, "/slots", pinned) == .proxied(.nothing))
        #expect(subject.admitted(.get, "/health", pinned) == .proxied(.nothing))
        #expect(subject.admitted(.get, "/health", nobody) == .local(.health))
        #expect(subject.admitted(.get, "/v1/models", nobody) == .refused(.keyMissing))
        #expect(subject.admitted(.get, "/v1/models", all) == .local(.models))
        #expect(subject.admitted(.get, "/v1/models/a/b", all) == .local(.model))
        #expect(subject.admitted(.options, chat, nobody) == .options(.inference))
        #expect(subject.admitted(.post, "/v1/nothing", all) == .refused(.urlUnknown))
        #expect(subject.admitted(.post, "/nothing", nobody) == .refused(.keyMissing))
        #expect(subject.admitted(.get, "/a//b", all, isPlain: false) == .refused(.unsafePath))
        #expect(subject.admitted(.get, "/a//b", pinned, isPlain: false) == .refused(.unsafePath))
        let escaped = "/v1/models/a%2fb"
        #expect(
            subject.admitted(.get, escaped, all, isPlain: false) == .local(.model))
        #expect(subject.admitted(.get, escaped, pinned, isPlain: false) == .refused(.unsafePath))
        #expect(subject.admitted(.post, chat, all, length: 1024) == .proxied(.json))
        #expect(subject.admitted(.post, chat, all, length: 1025) == .refused(.bodyTooLarge))
    }

    @Test func figuresOfTheHostAreForThoseWhoAreNamed() throws {
        let keys = """
            pools: [{ name: chat, models: [llama], endpoints: ["http://127.0.0.1:9001"] }]
            keys:
              - { name: every, secret: "sha256:\(String(repeating: "11", count: 32))" }
              - { name: pinned, secret: "sha256:\(String(repeating: "22", count: 32))", pin: chat }
              - name: watcher
                secret: "sha256:\(String(repeating: "33", count: 32))"
                paths: [/stats]
              - name: narrow
                secret: "sha256:\(String(repeating: "44", count: 32))"
                paths: [/v1/*]
            """
        let subject = try Subject(keys)
        func admitted(_ key: String, _ method: MethodClass = .get) throws -> Admission {
            subject.admitted(method, "/stats", .success(try subject.caller(key)))
        }
        #expect(try admitted("every") == .refused(.statsNotAllowed))
        #expect(try admitted("pinned") == .proxied(.nothing))
        #expect(try admitted("narrow") == .refused(.pathNotAllowed))
        #expect(try admitted("watcher") == .local(.stats))
        #expect(try admitted("watcher", .head) == .local(.stats))
        #expect(try admitted("watcher", .options) == .options(.stats))
        for method in [MethodClass.post, .trace, .other] {
            #expect(try admitted("watcher", method) == .refused(.readOnly))
        }
        for error in [ProxyError.keyMissing, .keyUnknown, .keyExpired] {
            #expect(subject.admitted(.get, "/stats", .failure(error)) == .refused(error))
        }
        for path in ["/stats/", "/stat", "/statsx", "/v1/stats", "/STATS"] {
            let caller = Result<Caller, ProxyError>.success(try subject.caller("every"))
            #expect(subject.admitted(.get, path, caller) == .refused(.urlUnknown), "\(path)")
        }
        let strangers: [(String, Admission)] = [
            ("allow", .local(.stats)), ("{ stats: true }", .local(.stats)),
            ("{ stats: false }", .refused(.statsNotAllowed)),
            ("{ list_models: true, models: [llama] }", .refused(.statsNotAllowed)),
        ]
        for (text, expected) in strangers {
            let open = try Subject(keys + "\nanonymous: \(text)\n")
            let nobody = Result<Caller, ProxyError>.success(try open.caller(nil))
            #expect(open.admitted(.get, "/stats", nobody) == expected, "\(text)")
        }
    }

    @Test func theRingHasItsSharesAndIsSmooth() throws {
        let subject = try Subject(DecisionTests.team)
        let view = TableView(validated: subject.bytes.rawSpan)
        let caller = try subject.caller("every")
        let name = Array("llama".utf8)
        let route = try resolve(
            model: name.rawSpan, caller: caller, patterns: PatternSet(of: view),
            scratch: MatchScratch(), in: view
        ).get()
        var counts: [String: Int] = [:]
        for ticket in 0..<UInt32(400) {
            let picked = pick(
                pool: route.pool, ticket: ticket, loads: Loads(down: []), in: view)
            let endpoint = view.load(MemberRecord.endpoint, at: try #require(picked))
            counts[view.text(view.load(EndpointRecord.name, at: endpoint)), default: 0] += 1
        }
        #expect(counts == ["http://127.0.0.1:9001": 300, "http://127.0.0.1:9002": 100])
    }

    @Test func aMemberThatIsDownIsPassedOver() throws {
        let subject = try Subject(DecisionTests.team)
        let view = TableView(validated: subject.bytes.rawSpan)
        let all = Set(0..<view.count(EndpointRecord.self))
        for up in all {
            let loads = Loads(down: all.subtracting([up]))
            let member = pick(pool: 0, ticket: 5, loads: loads, in: view)
            let weight = member.map { view.load(MemberRecord.weight, at: $0) }
            // The member of weight 0 is in no ring: nothing is left then.
            #expect(weight == nil || weight != 0)
            if let member {
                let endpoint = view.load(MemberRecord.endpoint, at: member)
                #expect(endpoint == up)
            }
        }
        let nobody = pick(pool: 0, ticket: 5, loads: Loads(down: all), in: view)
        #expect(nobody == nil)
    }

    @Test func tiersAreTakenInTheirOrder() throws {
        let subject = try Subject(
            """
            endpoints:
              - { name: gone, url: "http://gone", drain: true }
            pools:
              - name: p
                endpoints:
                  - { name: last, url: "http://last", tier: 3 }
                  - gone
                  - { name: one, url: "http://one", tier: 2 }
                  - { name: two, url: "http://two", tier: 2 }
                  - { name: never, url: "http://never", tier: 2, weight: 0 }
                models: ["*"]
            """)
        let view = TableView(validated: subject.bytes.rawSpan)
        var indexes: [String: UInt32] = [:]
        for index in 0..<view.count(EndpointRecord.self) {
            indexes[view.text(view.load(EndpointRecord.name, at: index))] = index
        }
        func picked(down: [String]) -> Set<String> {
            let loads = Loads(down: Set(down.compactMap { indexes[$0] }))
            let names = (0..<UInt32(8)).map { ticket -> String in
                guard let member = pick(pool: 0, ticket: ticket, loads: loads, in: view) else {
                    return "nobody"
                }
                let endpoint = view.load(MemberRecord.endpoint, at: member)
                return view.text(view.load(EndpointRecord.name, at: endpoint))
            }
            return Set(names)
        }
        #expect(picked(down: []) == ["one", "two"])
        #expect(picked(down: ["one"]) == ["two"])
        #expect(picked(down: ["one", "two"]) == ["last"])
        #expect(picked(down: ["one", "two", "last"]) == ["nobody"])
    }

    @Test(arguments: [
        ("openai/gpt-4", 0, "\"gpt-4\""), ("alias", 0, "\"na\\\"me\""), ("llama", 1, "\"own\""),
        ("llama", 0, nil), ("qwen2", 0, nil),
    ])
    func whatGoesUpstream(model: String, place: Int, expected: String?) throws {
        let subject = try Subject(DecisionTests.team)
        let view = TableView(validated: subject.bytes.rawSpan)
        let caller = try subject.caller("every")
        let name = Array(model.utf8)
        let route = try resolve(
            model: name.rawSpan, caller: caller, patterns: PatternSet(of: view),
            scratch: MatchScratch(), in: view
        ).get()
        let members = view.load(PoolRecord.members, at: route.pool)
        let found: String?
        switch replacement(
            for: name.rawSpan, route: route, member: members.first + UInt32(place), in: view)
        {
        case .unchanged: found = nil
        case .text(let ref): found = view.text(ref)
        case .star(let range): found = "\"\(String(decoding: name[range], as: UTF8.self))\""
        case .known: found = "another model"
        }
        #expect(found == expected)
    }

    @Test func everyErrorHasAnHTTPStatusAndACodeOfItsOwn() {
        let codes = ProxyError.allCases.map { "\($0.code)" }
        // 405 is three cases with one code: they differ in `Allow`.
        #expect(Set(codes).count == codes.count - 2)
        #expect(ProxyError.allCases.filter { $0.status == 405 }.count == 3)
        #expect(
            ProxyError.allCases.allSatisfy { ($0.allowedMethods != nil) == ($0.status == 405) })
        for error in ProxyError.allCases {
            #expect((400...505).contains(error.status))
            #expect("\(error.message)".hasSuffix("."))
        }
        #expect(ProxyError.allCases.map(\.rawValue) == Array(0..<UInt8(codes.count)))
    }
}

private struct Loads: EndpointLoads {
    let down: Set<UInt32>

    func isAvailable(endpoint: UInt32) -> Bool { !down.contains(endpoint) }
}
