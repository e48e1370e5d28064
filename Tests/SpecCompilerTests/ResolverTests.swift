import TableFormat
import Testing

@testable import SpecCompiler

@Suite struct ResolverTests {
    private func spec(_ text: String) throws -> ResolvedSpec {
        let outcome = Outcome(text)
        return try #require(outcome.spec, "\(outcome.text)")
    }

    @Test func smallestSpecHasTheDefaults() throws {
        let source = try Corpus.spec("specs/examples/minimal.yaml")
        let spec = try #require(Outcome(source).spec)
        #expect(spec.listen.address == .tcp(host: "127.0.0.1", port: 8080))
        #expect(spec.listen.maxBodyBytes == 10 << 20)
        #expect(spec.listen.maxHeadBytes == 32 << 10)
        #expect(spec.listen.maxConnections == 20_000)
        #expect(spec.listen.drainMilliseconds == 600_000)
        #expect(spec.listen.keyHeaders == ["authorization", "x-api-key", "api-key"])
        #expect(spec.admin == nil)
        guard case .open = spec.anonymous else {
            Issue.record("nothing is to be protected")
            return
        }
        #expect(spec.endpoints.map(\.name) == ["http://localhost:9001", "http://localhost:9101"])
        #expect(spec.pools[1].members.map(\.weight) == [2])
        let expected = ResolvedSpec.Timeouts(
            connect: 2_000, firstToken: 120_000, answer: 600_000, idle: 60_000, total: nil)
        #expect(spec.pools[0].timeouts == expected)
        #expect(spec.rules.map(\.matcher.kind) == [.exact("llama3-8b-instruct"), .glob("*")])
        #expect(spec.rules.map(\.pools) == [[0], [1]])
    }

    @Test func timeoutsOfClientsHaveDefaultsLeafByLeaf() throws {
        let pools = "pools: [{ name: a, endpoints: [\"http://a\"] }]\n"
        let defaults = ResolvedSpec.ClientTimeouts(
            head: 10_000, bodyStall: 30_000, writeStall: 60_000, keepAlive: 75_000)
        #expect(try spec(pools).listen.timeouts == defaults)
        #expect(try spec(pools + "listen: { timeouts: {} }\n").listen.timeouts == defaults)
        let some = "listen: { timeouts: { write_stall: 100ms, keep_alive: 1d } }\n"
        var expected = defaults
        (expected.writeStall, expected.keepAlive) = (100, 86_400_000)
        #expect(try spec(pools + some).listen.timeouts == expected)
        let others = "listen: { timeouts: { head: 5m, body_stall: 1h } }\n"
        expected = defaults
        (expected.head, expected.bodyStall) = (300_000, 3_600_000)
        #expect(try spec(pools + others).listen.timeouts == expected)
    }

    @Test func authoritiesBelongToTheirEndpoint() throws {
        let spec = try spec(
            """
            endpoints: [{ name: a, url: "https://a", ca: /etc/a.pem }]
            pools:
              - name: p
                endpoints: [a, { name: b, url: "https://b", ca: /b }, "https://c"]
            """)
        #expect(spec.endpoints.map(\.ca) == ["/etc/a.pem", "/b", nil])
        #expect(spec.endpoints.map(\.url.scheme) == [.https, .https, .https])
    }

    @Test func timeoutsAreInheritedLeafByLeaf() throws {
        let spec = try #require(
            Outcome(try Corpus.spec("specs/valid/timeouts/inherited.yaml")).spec)
        let expected = ResolvedSpec.Timeouts(
            connect: 500, firstToken: nil, answer: 600_000, idle: 30_000, total: nil)
        #expect(spec.pools[0].timeouts == expected)
    }

    @Test func rulesOfModelsComeBeforeThoseOfPools() throws {
        let spec = try spec(
            """
            pools:
              - { name: a, endpoints: ["http://a"], models: [x, "y*"] }
              - { name: b, endpoints: ["http://b"], models: ["*"] }
            models:
              - { match: ["z*", z], pool: b, send_as: big, listed: false, about: { context: 10 } }
            """)
        let kinds: [Matcher.Kind] = [
            .glob("z*"), .exact("z"), .exact("x"), .glob("y*"), .glob("*"),
        ]
        #expect(spec.rules.map(\.matcher.kind) == kinds)
        #expect(spec.rules.map(\.pools) == [[1], [1], [0], [0], [1]])
        #expect(spec.rules.map(\.listed) == [false, false, true, true, true])
        #expect(spec.rules[1].sendAs == .constant("big"))
        #expect(spec.rules[1].about.map(\.name) == ["context"])
        #expect(spec.rules[1].about.map(\.value) == [.integer(10)])
    }

    @Test func rightsAtTheAdminAddressAreNoneByDefault() throws {
        let spec = try spec(
            """
            pools: [{ name: a, endpoints: ["http://a"] }]
            keys:
              - { name: a, secret: file:/a }
              - { name: b, secret: file:/b, admin: false }
              - { name: c, secret: file:/c, admin: read }
              - { name: d, secret: file:/d, admin: true }
            """)
        #expect(spec.keys.map(\.admin) == [.none, .none, .read, .all])
    }

    /// Only what surely stays on this machine may do without a key.
    @Test(arguments: [
        ("127.0.0.1:1", false), ("127.9.9.9:1", false), ("localhost:1", false),
        ("[::1]:1", false), ("unix:/run/a.sock", false), ("0.0.0.0:1", true), ("[::]:1", true),
        ("10.0.0.1:1", true), ("127.example:1", true), ("[::ffff:127.0.0.1]:1", true),
    ])
    func anExposedAdminAddressNeedsAKey(address: String, isExposed: Bool) {
        let pools = "pools: [{ name: a, models: [m], endpoints: [\"http://a\"] }]\n"
        let text = "admin: { address: \"\(address)\" }\n" + pools
        #expect(Outcome(text).codes == (isExposed ? ["R316"] : []))
        let key = "keys: [{ name: k, secret: file:/k, admin: read }]\n"
        #expect(Outcome(text + key).codes == [])
    }

    @Test func secretsAreHashedOrReferredTo() throws {
        let hash = "c7ddb11b44ee3ef92221dba462f8583e94d5996ff3accb6b47749499ec986015"
        let spec = try spec(
            """
            pools: [{ name: a, endpoints: ["http://a"] }]
            keys:
              - { name: a, secret: abc }
              - name: b
                expires: 2027-01-01
                secret:
                  - { value: sha256:\(hash.uppercased()), expires: 1970-01-01 }
                  - env:B
                  - file:/b
            """)
        let digest = try #require(spec.keys[0].secrets.first)
        guard case .digest(let bytes) = digest.value else {
            Issue.record("a literal is hashed")
            return
        }
        // FIPS 180-4's example of "abc".
        #expect(ReferenceText.hex(bytes).hasPrefix("ba7816bf8f01cfea"))
        #expect(spec.keys[1].expires == 1_798_848_000)
        #expect(spec.keys[1].secrets.map(\.expires) == [86_400, nil, nil])
        #expect(spec.keys[1].secrets[1].value == .env("B"))
        #expect(spec.keys[1].secrets[2].value == .file("/b"))
    }

    @Test(arguments: [
        ("", "open"), ("anonymous: allow", "allow"), ("anonymous: deny", "deny"),
        ("anonymous: {}", "some"), ("keys: []", "open"),
        ("keys: [{ name: k, secret: file:/k }]", "deny"),
        ("endpoints: [{ name: e, url: \"http://e\", credential: file:/e }]", "deny"),
        ("endpoints: [{ name: e, url: \"http://e\", credential: env:E }]", "deny"),
        ("endpoints: [{ name: e, url: \"http://e\", credential: none }]", "open"),
        ("endpoints: [{ name: e, url: \"http://e\", credential: client }]", "open"),
        ("endpoints: [{ name: e, url: \"http://e\", headers: { x: { from: env:E } } }]", "deny"),
        ("endpoints: [{ name: e, url: \"http://e\", headers: { x: a } }]", "open"),
    ])
    func absentAnonymousDependsOnWhatThereIsToProtect(text: String, meaning: String) throws {
        let spec = try spec("pools: [{ name: a, endpoints: [\"http://a\"] }]\n\(text)\n")
        let found =
            switch spec.anonymous {
            case .deny: "deny"
            case .allow: "allow"
            case .some: "some"
            case .open: "open"
            }
        #expect(found == meaning)
    }

    @Test func oneEndpointInSeveralPools() throws {
        let inline = try #require(
            Outcome(try Corpus.spec("specs/valid/endpoints/inline.yaml")).spec)
        #expect(inline.endpoints.map(\.name) == ["gpu1"])
        #expect(inline.pools.map { $0.members.map(\.endpoint) } == [[0], [0]])
        #expect(inline.pools[1].members[0].weight == 2)
        let shared = try Corpus.spec("specs/valid/endpoints/shared-url.yaml")
        #expect(Outcome(shared).spec?.endpoints.count == 1)
    }

    @Test func languageIsWhollyDescribed() {
        let paths = SpecKeys.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        for key in SpecKeys.all {
            #expect(!key.type.isEmpty && !key.doc.isEmpty && !key.doc.hasSuffix("."))
            let words = ["on", "off", "yes", "no", "y", "n"]
            #expect(!words.contains(key.name))
        }
    }

    /// The whole language, as far as keys go: each one is known, built or not.
    @Test func everyKeyOfThePlannedLanguageIsNotSupportedRatherThanUnknown() throws {
        let text = """
            surfaces: []
            groups: []
            shared_state: {}
            tests: []
            launch: []
            prompts: {}
            tasks: []
            listen: { tls: a }
            defaults: { queue: a }
            endpoints:
              - { name: e, url: "http://e", keep_alive: a, limits: a,
                  price: a }
            pools:
              - name: p
                discovery: a
                queue: a
                endpoints: [{ use: e, timeouts: a, limits: a }]
            models:
              - { match: m, pool: p, system: a, set: a }
            keys:
              - { name: k, secret: file:/k, group: a, priority: a, limits: a }
            anonymous: { limits: a }
            """
        let outcome = Outcome(text)
        #expect(Set(outcome.codes) == ["R109"], "\(outcome.text)")
        #expect(outcome.diagnostics.count == 22, "\(outcome.diagnostics.count)")
    }
}
