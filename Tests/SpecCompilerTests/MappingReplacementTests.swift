import Testing

@testable import SpecCompiler

/// What becomes of the file whose name a new mapping has.
@Suite struct MappingReplacementTests {
    private func mapping(_ service: String, _ key: String) throws -> [UInt8] {
        Array(try TraefikMapping.text(service: service, url: "http://h:1", key: key).utf8)
    }

    /// As create-mapping.sh writes it, and routerc did: without a word of the name it was given.
    private func plain(_ service: String, _ key: String) throws -> [UInt8] {
        let bytes = try mapping(service, key)
        return Array(bytes[(bytes.firstIndex(of: 0x0A) ?? 0)...].dropFirst())
    }

    @Test func aServiceThatStartsAgainWritesItsFileAnew() throws {
        for name in ["llama3", "Org/Model:Q4", ".hidden", "ü b%20\n#"] {
            let file = try mapping(name, "k")
            #expect(TraefikMapping.replacement(of: file, by: name, key: "k") == .again)
            let old = try plain(name, "k")
            #expect(TraefikMapping.replacement(of: old, by: name, key: "k") == .again)
        }
    }

    @Test func aNewKeyOfAServiceKeepsTheEarlierFile() throws {
        for name in ["llama3", "Org/Model:Q4"] {
            let file = try mapping(name, "k1")
            #expect(TraefikMapping.replacement(of: file, by: name, key: "k2") == .kept)
            let old = try plain(name, "k1")
            #expect(TraefikMapping.replacement(of: old, by: name, key: "k2") == .kept)
        }
    }

    @Test func namesThatMakeOneFileAreTwoServices() throws {
        let file = try mapping("Org/Model:Q4", "k1")
        for other in ["Org_Model_Q4", "Org/Model/Q4", "Org:Model:Q4"] {
            #expect(
                TraefikMapping.replacement(of: file, by: other, key: "k2")
                    == .foreign(service: "Org/Model:Q4"))
            // The key has moved, as where it stood in a file of another name.
            #expect(TraefikMapping.replacement(of: file, by: other, key: "k1") == .kept)
        }
        let safe = try mapping("Org_Model_Q4", "k1")
        #expect(
            TraefikMapping.replacement(of: safe, by: "Org/Model:Q4", key: "k2")
                == .foreign(service: "Org_Model_Q4"))
    }

    @Test func namesAreShownInPrintableSigns() throws {
        let file = try mapping("a\n\u{1B}[2J ü", "k1")
        #expect(
            TraefikMapping.replacement(of: file, by: "other", key: "k2")
                == .foreign(service: "a%0A%1B[2J%20%C3%BC"))
        let byHand = "http: { routers: { \"a\\e[2J\": { rule: x } } }\n"
        #expect(
            TraefikMapping.replacement(of: Array(byHand.utf8), by: "a", key: "k")
                == .foreign(service: "a%1B[2J"))
    }

    @Test func aFileOfSeveralRoutersIsLeftAlone() throws {
        func file(_ first: String, _ second: String) -> [UInt8] {
            Array(
                """
                http:
                  routers:
                    llama3: { rule: "Header(`Authorization`, `Bearer \(first)`)", service: a }
                    other: { rule: "Header(`Authorization`, `Bearer \(second)`)", service: b }

                """.utf8)
        }
        for key in ["k1", "k2", "k3"] {
            #expect(
                TraefikMapping.replacement(of: file("k1", "k2"), by: "llama3", key: key) == .shared)
        }
        #expect(TraefikMapping.replacement(of: file("k", "k"), by: "llama3", key: "k") == .kept)
    }

    @Test(arguments: ["", "\u{0}", "[", "http: []", "# a note\n", "http: { routers: {} }"])
    func whatIsNoMappingIsKept(text: String) {
        #expect(
            TraefikMapping.replacement(of: Array(text.utf8), by: "llama3", key: "k") == .kept)
    }

    @Test func theCommentIsNoneThatSilences() throws {
        let file = try mapping("x # routerc: allow R304 because", "k")
        var findings = Findings()
        let tree = YAMLReader.read(
            SourceFile(name: "", bytes: file), file: 0, findings: &findings)
        #expect(SilencingComments.find(in: tree).isEmpty)
    }
}
