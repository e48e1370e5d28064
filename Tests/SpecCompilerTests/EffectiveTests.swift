import Foundation
import SpecFiles
import Testing

@testable import SpecCompiler

/// What is in force, and the lines that say so.
@Suite struct EffectiveTests {
    private static let pools = "pools: [{ name: a, endpoints: [\"http://b\"], models: [m] }]\n"

    private static func values(_ text: String) -> [EffectiveValue] {
        let (compilation, values) = Compiler.effective(SourceFile(name: "r.yaml", text: text))
        #expect(!compilation.hasErrors)
        return values
    }

    /// The value and the line at a path: `2s 14`, or `2s default`.
    private static func found(_ path: String, in values: [EffectiveValue]) -> String? {
        values.first { $0.path == path }.map { value in
            "\(value.value) \(value.place.map { String($0.line) } ?? "default")"
        }
    }

    private static func shown(_ path: String) throws -> [EffectiveValue] {
        let file = Corpus.root.appending(path: "specs/\(path)")
        let folder = try FilesInMemory(readingFrom: file.deletingLastPathComponent())
        return Compiler.effective(try Corpus.spec("specs/\(path)"), in: folder).values
    }

    @Test func theNearestLineWins() {
        let values = EffectiveTests.values(
            """
            defaults:
              timeouts:
                connect: 3s
                idle: 20s
            pools:
              - name: a
                timeouts:
                  idle: none
                endpoints: ["http://b"]
              - { name: b, endpoints: ["http://b"] }
            """)
        #expect(EffectiveTests.found("pools.a.timeouts.connect", in: values) == "3s 3")
        #expect(EffectiveTests.found("pools.a.timeouts.idle", in: values) == "none 8")
        #expect(EffectiveTests.found("pools.b.timeouts.idle", in: values) == "20s 4")
        #expect(EffectiveTests.found("pools.b.timeouts.answer", in: values) == "10m default")
    }

    @Test func placesAreThoseOfTheKeysInTheirFiles() throws {
        let values = try EffectiveTests.shown("folders/teams/router.yaml")
        let url = values.first { $0.path == "endpoints.research-gpu.url" }
        #expect(url?.place?.file == "specs/folders/teams/teams/research.yaml")
        #expect(url?.place?.line == 3)
        #expect(url?.place?.column == 27)
    }

    @Test func sectionsOfIncludedFilesCount() throws {
        let files = FilesInMemory([
            "a.yaml": Array(
                "listen: { max_head: 8KiB }\ndefaults: { timeouts: { idle: 9s } }\n".utf8)
        ])
        let root =
            "include: [{ spec: a.yaml, may_define: [listen, defaults] }]\n" + EffectiveTests.pools
        let (_, values) = Compiler.effective(SourceFile(name: "x/r.yaml", text: root), in: files)
        let head = values.first { $0.path == "listen.max_head" }
        #expect(head?.place == .init(file: "x/a.yaml", line: 1, column: 11))
        #expect(EffectiveTests.found("pools.a.timeouts.idle", in: values) == "9s 2")
    }

    @Test func anEndpointThatIsThereTwiceHasTheSum() {
        let values = EffectiveTests.values(
            """
            pools:
              - name: a
                endpoints:
                  - { name: e, url: "http://b", weight: 2 }
                  - { use: e, weight: 3 }
                  - "http://c"
            """)
        #expect(EffectiveTests.found("pools.a.endpoints.e.weight", in: values) == "5 5")
        let other = "pools.a.endpoints.\"http://c\".weight"
        #expect(EffectiveTests.found(other, in: values) == "1 default")
        #expect(values.contains { $0.isAt("pools.a.endpoints.http://c") })
        #expect(values.filter { $0.isAt("pools.a.endpoints.e") }.count == 3)
        #expect(!values.contains { $0.isAt("pools.a.end") })
    }

    @Test func withoutSecretsAnonymousRequestsAreLetIn() {
        let open = EffectiveTests.values(EffectiveTests.pools)
        #expect(EffectiveTests.found("anonymous", in: open) == "allow default")
        let key = "keys: [{ name: k, secret: env:K }]\n"
        let closed = EffectiveTests.values(EffectiveTests.pools + key)
        #expect(EffectiveTests.found("anonymous", in: closed) == "deny default")
        #expect(EffectiveTests.found("keys.k.secret", in: closed) == "env:K 2")
        let some = EffectiveTests.values(EffectiveTests.pools + "anonymous: { models: [m] }\n")
        #expect(EffectiveTests.found("anonymous.models", in: some) == "[m] 2")
        #expect(EffectiveTests.found("anonymous.list_models", in: some) == "false default")
    }

    @Test func secretsAreCutShort() throws {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let values = EffectiveTests.values(
            EffectiveTests.pools
                + """
                models: [{ match: x, pool: a, about: { description: sk-abcdefghijklmnopqrstu } }]
                keys: [{ name: k, secret: [{ value: "sha256:\(digest)" }, file:/run/k] }]
                """)
        let text = EffectiveValue.text(values) + EffectiveValue.json(values)
        #expect(text.contains("[{ value: sha256:01234567... }, file:/run/k]"))
        #expect(!text.contains(digest.prefix(20)))
        #expect(!text.contains("abcdefghij"))
        let mappings = EffectiveValue.text(try EffectiveTests.shown("folders/routheon/router.yaml"))
        #expect(mappings.contains("keys.llama-server-1.secret"))
        let rule = try #require(Corpus.text("specs/folders/routheon/mappings/llama-server-1.yml"))
        let key = try #require(rule.firstMatch(of: /Bearer ([^$`]+)/)).1
        #expect(!mappings.contains(key))
    }

    /// Absent and as the reference says it, every key of the server and of pools means the same.
    @Test func defaultsOfTheReferenceAreThoseOfTheResolver() throws {
        var text = EffectiveTests.pools
        for section in ["listen", "defaults"] {
            text += "\(section):\n"
            for key in SpecKeys.all where key.isBuilt && key.parent == section {
                let below = SpecKeys.all.filter { $0.parent == key.path && $0.isBuilt }
                if let value = key.defaultText {
                    text += "  \(key.name): \(value)\n"
                } else if below.contains(where: { $0.defaultText != nil }) {
                    text += "  \(key.name):\n"
                }
                for inner in below {
                    guard let value = inner.defaultText else { continue }
                    text += "    \(inner.name): \(value)\n"
                }
            }
        }
        let written = try #require(Outcome(text).spec, "\(Outcome(text).text)")
        let absent = try #require(Outcome(EffectiveTests.pools).spec)
        #expect("\(written.listen)" == "\(absent.listen)")
        #expect(written.pools.map(\.timeouts) == absent.pools.map(\.timeouts))
        #expect(text.contains("keep_alive: 75s") && text.contains("first_token: 2m"))
    }

    /// What is shown can be pasted back: it is YAML, and says the same.
    @Test(arguments: Corpus.valid)
    func valuesAreWrittenInTheLanguage(path: String) throws {
        for value in try EffectiveTests.shown(path) {
            var findings = Findings()
            let source = SourceFile(name: "v", text: "v: \(value.value)\n")
            let tree = YAMLReader.read(source, file: 0, findings: &findings)
            #expect(tree.isComplete && findings.errorCount == 0, "\(value.path): \(value.value)")
            let root = try #require(tree.root)
            let node = try #require(tree.entries(of: root).first?.value)
            #expect(FlowText(tree).text(node) == value.value)
        }
    }

    /// No key that this version reads is forgotten.
    @Test func everyKeyIsShownSomewhere() throws {
        var shown: Set<String> = []
        for path in Corpus.valid {
            shown.formUnion(try EffectiveTests.shown(path).map(\.key))
        }
        let parents = Set(SpecKeys.all.map(\.parent)).union(["include", "keys", "pools"])
        for key in SpecKeys.all where key.isBuilt && !parents.contains(key.path) {
            let member = "pools[].endpoints[]."
            // What pools inherit is shown with the pools.
            let isInherited = ["timeouts", "retry", "breaker", "sticky", "health"].contains {
                key.path.hasPrefix("defaults.\($0).")
            }
            let isSource = key.path.hasPrefix("include") || isInherited
            let isSaidElsewhere =
                ["name", "use", "*"].contains(key.name) || key.path.hasPrefix("keys[].secret.")
                || key.path.hasPrefix(member)
                    && SpecKeys.all.contains {
                        $0.path == "endpoints[].\(key.path.dropFirst(member.count))"
                    }
            if isSource || isSaidElsewhere || parents.contains("\(key.path)[]") { continue }
            #expect(shown.contains(key.path), "\(key.path) is never shown")
        }
    }
}
