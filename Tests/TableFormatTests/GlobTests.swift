import TableFormat
import Testing

@Suite struct GlobTests {
    private func matches(_ glob: String, _ text: String) -> Bool {
        globMatches(Array(glob.utf8).rawSpan, Array(text.utf8).rawSpan)
    }

    @Test(arguments: [
        ("*", ""), ("*", "a/b"), ("a*", "a"), ("a*", "abc"), ("*c", "abc"), ("a*c", "ac"),
        ("a*c", "abcc"), ("*b*", "abc"), ("a*b*c", "aXbYc"), ("a*b*c", "abbc"), ("**", "x"),
        ("openai/*", "openai/gpt/4"), ("é*", "été".replacing("été", with: "éa")),
    ])
    func matching(_ glob: String, _ text: String) {
        #expect(matches(glob, text))
    }

    @Test(arguments: [
        ("a*", "b"), ("a*", ""), ("*c", "ca"), ("a*c", "a"), ("a*c", "acb"), ("a*b*c", "acb"),
        ("abc", "abcd"), ("abc", "ab"), ("A*", "abc"), ("a?c", "abc"),
    ])
    func notMatching(_ glob: String, _ text: String) {
        #expect(!matches(glob, text))
    }

    @Test func manyStarsTakeNoExponentialTime() {
        let glob = String(repeating: "a*", count: 100) + "b"
        #expect(!matches(glob, String(repeating: "a", count: 256)))
    }
}
