import RandomNumbers

/// Random specs of a small vocabulary, so that names, globs and patterns meet often.
struct SpecGenerator {
    private var random: SplitMix
    private var patternCount = 0

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    private mutating func below(_ bound: Int) -> Int {
        random.below(bound)
    }

    private mutating func piece() -> String {
        ["a", "b", "ab", "ba", "a-b", "c/", "1"][below(7)]
    }

    /// A model id that rules may know or not.
    mutating func model() -> String {
        (0...below(3)).map { _ in piece() }.joined()
    }

    /// The index of a key, or nil for none.
    mutating func keyIndex(_ count: Int) -> Int? {
        count == 0 || below(5) == 0 ? nil : below(count)
    }

    private mutating func matcher() -> String {
        switch below(6) {
        case 0, 1: return "id:\(model())"
        case 2: return "\(model())*"
        case 3: return "*\(model())"
        case 4: return "\(piece())*\(piece())"
        default: return "re:\(piece())[a-c]*(\(piece()))?"
        }
    }

    /// A spec whose rules are all reachable as far as the compiler can tell: no matcher twice, and
    /// those that cover more come later.
    mutating func spec() -> String {
        var matchers: [String] = []
        for _ in 0..<(3 + below(12)) {
            let candidate = matcher()
            if !matchers.contains(candidate) { matchers.append(candidate) }
        }
        // Long globs first: the compiler refuses a rule that an earlier one always beats.
        let globs = matchers.filter { !$0.hasPrefix("re:") && !$0.hasPrefix("id:") }
        let others = matchers.filter { $0.hasPrefix("re:") || $0.hasPrefix("id:") }
        let sorted = globs.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        var text = "version: 1\npools:\n"
        for index in 0..<3 {
            let scheme = below(3) == 0 ? "https" : "http"
            text += "  - name: p\(index)\n"
            text += "    endpoints: [\"\(scheme)://127.0.0.1:90\(index)1\"]\n"
        }
        text += "models:\n"
        for matcher in sorted + others {
            text += "  - { match: '\(matcher)', pool: p\(below(3)) }\n"
        }
        if below(2) == 0 { text += "  - { match: '*', pool: p\(below(3)) }\n" }
        text += "anonymous: allow\nkeys:\n"
        for index in 0..<4 {
            let digits = String(repeating: "0\(index)", count: 32)
            text += "  - name: k\(index)\n    secret: 'sha256:\(digits)'\n"
            if index > 0 {
                let models = (0..<(1 + below(3))).map { _ in "'\(matcher())'" }
                text += "    models: [\(models.joined(separator: ", "))]\n"
            }
        }
        return text
    }
}
