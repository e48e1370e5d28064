import Foundation
import SpecCompiler
import Testing

/// The document of the language has the keys of the code.
@Suite struct GoldenLanguageTests {
    @Test func theDocumentHasTheKeysOfTheCode() throws {
        let url = Corpus.root.appending(path: "docs/spec-language.md")
        let text = try String(contentsOf: url, encoding: .utf8)
        let start = try #require(text.range(of: "<!-- keys: from the code, by make bless -->"))
        let end = try #require(text.range(of: "<!-- end of keys -->"))
        let rendered = "\n" + GoldenLanguageTests.render()
        if text[start.upperBound..<end.lowerBound] != rendered, Corpus.isBlessing {
            let blessed = text[..<start.upperBound] + rendered + text[end.lowerBound...]
            try Data(String(blessed).utf8).write(to: url)
            return
        }
        #expect(
            text[start.upperBound..<end.lowerBound] == rendered,
            "run make bless and read what changed")
    }

    private static func render() -> String {
        let built = SpecKeys.all.filter(\.isBuilt)
        let later = SpecKeys.all.filter { !$0.isBuilt }
        var text = "| key | type | default | what |\n|---|---|---|---|\n"
        for key in built {
            let value = key.defaultText ?? ""
            text += "| `\(key.path)` | \(cell(key.type)) | \(cell(value)) | \(cell(key.doc)) |\n"
        }
        text += "\nKnown, and an error until they are built: "
        return text + later.map { "`\($0.path)`" }.joined(separator: " ") + "\n"
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|")
    }
}
