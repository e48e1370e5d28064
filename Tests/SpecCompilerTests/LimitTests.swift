import Testing

@testable import SpecCompiler

/// What no small spec can show.
@Suite struct LimitTests {
    @Test func largeFilesAreRefusedUnread() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: SourceFile.maxBytes + 1)
        let outcome = Outcome(SourceFile(name: "a.yaml", bytes: bytes))
        #expect(outcome.codes == ["R004"])
        #expect(outcome.text.contains("R004"))
    }

    @Test func poolsAreLimited() {
        let pools = (0..<1_001).map {
            "- { name: p\($0), endpoints: [\"http://h\"], models: [m\($0)] }\n"
        }
        let outcome = Outcome("pools:\n" + pools.joined())
        #expect(outcome.codes == ["R401"])
        #expect(outcome.diagnostics.map { outcome.line(of: $0) } == [1_002])
    }

    @Test func patternsAndReferencesAreLimited() {
        let patterns = (0..<1_001).map { "'re:a\($0)'" }.joined(separator: ", ")
        let keys = (0..<10_001).map { "- { name: k\($0), secret: file:/k\($0) }\n" }.joined()
        let outcome = Outcome(
            "pools: [{ name: a, endpoints: [\"http://h\"], models: [\(patterns)] }]\nkeys:\n" + keys
        )
        #expect(outcome.codes == ["R401", "R401"])
    }

    @Test func findingsAreCapped() {
        let keys = (0..<5_000).map { "- { name: k\($0), secret: short\($0) }\n" }.joined()
        let outcome = Outcome(
            "keys:\n" + keys + "pools: [{ name: a, endpoints: [b], models: [\"*\"] }]\n")
        #expect(outcome.diagnostics.count == 200)
        #expect(outcome.codes.filter { $0 == "R202" }.count == 1)
        #expect(outcome.diagnostics.last?.notes.last == "4801 more findings are not shown")
        #expect(outcome.spec == nil)
    }

    /// A sanity check of linear work, without a clock: quadratic work would not come back.
    @Test func manyKeysAreRead() {
        var text = "pools: [{ name: a, endpoints: [\"http://h\"], models: [\"*\"] }]\nkeys:\n"
        for index in 0..<20_000 {
            let number = String(index, radix: 16)
            let digits = String(repeating: "0", count: 64 - number.count) + number
            text += "- { name: key-\(index), secret: \"sha256:\(digits)\", models: [\"a*\"] }\n"
        }
        let outcome = Outcome(text)
        #expect(outcome.diagnostics.isEmpty)
        #expect(outcome.spec?.keys.count == 20_000)
    }
}
