import TableFormat
import Testing

@testable import SpecCompiler

@Suite struct RendererTests {
    private func source(_ text: String) -> SourceFile {
        SourceFile(name: "a.yaml", text: text)
    }

    /// A diagnostic that points at the first occurrences of texts.
    private func diagnostic(_ source: SourceFile, _ texts: [String]) throws -> Diagnostic {
        let spans = try texts.map { text in
            let whole = String(decoding: source.bytes, as: UTF8.self)
            let range = try #require(whole.firstRange(of: text))
            let start = whole.utf8.distance(from: whole.startIndex, to: range.lowerBound)
            return SourceSpan(file: 0, start: start, end: start + text.utf8.count)
        }
        let labels = zip(spans, texts).map { Diagnostic.Label($0, "label of \($1)") }
        return Diagnostic(.syntax, "message", at: labels[0], also: Array(labels.dropFirst()))
    }

    private func rows(_ text: String, _ texts: [String]) throws -> [String] {
        let source = source(text)
        let shown = TextRenderer(sources: [source]).render([try diagnostic(source, texts)])
        return shown.split(separator: "\n").map(String.init)
    }

    @Test func oneLabel() throws {
        #expect(
            try rows("a: b\n", ["b"]) == [
                "error[R001]: message", " --> a.yaml:1:4", "1 | a: b", "  |    ^ label of b",
                "1 error",
            ])
    }

    @Test func threeLabelsOnALine() throws {
        #expect(
            try rows("one two three\n", ["two", "three", "one"]).dropFirst(2) == [
                "1 | one two three", "  | --- ^^^ ----- label of three", "  | |   |",
                "  | |   label of two", "  | label of one", "1 error",
            ])
    }

    @Test func tabsAndWideTextKeepTheCarets() throws {
        #expect(
            try rows("\tgröße: x\n", ["x"]).dropFirst(1) == [
                " --> a.yaml:1:9", "1 |     größe: x", "  |            ^ label of x", "1 error",
            ])
    }

    @Test func endOfFileHasAPlace() throws {
        let source = source("a: b\n")
        let end = SourceSpan(file: 0, start: 5, end: 5)
        let text = TextRenderer(sources: [source]).render([
            Diagnostic(.syntax, "message", at: .init(end, "here"))
        ])
        #expect(text.contains(" --> a.yaml:2:1\n2 |\n  | ^ here\n"))
    }

    @Test func longLinesAreCutAroundTheLabel() throws {
        let text = String(repeating: "a", count: 1_000) + "X" + String(repeating: "b", count: 1_000)
        let shown = try rows(text, ["X"])
        #expect(shown.allSatisfy { $0.count < 160 })
        let line = Array(shown[2])
        let caret = try #require(Array(shown[3]).firstIndex(of: "^"))
        #expect(line[caret] == "X")
    }

    @Test func controlAndDirectionAreShownAsWhatTheyAre() throws {
        let shown = try rows("a: \u{202E}b\u{7}c\n", ["a"])
        #expect(shown[2] == "1 | a: <U+202E>b\u{FFFD}c")
        #expect(quoted("a\u{1B}[31m\nb") == "'a\u{FFFD}[31m\u{FFFD}b'")
    }

    @Test func colorsAreAddedOnlyWhenAskedFor() throws {
        let source = source("a: b\n")
        let diagnostic = try diagnostic(source, ["b"])
        let plain = TextRenderer(sources: [source]).render([diagnostic])
        let colored = TextRenderer(sources: [source], color: true).render([diagnostic])
        #expect(!plain.contains("\u{1B}"))
        #expect(colored.contains("\u{1B}[1;31merror[R001]\u{1B}[0m"))
        #expect(TextRenderer(sources: [source]).render([]).isEmpty)
    }

    @Test func summaryCounts() {
        let span = SourceSpan(file: 0, start: 0, end: 0)
        let error = Diagnostic(.syntax, "a", at: .init(span))
        let warning = Diagnostic(.sharedURL, "a", at: .init(span))
        #expect(TextRenderer.summary(of: [error, warning, error]) == "2 errors, 1 warning")
        #expect(TextRenderer.summary(of: [warning, warning]) == "2 warnings")
    }

    @Test func jsonEscapes() {
        #expect(JSONText.quoted("a\"\\\n\r\t\u{1}é\u{2028}") == #""a\"\\\n\r\t\u0001é\u2028""#)
        #expect(
            JSONRenderer(sources: []).render([])
                == "{\"version\":1,\"diagnostics\":[],\"errors\":0,\"warnings\":0}\n")
    }
}
