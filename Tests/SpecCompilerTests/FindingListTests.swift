import SpecCompiler
import Testing

/// Findings as plain values, for logs.
@Suite struct FindingListTests {
    private let secret = "sk-0123456789abcdef0123456789"

    private func findings(_ text: String) -> [FindingList.Finding] {
        let source = SourceFile(name: "router.yaml", text: text)
        return FindingList(Compiler.check(source)).findings
    }

    @Test func eachHasItsPlace() {
        let found = findings(
            "pools:\n  - { name: a, endpoints: [\"http://a\"], ü: 1, colour: 2 }\n")
        let errors = found.filter { $0.severity == .error }
        #expect(errors.map(\.code) == [.unknownKey, .unknownKey])
        #expect(errors.map(\.line) == [2, 2])
        #expect(errors.map(\.place) == ["router.yaml:2:41", "router.yaml:2:47"])
    }

    @Test func noMessageNamesASecret() {
        let found = findings(
            """
            pools: [{ name: a, endpoints: ["http://a"] }]
            keys: [{ name: k, secret: \(secret), \(secret): 1 }]
            """)
        #expect(!found.isEmpty)
        #expect(!found.contains { $0.message.contains(secret.suffix(10)) })
    }
}
