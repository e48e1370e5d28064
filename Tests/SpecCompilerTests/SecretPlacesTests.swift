import Testing

@testable import SpecCompiler

/// Secrets are found once, in the tree that the frontend has read; nothing less than a reading of
/// their own would find.
@Suite struct SecretPlacesTests {
    private func expectSame(_ outcome: Outcome) {
        for source in outcome.sources {
            let fresh = SecretPlaces(in: SourceFile(name: source.name, bytes: source.bytes))
            let known = SecretPlaces(in: source)
            #expect(known.ranges == fresh.ranges, "\(source.name)")
            #expect(known.texts == fresh.texts, "\(source.name)")
        }
    }

    @Test(arguments: Corpus.invalid)
    func thoseOfTheTreeAreThoseOfTheSource(name: String) throws {
        let (source, folder) = try Corpus.invalidSpec(name)
        let outcome = Outcome(source, folder)
        #expect(!outcome.diagnostics.isEmpty)
        expectSame(outcome)
    }

    @Test(arguments: [
        "keys: [{ name: a, secret: 'not closed, credential: x }]\nadmin: { token: abc }\n",
        "credential: [a, b\nsecret: |\n  text\n more: x\n", "a: &a { secret: *a }\n", "",
    ])
    func thoseOfBrokenYAMLToo(text: String) {
        expectSame(Outcome(text))
    }

    @Test func whatIsKeptMovesWithItsSource() {
        let one = Compiler.check(SourceFile(name: "a", text: "keys: [{ secret: hush-hush-1 }]\n"))
        let two = Compiler.check(SourceFile(name: "b", text: "x: 1\nadmin: { token: quiet-2 }\n"))
        let both = Compilation(joining: [one, two])
        #expect(both.sources.map { $0.secrets?.ranges } == [[17..<28], [21..<28]])
        let shown = TextRenderer(sources: both.sources).render(both.diagnostics)
        #expect(!shown.contains("hush-hush") && !shown.contains("quiet"))
    }

    /// How it was decided with whole strings.
    private func isReference(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
        if text.hasPrefix("file:/") || ["none", "client", "allow"].contains(text) { return true }
        if text.hasPrefix("env:") {
            return text.dropFirst(4).utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || isLetter(byte) || isDigit(byte)
            }
        }
        guard text.hasPrefix("sha256:") else { return false }
        let digits = text.dropFirst(7)
        return digits.utf8.count == 64 && digits.allSatisfy(\.isHexDigit)
    }

    @Test func referencesAreWhatTheyWere() {
        let hex = String(repeating: "0aF9", count: 16)
        let parts = [
            "file:/", "file:", "env:", "env", "sha256:", "sha256", hex, String(hex.dropLast()),
            "none", "client", "allow", "A_1", "/", "x", " ", "\u{301}", "ü", "\r\n", "",
            String(repeating: "a", count: 5_000),
        ]
        for first in parts {
            for second in parts {
                for third in parts {
                    let bytes = Array((first + second + third).utf8)
                    #expect(
                        SecretPlaces.isReference(bytes[...]) == isReference(bytes),
                        "\(first)\(second)\(third)")
                }
            }
        }
        #expect(!SecretPlaces.isReference([0xFF, 0x66][...]))
    }
}
