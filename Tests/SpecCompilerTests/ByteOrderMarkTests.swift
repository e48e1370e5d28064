import Testing

@testable import SpecCompiler

/// A byte order mark before a spec is no part of it; anywhere else it is a sign that nobody sees.
@Suite struct ByteOrderMarkTests {
    private static let mark = "\u{FEFF}"
    private static let pools = "pools: [{ name: a, endpoints: [\"http://b\"], models: [\"*\"] }]\n"

    @Test(arguments: ["", "# größe\n", "---\n", "\n", "\r\n"])
    func specAfterAMarkCompiles(beginning: String) {
        let outcome = Outcome(Self.mark + beginning + Self.pools)
        #expect(outcome.spec != nil, "\(outcome.text)")
        #expect(outcome.text.isEmpty)
    }

    @Test(arguments: [
        "colour: 1\n", "größe: ü\ncolour: 1\n", "a: [\n", "\ta: 1\n", "a: 1\n  b: 2\n", "x\ny: 1\n",
        "a: \"b\nc: 1\n", "a: \u{1}\n", "a: *b\n", "- a\n", "", "a:1\nb: 2\n", "é: \u{1}\n",
    ])
    func placesAreThoseWithoutTheMark(text: String) {
        let plain = Outcome(text)
        let marked = Outcome(Self.mark + text)
        #expect(marked.text == plain.text)
        #expect(marked.codes == plain.codes)
        let isEmpty = text.isEmpty
        for (left, right) in zip(marked.diagnostics, plain.diagnostics) where !isEmpty {
            #expect(left.primary.span.start == right.primary.span.start + 3)
            #expect(left.primary.span.end == right.primary.span.end + 3)
        }
    }

    @Test func bytesOfJSONCountTheMarkAndColumnsDoNot() {
        let json = Outcome(Self.mark + "colour: 1\n" + Self.pools).json
        #expect(json.contains(#""start":{"line":1,"column":1,"byte":3}"#), "\(json)")
    }

    @Test(arguments: [
        "a: 1\n\u{FEFF}pools: []\n", "po\u{FEFF}ols: []\n", "pools: [{ name: \u{FEFF}x }]\n",
        "models: [{ match: \"a\u{FEFF}\", pool: a }]\n", "a: 1\n \u{FEFF}b: 2\n",
        "\u{FEFF}\u{FEFF}pools: [{ name: a\u{FEFF} }]\n",
    ])
    func markElsewhereIsNamed(text: String) {
        let outcome = Outcome(text)
        #expect(outcome.text.contains("an invisible byte order mark (U+FEFF)"), "\(outcome.text)")
        #expect(!outcome.text.contains("\u{FEFF}"))
    }
}
