import Testing

@testable import SpecCompiler

/// A spec as somebody writes it in a hurry: all its mistakes are found in one run, and no others.
///
/// `specs/mistakes/NAME.expected` has a line and a code for each mistake of `NAME.yaml`.
@Suite struct MistakesTests {
    private struct Mistake: Hashable, Comparable, CustomStringConvertible {
        var line: Int
        var code: String

        var description: String { "line \(line): \(code)" }

        static func < (left: Mistake, right: Mistake) -> Bool {
            (left.line, left.code) < (right.line, right.code)
        }
    }

    @Test(arguments: ["shop"])
    func mistakesAreFoundInOneRun(name: String) throws {
        let outcome = Outcome(try Corpus.spec("specs/mistakes/\(name).yaml"))
        let text = try #require(Corpus.text("specs/mistakes/\(name).expected"))
        let expected = text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return Mistake(line: Int(words[0]) ?? 0, code: String(words[1]))
        }
        #expect(expected.count >= 40)
        let found = outcome.diagnostics.map {
            Mistake(line: outcome.line(of: $0), code: $0.code.rawValue)
        }
        let missing = Set(expected).subtracting(found).sorted()
        let surplus = Set(found).subtracting(expected).sorted()
        #expect(missing.isEmpty, "not found")
        #expect(surplus.isEmpty, "found where nobody made a mistake")
        #expect(found.count == expected.count)
    }
}
