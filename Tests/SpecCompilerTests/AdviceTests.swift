import Testing

@testable import SpecCompiler

/// What texts and keys that are nearly right are taken for.
@Suite struct AdviceTests {
    @Test(
        arguments: [
            ("/run/secrets/a", .path), ("./a", .path), ("~/a", .path),
            ("$KEY", .variable("KEY")), ("${KEY}", .variable("KEY")), ("%KEY%", .variable("KEY")),
            ("$ecretWord", .variable("NAME")),
            ("SHA256:5705", .nearForm(written: "SHA256:", meant: "sha256:")),
            ("sha-256:5705", .nearForm(written: "sha-256:", meant: "sha256:")),
            ("sha256=5705", .nearForm(written: "sha256=", meant: "sha256:")),
            ("File:/run/a", .nearForm(written: "File:", meant: "file:")),
            ("flie:/run/a", .nearForm(written: "flie:", meant: "file:")),
            ("ENV:KEY", .nearForm(written: "ENV:", meant: "env:")),
            ("path:/run/a", .nearForm(written: "path:", meant: "file:")),
            ("md5:5f4d", .otherHash), ("$2b$12$abcdefgh", .otherHash),
            ("vault:/kv/a", .otherStore("vault")), ("op://a/b", .otherStore("op")),
            ("house:/kv/a", .otherStore(nil)),
            (String(repeating: "0aF", count: 21) + "0", .bareHash),
            ("sk-live-0123456789abcdef", nil), ("hunter2", nil), ("a:b", nil), ("pass:word", nil),
            ("pa$$word", nil), ("100%", nil), ("a=b", nil), ("", nil), (":", nil), ("$", nil),
        ] as [(String, SecretLookalike?)])
    func lookalikesOfSecrets(text: String, kind: SecretLookalike?) {
        #expect(SecretLookalike.of(text) == kind)
    }

    /// A secret of base64 may begin with a slash, and a password with a dollar.
    @Test(arguments: [
        "/sUp3rS3cret+0123456789abc=", "/sUp3rS3cret0123456789abcdefgh", "$ecretWord1",
    ])
    func lookalikesAreNotShown(secret: String) {
        let pools = "pools: [{ name: a, endpoints: [\"http://b\"], models: [\"*\"] }]\n"
        let outcome = Outcome("keys: [{ name: a, secret: \"\(secret)\" }]\n" + pools)
        #expect(outcome.codes == ["R114"])
        #expect(!(outcome.text + outcome.json).contains(secret.dropFirst(2).prefix(9)))
    }

    @Test func keysThatDoNotExist() {
        func advice(_ name: String, _ parent: String) -> KeyAdvice {
            KeyAdvice.of(name, in: SpecKeys.object(parent))
        }
        #expect(advice("pool", "") == .misspelled("pools"))
        #expect(advice("retrys", "pools[]") == .misspelled("retry"))
        #expect(advice("rate", "keys[]") == .none)
        #expect(advice("apikey", "keys[]") == .synonym("secret"))
        #expect(advice("servers", "pools[]") == .synonym("endpoints"))
        let places = ["'listen'", "'defaults'", "a pool"]
        #expect(advice("timeouts", "") == .elsewhere("timeouts", places: places))
        let clients = KeyAdvice.elsewhere("keep_alive", places: ["'listen.timeouts'"])
        #expect(advice("keep_alive", "listen") == clients)
        #expect(advice("keepalive", "listen.timeouts") == .synonym("keep_alive"))
        #expect(advice("ca_file", "endpoints[]") == .synonym("ca"))
        #expect(advice("ca_cert", "pools[].endpoints[]") == .synonym("ca"))
        guard case .hint = advice("insecure", "endpoints[]") else {
            Issue.record("there is no way not to verify, and nobody says so")
            return
        }
        let member = "an entry of a pool's endpoints"
        #expect(advice("weight", "endpoints[]") == .elsewhere("weight", places: [member]))
        #expect(advice("timeout", "") == advice("timeouts", ""))
        #expect(advice("tls", "") == .planned(path: "listen.tls"))
        #expect(advice("discovery", "") == .elsewhere("discovery", places: ["'defaults'"]))
        #expect(advice("colour", "listen") == .none)
    }

    @Test(
        arguments: [
            ("http:/127.0.0.1:9001", "http://127.0.0.1:9001"), ("gpu1:8000", "http://gpu1:8000"),
            ("127.0.0.1:9001/v1", "http://127.0.0.1:9001/v1"), ("/run/a.sock", "unix:/run/a.sock"),
            ("https:/gpu1/v1", "https://gpu1/v1"), ("htps://gpu1", "https://gpu1"),
            ("http:gpu1", "http://gpu1"), ("a b", nil), ("joe:secret@gpu1", nil), ("", nil),
        ] as [(String, String?)])
    func urlsThatWereMeant(text: String, meant: String?) {
        #expect(URLText.meant(by: text) == meant)
    }

    @Test(
        arguments: [
            ("llama3", nil), ("gpt-4o*", nil), ("re:a?", nil), ("id:a?", nil), ("a/b:c@d", nil),
            ("llama[0-9]", .shell("[")), ("llama?", .shell("?")), ("a|b", .pattern("a|b")),
            ("RE:x", .pattern("x")), ("regex:x", .pattern("x")), ("/a.*/", .pattern("a.*")),
            ("^a$", .pattern("^a$")), (" a", .edges), ("a ", .edges),
            ("\u{201C}*\u{201D}", .strange("a curly quote (U+201C)")),
        ] as [(String, MatcherLook?)])
    func looksOfMatchers(text: String, look: MatcherLook?) {
        #expect(MatcherLook.of(text) == look)
    }

    @Test func shellGlobsAsPatterns() {
        #expect(MatcherLook.pattern(forShell: "a.b?[0-9]*{c,d}") == "a\\.b.[0-9].*(c|d)")
    }

    @Test func binaryFilesShowNoLines() {
        let table = Array("\u{7F}RTRCTBL".utf8) + [UInt8](repeating: 1, count: 100)
        let outcome = Outcome(SourceFile(name: "a.table", bytes: table))
        #expect(outcome.codes == ["R003"])
        #expect(!outcome.text.contains("|"))
        let wide = Outcome(SourceFile(name: "a", bytes: [0xFF, 0xFE, 0x61, 0, 0x0A, 0]))
        #expect(wide.diagnostics.map(\.message) == ["a spec is UTF-8, and this file is UTF-16"])
    }
}
