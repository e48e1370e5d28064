import Testing

@testable import SpecCompiler

/// Nothing that is rendered holds a secret, whatever was reported and wherever it stands.
@Suite struct MaskingTests {
    private static let secret = "sUp3r-S3cret_0123456789"
    private static let pools = "pools: [{ name: a, endpoints: [\"http://b\"], models: [\"*\"] }]\n"

    @Test(arguments: [
        "keys: [{ name: a, secret: @ }]\n",
        "keys: [{ name: a, secret: '@' }]\n",
        "keys: [{ name: a, secret: \"@\", colour: 1 }]\n",
        "keys: [{ name: a, secret: [@, '@'], pin: nope }]\n",
        "keys: [{ name: a, secret: { value: @, expires: soon } }]\n",
        "keys: [{ name: a, secret: { valeu: @ } }]\n",
        "keys: [{ name: a, secrte: @ }]\n",
        "keys: [{ name: a, Secret: @ }]\n",
        "keys: [{ name: a, secret: \"\\x73Up3r-S3cret_0123456789\", colour: 1 }]\n",
        "keys: [{ name: a, secret: sha256:@ }]\n",
        "keys: [{ name: a, secret: 'file:@' }]\n",
        "keys: [{ name: a, secret: 'env:@ x' }]\n",
        "keys: [{ name: a, secret: '@ ä' }]\n",
        "keys:\n- name: a\n  secret: |\n    @\n  colour: 1\n",
        "keys:\n- name: a\n  secret:\n    - @\n    - \"@\n",
        "keys:\n- { name: a, secret: @, : }\n- ]\n",
        "keys:\n- name: a\n  secret: @\n\t\tx: 1\n",
        "password: @\n",
        "endpoints: [{ name: a, url: \"http://b\", credential: @ }]\n",
        "endpoints: [{ name: a, url: \"http://b\", credential: [@] }]\n",
        "endpoints: [{ name: a, url: \"http://u:@@b\" }]\n",
        "endpoints: [{ name: a, url: \"https://u:@@b\" }]\n",
        "endpoints: [{ name: a, url: \"http://b/v1?key=@\" }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { authorization: Bearer @ } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { api-key: @ } }]\n",
        "endpoints: [{ name: a, url: \"http://b\", headers: { x-a: { from: @ } } }]\n",
        "x: &s @\nkeys: [{ name: a, secret: *s }]\n",
        "keys:\n- name: a\n<<<<<<< a\n  secret: @\n=======\n  secret: x@\n>>>>>>> b\n",
        "keys:\n- name: a\n  secret: @\n>>>>>>> b\n",
        "keys:\n- name: a\n  secret:\n    -@\n    - @\n  pin: nope\n",
        "keys: [{ name: a, secret: “@” }]\n",
        "keys: [{ name: a, secret: @], pin: x }]\n",
        "keys:\n- name: a\n  %x: [ secret: @\n",
        "keys: [{ name: a, pin: 'Header(`Authorization`, `@`)' }]\n",
        "keys: [{ name: a, pin: 'Host(`x`) && HeaderRegexp(`Authorization`, `^Bearer @$`)' }]\n",
        "keys: [{ name: a, pin: 'Headers(`X-Key`, `@`)' }]\n",
    ])
    func secretsAreMasked(template: String) {
        let text = template.split(separator: "@", omittingEmptySubsequences: false)
            .joined(separator: MaskingTests.secret)
            // `@@` is a secret and the sign.
            .split(separator: MaskingTests.secret + MaskingTests.secret)
            .joined(separator: MaskingTests.secret + "@")
        let outcome = Outcome(text + MaskingTests.pools)
        #expect(!outcome.diagnostics.isEmpty)
        #expect(!outcome.text.contains("S3cret"), "\(outcome.text)")
        #expect(!outcome.json.contains("S3cret"), "\(outcome.json)")
    }

    @Test func keysOfAPIsAreMaskedEverywhere() {
        let text = """
            keys: [{ name: a, secret: file:/a, pin: sk-live-0123456789abcdef }]
            models: sk-live-0123456789abcdef

            """
        let outcome = Outcome(text + MaskingTests.pools)
        #expect(outcome.codes == ["R201", "R102"])
        #expect(!(outcome.text + outcome.json).contains("0123456789"))
    }

    @Test func formShowsHowItBeginsAndHowLongItIs() {
        #expect(masked("sk-live-0123456789abcde") == "'sk-l...' (23 characters)")
        #expect(masked("hunter22") == "'h...' (8 characters)")
        #expect(masked("x") == "'...' (1 character)")
    }

    @Test func hashOfAShortSecretIsNotOffered() {
        let outcome = Outcome("keys: [{ name: a, secret: hunter2 }]\n" + MaskingTests.pools)
        #expect(outcome.codes == ["R305"])
        #expect(outcome.diagnostics.flatMap(\.fixIts) == [])
    }

    @Test func referencesAreShown() {
        let outcome = Outcome(
            "keys: [{ name: a, colour: 1, secret: file:/run/secrets/a }]\n" + MaskingTests.pools)
        #expect(outcome.text.contains("secret: file:/run/secrets/a }"))
    }
}
