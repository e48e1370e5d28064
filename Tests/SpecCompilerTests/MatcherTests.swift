import Testing

@testable import SpecCompiler

@Suite struct MatcherTests {
    @Test func kinds() throws {
        #expect(try MatcherText.kind("llama3").get() == .exact("llama3"))
        #expect(try MatcherText.kind("id:re:a*").get() == .exact("re:a*"))
        #expect(try MatcherText.kind("a**b***").get() == .glob("a*b*"))
        #expect(try MatcherText.kind("**").get() == .glob("*"))
        #expect(try MatcherText.kind("re:a*").get() == .pattern("a*"))
        #expect(try MatcherText.kind("größe").get() == .exact("größe"))
    }

    @Test func faults() {
        #expect(MatcherText.kind("id:") == .failure(.empty))
        #expect(MatcherText.kind("re:") == .failure(.empty))
        #expect(MatcherText.kind("a\nb") == .failure(.control))
        #expect(MatcherText.kind(String(repeating: "a", count: 256)) != .failure(.tooLong(256)))
        #expect(MatcherText.kind(String(repeating: "a", count: 257)) == .failure(.tooLong(257)))
    }

    @Test(arguments: [
        ("a*", "a*", true), ("a*", "ab*", true), ("a*", "a*b", true), ("ab*", "a*", false),
        ("*a", "*ba", true), ("*a*", "*bab*", true), ("a*c", "a*b*c", true),
        ("a*b", "ab*", false), ("a*b*c", "a*c", false), ("*", "*x*", true), ("a*", "*a", false),
        ("a*a", "a", false), ("a*a", "aa", true), ("*ab*b", "*abab*b", true),
    ])
    func coverOfGlobs(broad: String, narrow: String, covers: Bool) {
        #expect(GlobText.covers(Array(broad.utf8), Array(narrow.utf8)) == covers)
    }

    @Test(arguments: [
        "\"*\", \"a*\"", "a, \"a*\"", "'re:.+', 're:a.+'", "\"a*\", \"*a\"", "\"ab*\", \"a*\"",
        "\"*-x\", \"y*\"",
    ])
    func rulesThatAreReached(models: String) {
        #expect(Outcome(pool(models)).diagnostics.isEmpty)
    }

    @Test(arguments: [
        "\"*\", \"**\"", "a, a", "'re:a', 're:a'", "\"a*\", \"a*\"", "\"a*\", \"ab*c\"",
        "\"*-x\", \"y*-x\"", "\"a*b*\", \"aab*\"",
    ])
    func rulesThatAreNot(models: String) {
        #expect(Outcome(pool(models)).codes == ["R302"])
    }

    private func pool(_ models: String) -> String {
        "pools: [{ name: a, endpoints: [\"http://b\"], models: [\(models)] }]\n"
    }

    @Test(arguments: [
        ("adress", "address"), ("poools", "pools"), ("lsiten", "listen"), ("NAME", "name"),
        ("nmae", "name"),
    ])
    func nearestNames(name: String, nearest: String) {
        let names = ["address", "listen", "name", "pools", "url"]
        #expect(NearestName.nearest(to: name, among: names) == nearest)
    }

    @Test(arguments: ["x", "lu", "colour", "namespaces", ""])
    func namesWithoutANearest(name: String) {
        let names = ["address", "listen", "name", "pools", "url"]
        #expect(NearestName.nearest(to: name, among: names) == nil)
    }
}
