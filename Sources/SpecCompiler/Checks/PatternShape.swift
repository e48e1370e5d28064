internal import Pattern

/// What a simple pattern matches, as globs: `gpt-4(o|\.1)?` is `gpt-4`, `gpt-4o` and `gpt-4.1`.
///
/// Understands letters, escaped punctuation, groups, alternatives, `?`, `\d`, small classes and
/// `.*`. What is not surely understood has no shape, so that what is said of shapes is true.
struct PatternShape {
    /// How many globs one pattern may stand for.
    static let maxGlobs = 200
    /// As deep as PCRE2 lets groups nest; a text that it never saw may go deeper.
    static let maxDepth = 250

    /// Nil where the pattern is too much.
    static func globs(of source: String) -> [[UInt8]]? {
        guard source.utf8.count <= Pattern.maxBytes else { return nil }
        var shape = PatternShape(source)
        guard let globs = shape.alternatives(), shape.rest.isEmpty else { return nil }
        return globs
    }

    /// A glob of at least what any pattern matches, be it well formed or not: how it begins.
    static func cover(of source: String) -> [UInt8] {
        let signs = Array(source.unicodeScalars)
        if hasAlternatives(signs) { return [GlobText.star] }
        var head = signs.prefix { $0.isASCII && ($0.properties.isAlphabetic || isPlain($0)) }
        // What says how often the last of them comes.
        if head.count < signs.count, "*?{".unicodeScalars.contains(signs[head.count]) {
            head = head.dropLast()
        }
        return head.flatMap(bytes) + [GlobText.star]
    }

    /// Whether a pattern may have alternatives that are not in a group: where classes, escapes or
    /// special groups make that hard to tell, it may.
    private static func hasAlternatives(_ signs: [Unicode.Scalar]) -> Bool {
        guard signs.contains("|") else { return false }
        var depth = 0
        var index = 0
        while index < signs.count {
            let next = index + 1 < signs.count ? signs[index + 1] : nil
            switch signs[index] {
            case "(":
                if next == "?" || next == "*" { return true }
                depth += 1
            case ")": depth -= 1
            case "\\":
                // What stands between \Q and \E means itself.
                guard let next, next != "Q", next != "E" else { return true }
                index += 1
            case "[": return true
            case "|" where depth <= 0: return true
            default: break
            }
            index += 1
        }
        return false
    }

    private static func isPlain(_ sign: Unicode.Scalar) -> Bool {
        "0123456789-_/: ".unicodeScalars.contains(sign)
    }

    private var rest: Substring.UnicodeScalarView
    /// How many groups are open.
    private var depth = 0

    private init(_ source: String) {
        rest = source[...].unicodeScalars
    }

    /// Alternatives up to the end or a closing parenthesis.
    private mutating func alternatives() -> [[UInt8]]? {
        var all: [[UInt8]] = []
        while true {
            guard let globs = row() else { return nil }
            all += globs
            guard all.count <= PatternShape.maxGlobs else { return nil }
            guard rest.first == "|" else { return all }
            rest.removeFirst()
        }
    }

    /// Pieces one after the other.
    private mutating func row() -> [[UInt8]]? {
        var heads: [[UInt8]] = [[]]
        while let next = rest.first, next != "|", next != ")" {
            guard let tails = piece() else { return nil }
            guard heads.count * tails.count <= PatternShape.maxGlobs else { return nil }
            heads = heads.flatMap { head in tails.map { head + $0 } }
        }
        return heads
    }

    /// A piece with what says how often it comes.
    private mutating func piece() -> [[UInt8]]? {
        guard let first = rest.popFirst() else { return nil }
        if first == "." {
            guard rest.popFirst() == "*", !isQuantifier(rest.first) else { return nil }
            return [[GlobText.star]]
        }
        guard let globs = atom(first) else { return nil }
        guard isQuantifier(rest.first) else { return globs }
        guard rest.popFirst() == "?", !isQuantifier(rest.first) else { return nil }
        return globs + [[]]
    }

    private mutating func atom(_ first: Unicode.Scalar) -> [[UInt8]]? {
        switch first {
        case "(": return group()
        case "[": return characters()
        case "\\": return escape().map { $0.map(PatternShape.bytes) }
        case "^", "$", "*", "+", "?", "{", "}", "]", ")": return nil
        default: return [PatternShape.bytes(first)]
        }
    }

    private mutating func group() -> [[UInt8]]? {
        guard depth < PatternShape.maxDepth else { return nil }
        depth += 1
        defer { depth -= 1 }
        if rest.first == "?" {
            rest.removeFirst()
            guard rest.popFirst() == ":" else { return nil }
        }
        guard let globs = alternatives(), rest.popFirst() == ")" else { return nil }
        return globs
    }

    /// Letters, digits and their ranges between brackets.
    private mutating func characters() -> [[UInt8]]? {
        var found: [Unicode.Scalar] = []
        var isClosed = false
        while let next = rest.popFirst() {
            isClosed = next == "]"
            if isClosed { break }
            guard next.isASCII, isLetterOrDigit(next) || "-._".unicodeScalars.contains(next),
                next != "-" || rest.first == "]"
            else {
                return nil
            }
            guard rest.first == "-", isLetterOrDigit(next) else {
                found.append(next)
                continue
            }
            rest.removeFirst()
            guard let last = rest.popFirst(), isLetterOrDigit(last), last.value > next.value,
                last.value - next.value < 26
            else {
                return nil
            }
            found += (next.value...last.value).compactMap(Unicode.Scalar.init)
        }
        return isClosed && !found.isEmpty ? found.map(PatternShape.bytes) : nil
    }

    private mutating func escape() -> [Unicode.Scalar]? {
        guard let next = rest.popFirst(), next.isASCII, next.value > 0x20 else { return nil }
        if next == "d" { return "0123456789".unicodeScalars.map { $0 } }
        // A star is no sign of a glob here, and no model has one.
        return isLetterOrDigit(next) || next == "*" ? nil : [next]
    }

    private func isQuantifier(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map { "*+?{".unicodeScalars.contains($0) } ?? false
    }

    private func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        guard let byte = UInt8(exactly: scalar.value) else { return false }
        return isLetter(byte) || isDigit(byte)
    }

    private static func bytes(_ scalar: Unicode.Scalar) -> [UInt8] {
        Array(String(Character(scalar)).utf8)
    }
}
