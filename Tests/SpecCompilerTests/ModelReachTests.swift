import RandomNumbers
import Testing

@testable import SpecCompiler

/// What is found by an order of heads is what comparing each with each finds.
@Suite struct ModelReachTests {
    private static func text(_ random: inout SplitMix, starred: Bool) -> String {
        let letters = starred ? ["a", "b", "a", "b", "*"] : ["a", "b"]
        let text = (0..<Int(random.next() % 6)).map { _ in
            letters[Int(random.next() % 5) % letters.count]
        }
        return text.joined()
    }

    @Test func theIndexMeetsWhatEachMeets() {
        var random = SplitMix(seed: 1)
        var metCount = 0
        for _ in 0..<20_000 {
            let texts = (0..<Int(random.next() % 12)).map { _ in
                Array(Self.text(&random, starred: true).utf8)
            }
            let asked = Array(Self.text(&random, starred: true).utf8)
            var budget = 1_000
            let isMet = GlobIndex(texts).meets(asked, &budget)
            let expected = texts.contains { GlobText.meet($0, asked) }
            #expect(isMet == expected, "\(texts) \(asked)")
            metCount += isMet ? 1 : 0
        }
        #expect((2_000..<18_000).contains(metCount))
    }

    @Test func whatCannotBeAffordedIsMet() {
        let texts = (0..<100).map { Array("a\($0)".utf8) }
        var budget = 50
        let isMetPerhaps = GlobIndex(texts).meets(Array("*z".utf8), &budget)
        #expect(isMetPerhaps)
        budget = 500
        let isMet = GlobIndex(texts).meets(Array("*z".utf8), &budget)
        #expect(!isMet)
    }

    @Test func rulesReachWhatComparingEachSays() {
        var random = SplitMix(seed: 2)
        var reachedCount = 0
        for _ in 0..<5_000 {
            let rules = (0..<Int(random.next() % 8)).map { _ in kind(&random) }
            var reach = ModelReach(rules.map(rule))
            for _ in 0..<4 {
                let asked = kind(&random)
                let isReached = reach.mayReach(asked)
                #expect(isReached == plainlyReaches(rules, asked), "\(rules) \(asked)")
                reachedCount += isReached ? 1 : 0
            }
        }
        #expect((2_000..<18_000).contains(reachedCount))
    }

    @Test func aLargeSpecIsLookedAtWhole() {
        let rules = (0..<10_000).map { rule(.exact("model-\($0)")) }
        var reach = ModelReach(rules)
        for index in 0..<1_000 {
            let isReached = reach.mayReach(.glob("family-\(index)-*"))
            #expect(!isReached)
        }
        let isReached = reach.mayReach(.glob("model-77*"))
        #expect(isReached)
    }

    private func rule(_ kind: Matcher.Kind) -> ResolvedSpec.ModelRule {
        let place = SourceSpan(file: 0, start: 0, end: 0)
        return ResolvedSpec.ModelRule(
            matcher: Matcher(kind, at: place), target: .pool(0), sendAs: nil, listed: true,
            about: [], place: place)
    }

    private func kind(_ random: inout SplitMix) -> Matcher.Kind {
        switch random.next() % 4 {
        case 0: return .glob("a" + Self.text(&random, starred: true) + "*")
        case 1: return .pattern(Self.text(&random, starred: false) + "b(a|b)?")
        case 2: return .pattern("a" + Self.text(&random, starred: false) + "[ab]+")
        default: return .exact("b" + Self.text(&random, starred: false))
        }
    }

    /// Each rule compared, as `ModelReach` did before it had an index.
    private func plainlyReaches(_ rules: [Matcher.Kind], _ asked: Matcher.Kind) -> Bool {
        rules.contains { rule in
            if case .exact(let name) = asked, rule.globs == nil {
                return MatcherSet([
                    Matcher(rule, at: SourceSpan(file: 0, start: 0, end: 0))
                ]).matches(name)
            }
            return rule.coveringGlobs.contains { left in
                asked.coveringGlobs.contains { GlobText.meet(left, $0) }
            }
        }
    }
}
