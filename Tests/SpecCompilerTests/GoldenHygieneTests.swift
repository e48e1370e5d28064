import Foundation
import Testing

@testable import SpecCompiler

/// No golden without a spec, no spec without a golden, no code without a page that is true.
@Suite struct GoldenHygieneTests {
    /// Codes that a small spec cannot show; `LimitTests` reaches them.
    static let unshown: Set<DiagnosticCode> = [.fileTooLarge, .unreadableFile]
    /// Codes whose example cannot stand in a page of text.
    static let unprintable: Set<DiagnosticCode> = [.fileTooLarge, .notText, .unreadableFile]

    @Test func everyGoldenHasASpec() {
        for ending in [".stderr", ".json"] {
            #expect(Corpus.names(in: "golden/invalid", ending: ending) == Corpus.invalid)
        }
        let files = Corpus.names(in: "golden/invalid", ending: "")
        #expect(files.count == 2 * Corpus.invalid.count)
    }

    @Test(arguments: DiagnosticCode.all)
    func everyCodeHasASpecAndAPage(code: DiagnosticCode) {
        let shown = Corpus.invalid.contains { $0.hasPrefix(code.rawValue + "-") }
        #expect(shown != GoldenHygieneTests.unshown.contains(code))
        #expect(Corpus.text("docs/diagnostics/\(code.rawValue).md") != nil)
    }

    @Test func everyPageHasACode() {
        let codes = DiagnosticCode.all.map(\.rawValue)
        let pages = Corpus.names(in: "docs/diagnostics", ending: ".md").filter { $0 != "README" }
        #expect(pages == codes)
    }

    @Test(arguments: DiagnosticCode.all)
    func pageReproduces(code: DiagnosticCode) throws {
        let path = "docs/diagnostics/\(code.rawValue).md"
        let page = try #require(Corpus.text(path))
        #expect(page.hasPrefix("# \(code.rawValue): \(code.title)\n"))
        guard let example = block("yaml", of: page) else {
            #expect(GoldenHygieneTests.unprintable.contains(code), "\(path) has no example")
            return
        }
        let outcome = Outcome(String(page[example]))
        #expect(outcome.codes.contains(code.rawValue), "\(outcome.text)")
        let shown = try #require(block("text", of: page), "\(path) does not show the message")
        if page[shown] == outcome.text { return }
        if Corpus.isBlessing {
            try Corpus.write(page.replacingCharacters(in: shown, with: outcome.text), to: path)
        } else {
            Issue.record("\(path) shows another message than:\n\(outcome.text)")
        }
    }

    @Test(arguments: DiagnosticCode.all)
    func mendedExampleCompiles(code: DiagnosticCode) throws {
        let page = try #require(Corpus.text("docs/diagnostics/\(code.rawValue).md"))
        guard let cut = page.range(of: "## How to mend it") else {
            Issue.record("the page does not say how to mend it")
            return
        }
        let rest = String(page[cut.upperBound...])
        guard let example = block("yaml", of: rest) else { return }
        let outcome = Outcome(String(rest[example]))
        #expect(outcome.text.isEmpty)
    }

    /// The contents of the first fenced block of a language.
    private func block(_ language: String, of page: String) -> Range<String.Index>? {
        guard let start = page.range(of: "```\(language)\n"),
            let end = page.range(of: "```\n", range: start.upperBound..<page.endIndex)
        else {
            return nil
        }
        return start.upperBound..<end.lowerBound
    }
}
