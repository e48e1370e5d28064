import Pattern
import TableFormat
import Testing

@testable import SpecCompiler

/// What is said of simple patterns is what PCRE2 does with them.
@Suite struct PatternShapeTests {
    static let patterns = [
        "a", "ab", "a|b", "ab|cd", "a(b|c)d", "a(?:b|c)?d", "(a|b)(c|d)?", "a.*", ".*a", "a.*b",
        ".*", "a?b?", "[ab]c", "[a-c]d", "a\\.b", "a\\.?b", "\\dx", "a||b", "(|a)b", "",
        "a(b(c|d)?)?", "a-(b|c.*)", "ä?b", "(ä|b)c", nested(PatternShape.maxDepth),
    ]
    static let notUnderstood = [
        "a+", "a.+", "a{2}", "a*", "(a|b)*", "(?i)a", "a(?=b)", "[^a]", "\\w", "a.b", "a.*?", "^a",
        "a$", "\\Qa\\E", "(a", "a)", "[a", "a\\", "\\*", "(?<n>a)", "a??", "[z-a]", "[a-]", "[\\d]",
        "(((a|b)(a|b)(a|b)(a|b))((a|b)(a|b)(a|b)(a|b)))", nested(PatternShape.maxDepth + 1),
        nested(20_000), String(repeating: "(", count: 4_000), String(repeating: "a", count: 4_097),
    ]

    /// A letter in `depth` groups.
    private static func nested(_ depth: Int) -> String {
        String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
    }

    /// Every text of up to three of these, and some longer ones.
    static let ids: [String] = {
        let signs = ["a", "b", "c", "d", ".", "-", "1", "x", "ä", "|", "\\"]
        var ids = [""]
        var last = [""]
        for _ in 0..<3 {
            last = last.flatMap { head in signs.map { head + $0 } }
            ids += last
        }
        return ids + ["abcd", "aacdb", "a-cccc", "dddda"]
    }()

    private func matches(_ glob: [UInt8], _ id: String) -> Bool {
        GlobText.covers(glob, Array(id.utf8))
    }

    @Test(arguments: patterns)
    func shapeIsThePattern(source: String) throws {
        let globs = try #require(PatternShape.globs(of: source))
        let pattern = try Pattern(source)
        let scratch = MatchScratch()
        for id in PatternShapeTests.ids {
            let isMatched = pattern.matches(Array(id.utf8).rawSpan, scratch: scratch)
            #expect(globs.contains { matches($0, id) } == isMatched, "\(source) and '\(id)'")
        }
    }

    @Test(arguments: notUnderstood)
    func whatIsNotUnderstoodHasNoShape(source: String) {
        #expect(PatternShape.globs(of: source) == nil)
    }

    @Test(
        arguments: patterns + notUnderstood + [
            "ab+", "ab*", "ab?", "ab{0}", "ab|cd", "ab(c|d)", "a[(]b|c", "a\\(b|c", "a(?#()b|c",
            "ab\\d+", "a1-b.c",
        ])
    func coverHoldsThePattern(source: String) {
        guard let pattern = try? Pattern(source) else { return }
        let cover = PatternShape.cover(of: source)
        let scratch = MatchScratch()
        for id in PatternShapeTests.ids
        where pattern.matches(Array(id.utf8).rawSpan, scratch: scratch) {
            #expect(matches(cover, id), "\(source) and '\(id)'")
        }
    }

    /// Two globs meet if there is a text that both match; texts of up to six letters show it.
    @Test func globsMeet() {
        let pieces = ["", "a", "b", "*", "ab", "a*", "*b", "b*a", "*a*", "a*b", "ba*", "a*a"]
        var texts = [""]
        var last = [""]
        for _ in 0..<6 {
            last = last.flatMap { [$0 + "a", $0 + "b"] }
            texts += last
        }
        for left in pieces {
            for right in pieces {
                let (l, r) = (Array(left.utf8), Array(right.utf8))
                let isShared = texts.contains { matches(l, $0) && matches(r, $0) }
                #expect(GlobText.meet(l, r) == isShared, "\(left) and \(right)")
            }
        }
    }
}
