import Testing

@testable import SpecCompiler

/// Every invalid spec says what is wrong with it, and goldens say how that looks.
@Suite struct GoldenInvalidTests {
    @Test(arguments: Corpus.invalid)
    func diagnosticsAreTheExpectedOnes(name: String) throws {
        let outcome = try outcome(name)
        var unmet = Expectation.all(in: outcome.sources)
        #expect(!unmet.isEmpty, "the spec expects nothing")
        for diagnostic in outcome.diagnostics {
            let line = outcome.line(of: diagnostic)
            let match = unmet.firstIndex { $0.matches(diagnostic, line: line) }
            if let match {
                unmet.remove(at: match)
            } else {
                Issue.record("line \(line): \(diagnostic.code.rawValue): \(diagnostic.message)")
            }
        }
        #expect(unmet.isEmpty, "not reported: \(unmet)")
        let hasErrors = outcome.diagnostics.contains { $0.severity == .error }
        #expect((outcome.spec == nil) == hasErrors)
        let code = String(name.prefix(4))
        #expect(outcome.codes.contains(code), "the name of the spec promises \(code)")
    }

    @Test(arguments: Corpus.invalid)
    func textEqualsGolden(name: String) throws {
        let outcome = try outcome(name)
        try compare(outcome.text, with: "golden/invalid/\(name).stderr")
    }

    @Test(arguments: Corpus.invalid)
    func jsonEqualsGolden(name: String) throws {
        let outcome = try outcome(name)
        try compare(outcome.json, with: "golden/invalid/\(name).json")
    }

    @Test(arguments: Corpus.valid)
    func validSpecsCompile(path: String) throws {
        let outcome = Outcome(try Corpus.spec("specs/\(path)"))
        #expect(outcome.spec != nil, "\(outcome.text)")
        // A valid spec may have warnings if it says so in the manner of the invalid ones.
        let expected = Expectation.all(in: outcome.sources)
        #expect(outcome.codes == expected.map(\.code), "\(outcome.text)")
    }

    private func outcome(_ name: String) throws -> Outcome {
        let (source, folder) = try Corpus.invalidSpec(name)
        return Outcome(source, folder)
    }

    /// A missing golden is written and fails, so that nobody commits one unread.
    private func compare(_ text: String, with path: String) throws {
        let golden = Corpus.text(path)
        if golden == text { return }
        if golden == nil || Corpus.isBlessing {
            try Corpus.write(text, to: path)
        }
        if !Corpus.isBlessing {
            Issue.record("\(path) differs; `make bless` writes it. Now it would be:\n\(text)")
        }
    }
}
