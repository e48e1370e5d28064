import Testing

@testable import SpecCompiler

/// However somebody misplaces a secret, nothing that is rendered tells more than how it begins.
@Suite struct MisplacedSecretTests {
    /// What follows the beginning of each secret of this suite.
    private static let tail = "Zq7vK2mXw9Tb4RcY8nPd3"
    private static let pools = "pools: [{ name: a, endpoints: [\"http://b\"], models: [\"*\"] }]\n"

    /// A word that gives itself away, wherever it stands: `@` is the tail.
    static let anywhere = [
        "sk-live-@: 1\n",
        "keys: [{ name: a, sk-live-@: x }]\n",
        "keys: [{ name: a, \"sk-live-@\": x }]\n",
        "keys: [{ name: a, ? sk-live-@ : x }]\n",
        "keys: [{ name: sk-live-@ x, secret: file:/a }]\n",
        "keys: [{ name: a, secret: file:/a, pin: [sk_live_@] }]\n",
        "colour: 1  # the old key was sk-live-@\n",
        "colour: 1  # ghp_@, which is revoked\n",
        "colour: [hf_@, gsk_@, xai-@, AIza@]\n",
        "colour: (sk-live-@)\n",
        "colour: \"sk\\x2dlive-@\"\n",
        "colour: \"\\u0073k-live-\\\n  @\"\n",
        "colour: Bearer @\n",
        "colour: 'authorization: bearer @'\n",
        "models: [{ match: \"{a,Bearer @}-*\", pool: a }]\n",
        "colour: *sk-live-@\n",
        "colour: &sk-live-@ x\n",
        "colour: !sk-live-@ x\n",
        "colour: !<sk-live-@> x\n",
        "colour: &a [*sk-live-@]\n",
        "colour: &sk-live-@ [*sk-live-@]\n",
        "colour: http://b/v1/sk-live-@\n",
        "colour: u:@%b\n",
        "colour: { a: 1, a: 2 } # u:@%b\n",
        "listen: { address: \"u:@%b\" }\n",
        "listen: { address: \"http://@%b\" }\n",
        "endpoints: [{ name: a, url: \"u:@%b\" }]\n",
        "pools: [{ name: p, endpoints: [\"u:@%b\"], models: [x] }]\n",
        "pools: [{ name: p, endpoints: [x], models: [sk-live-@, sk-live-@] }]\n",
        "models: [{ match: sk-live-@, pool: gone }]\n",
        "sk-live-@: 1\nsk-live-@: 2\n",
        "models: [sk-live-@\n",
        "\u{FEFF}colour: sk-live-@\n",
    ]

    /// A secret that looks like nothing, where a secret belongs: `@` is the tail.
    static let inItsPlace = [
        "secret: *@\n",
        "secret: !@ x\n",
        "secret: !a%62c@ x\n",
        "secret: &@ x\n",
        "secret: &@ !long-name-of-a-tag \"@\"\n",
        "secret: !long-name-of-a-tag '@'\n",
        "secret: &anchor-with-a-name @\n",
        "secret: |\n  @\n",
        "secret: !t >-\n  @\n",
        "secret: [&a @, !b \"@\", *@]\n",
        "secret: { @: 1, value: @, expires: @ }\n",
        "secret: { value: { value: [@] } }\n",
        "secret: &@ { value: *@ }\n",
        "secret: @ @\n",
        "secret: /run/@\n",
        "secret: $@\n",
        "secret: vault:@\n",
        "secret: sha256:@\n",
        "secret=@\n",
        "secret:@\n",
        "secret @\n",
        "secret:\n    @\n    : ]\n",
        "secret: \"@\n  @\n",
        "secret: `@`\n",
        "secret: `@ x: @\n",
        "secret: x: @\n",
        "secret: sha256: @\n",
        "secret: [`, @, *.@]\n",
        "secret: [\"@\" \"@\", @ }\n",
        "secret: \"\\d@\"\n",
        "secret: “x: @”\n",
        "secret: x\u{7}@\n",
        "secret: x[@{@\n",
        "secret: [x{@}, @]]\n",
        "secret: - @\n",
        "colour: \"x\n  secret: \"@\"\n",
        "colour: [x\n  secret: @ ]\n",
        "colour: {x\n  secret: @\n  y: }\n",
        "colour: `x, { secret: @ }\n",
        "colour: [`x, { secret: @ }]\n",
        "secret: [@,\n    @\n",
        "? secret\n  : @\n",
        "\"se\\x63ret\": @\n",
        "credential: @\n",
        "authorization: [@]\n",
        "X-Api-Key: { @: @ }\n",
        "api_key: @\n",
        "access_token: @\n",
        "sec\u{200B}ret: @\n",
        "colour: 1  # secret: @\n",
        "colour: 'password=@'\n",
    ]

    /// A secret that looks like nothing, where a name belongs: `@` is the tail.
    static let exchanged = [
        "keys: [{ @: alice }]\n",
        "keys: [{ name: a, secret: file:/a, @: x }]\n",
        "keys: [{ name: a, ? \"@\" : x }]\n",
        "keys: [@]\n",
        "keys: [[@]]\n",
        "keys: [{ alice: @ }]\n",
        "keys: [{ alice: [@] }]\n",
        "keys:\n- name: a\n  secret: file:/a\n- @\n",
        "keys: { alice: @ }\n",
        "keys: { @: alice }\n",
        "keys: { alice: { @: 1 } }\n",
        "keys: @\nkeys: [@]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { @: x-api-key, \"x y\": 1 } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { x-my: @, \"x y\": 1 } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { \"@ü\": x-api-key } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: @ }]\n",
        "endpoints: [{ name: a, url: \"http://b\", header: { @: x-api-key } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", credential: { @: x-api-key } }]\n",
    ]

    @Test(arguments: exchanged)
    func namesThatLookRandomAreMasked(template: String) {
        check(template)
    }

    /// What people write by mistake is shown, or the message would help nobody.
    @Test(arguments: [
        "secrte_of_the_service", "expires-2026-11-21", "modelsWhichAreAllowed2",
        "x-amz-content-sha256", "allowed_models_v2_beta1",
    ])
    func misspelledNamesAreShown(name: String) {
        let keys = "keys: [{ name: a, secret: file:/a, \(name): x }]\n"
        let headers =
            "endpoints: [{ name: e, url: \"http://c\", headers: { \(name): \"\\t\" } }]\n"
        for text in [keys, headers] {
            let outcome = Outcome(text + Self.pools)
            #expect(outcome.text.contains(name), "\(outcome.text)")
        }
        #expect(Outcome(keys + Self.pools).json.contains("has no key '\(name)'"))
    }

    @Test(arguments: anywhere)
    func wordsThatLookLikeKeysAreMasked(template: String) {
        check(template)
    }

    @Test(arguments: inItsPlace)
    func valuesOfSecretsAreMasked(template: String) {
        check(template)
        check("keys:\n- name: a\n  colour: 1\n  " + template)
        check("endpoints:\n- name: a\n  headers:\n    x: 1\n  " + template + "  colour: 1\n")
    }

    @Test func parsedPartsOfASecretAreMaskedInMessages() {
        let outcome = Outcome("listen: { address: \"u:0123456789@b\" }\n" + Self.pools)
        #expect(outcome.codes == ["R112"])
        #expect(!(outcome.text + outcome.json).contains("0123456789"))
    }

    @Test func fixThatWouldWriteASecretIsLeftOut() {
        let outcome = Outcome("keys: [{ name: a, secret: *abcdefghijkl }]\n" + Self.pools)
        #expect(outcome.codes.first == "R005")
        #expect(!outcome.json.contains("abcdefgh"))
        #expect(outcome.json.contains("\"fixes\":[]"))
    }

    @Test(arguments: [
        "sha256:5705d3b9a6a0f0d2e3a4a1c6b7f8e9d0c1b2a3f4e5d6c7b8a9f0e1d2c3b4a596",
        "file:/run/secrets/sk-live-key-1", "env:CHAT_KEY_1",
    ])
    func referencesAreShown(reference: String) {
        func shown(_ text: String) -> String {
            // Of a hash its beginning is enough.
            reference.hasPrefix("sha256:")
                ? text.replacing(reference, with: reference.prefix(15) + "...") : text
        }
        for form in [reference, "'\(reference)'", "[\(reference)]", "{ value: \(reference) }"] {
            let outcome = Outcome("keys: [{ colour: 1, secret: \(form) }]\n" + Self.pools)
            #expect(outcome.text.contains(shown("secret: \(form) }]")), "\(outcome.text)")
        }
        let outcome = Outcome("colour: 1  # secret: \(reference)\n" + Self.pools)
        #expect(outcome.text.contains(shown(reference)))
    }

    @Test(arguments: [
        "sk-small", "xai-production", "hf-models", "task-runner-1234567", "disk_cache_0123456",
        "bearer of news", "a@b.example", "llama3:8b", "org/model:v1",
    ])
    func namesAreNoSecrets(name: String) {
        #expect(quoted(name) == "'\(name)'")
    }

    private func check(_ template: String) {
        let text = template.split(separator: "@", omittingEmptySubsequences: false)
            .joined(separator: Self.tail).replacing("%b", with: "@b")
        let outcome = Outcome(text + Self.pools)
        #expect(!outcome.diagnostics.isEmpty)
        for shown in [outcome.text.lowercased(), outcome.json.lowercased()] {
            let tail = Array(Self.tail.lowercased())
            for start in 0...(tail.count - 8) {
                let part = String(tail[start..<start + 8])
                #expect(!shown.contains(part), "\(text)\n\(shown)")
            }
        }
    }
}
