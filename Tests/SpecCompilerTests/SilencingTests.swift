import Testing

@testable import SpecCompiler

/// Comments that silence, and what only looks like one.
@Suite struct SilencingTests {
    private func codes(_ text: String) -> [String] {
        Outcome(
            text + "pools: [{ name: a, endpoints: [\"http://h\"], models: [\"*\"] }]\n"
        ).codes
    }

    @Test(arguments: [
        "keys: [{ name: a, secret: env:A }] # routerc: allow R310 b\n",
        "keys: [{ name: a, secret: env:A }] #routerc:allow R310 b c d\r\n",
        "keys: [{ name: a, secret: env:A }] #\trouterc:\tallow\tR310\tb\n",
        "# routerc: allow R310 b\nkeys: [{ name: a, secret: env:A }]\n",
        "keys:\n  # routerc: allow R310 b\n\n  # another\n  - { name: a, secret: env:A }\n",
        "keys:\n  - name: a\n    secret: >- # routerc: allow R310 b\n      env:A\n",
        "\u{FEFF}# routerc: allow R310 b\nkeys: [{ name: 'ä', secret: env:A }]\n",
    ])
    func warningIsSilenced(text: String) {
        #expect(codes(text).filter { $0 != "R113" } == [])
    }

    @Test(arguments: [
        "keys: [{ name: a, secret: env:A }] # see routerc: allow R310 b\n",
        "keys: [{ name: a, secret: env:A }]\n# the key of routerc: it is old\n",
        "keys: [{ name: a, secret: env:A }]\n# routerc: the key is old\n",
        "# 'routerc: allow R310 b'\nkeys: [{ name: a, secret: env:A }]\n",
    ])
    func proseSilencesNothing(text: String) {
        #expect(codes(text) == ["R310"])
    }

    @Test(arguments: [
        "keys: [{ name: a, secret: [env:A, \"file:/x # routerc: allow R310 b\"] }]\n",
        "keys:\n  - name: a\n    secret:\n      - env:A\n      - |-\n        file:/\n"
            + "        # routerc: allow R310 b\n",
    ])
    func textsAreNoComments(text: String) {
        let codes = codes(text)
        #expect(codes.contains("R310"))
        #expect(!codes.contains("R321"))
    }

    @Test func twoWarningsOfOneLineAreTwo() {
        let keys = "keys: [{ name: a, secret: env:A }, { name: b, secret: short }]"
        #expect(codes(keys + " # routerc: allow R310 b\n") == ["R305"])
        #expect(codes("# routerc: allow R305 b\n" + keys + " # routerc: allow R310 b\n") == [])
    }

    /// Behind an error nobody knows what a comment would silence.
    @Test func nothingIsIdleBesideErrors() {
        let text = "colour: red\nkeys: [{ name: a, secret: file:/a }] # routerc: allow R310 b\n"
        #expect(codes(text) == ["R101"])
    }

    @Test func reasonsAreNotShown() {
        let outcome = Outcome("# routerc: allow R310 the old key was sk-live-0123456789abcdef\n")
        #expect(!(outcome.text + outcome.json).contains("0123456789"))
    }
}
