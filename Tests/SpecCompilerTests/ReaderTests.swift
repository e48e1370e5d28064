import Testing

@testable import SpecCompiler

@Suite struct ReaderTests {
    private func tree(_ text: String) -> (tree: NodeTree, findings: Findings) {
        var findings = Findings()
        let source = SourceFile(name: "a.yaml", text: text)
        return (YAMLReader.read(source, file: 0, findings: &findings), findings)
    }

    private func marked(_ tree: NodeTree, _ span: SourceSpan) -> String {
        String(decoding: tree.source.bytes[span.start..<span.end], as: UTF8.self)
    }

    @Test(arguments: [
        "", "\u{FEFF}", "# größe 模型 🦙\n", "# größe\r\n", "x: \"a\u{2028}b\u{85}c\"\n",
    ])
    func spansAreBytesWhateverComesBefore(prefix: String) throws {
        let (tree, findings) = tree(prefix + "größe: [模型, '🦙 ''x''', \"a\\u00e4b\", c]\n")
        #expect(findings.kept.isEmpty)
        let root = try #require(tree.root)
        let (key, value) = try #require(tree.entries(of: root).last)
        #expect(marked(tree, tree.span(key)) == "größe")
        let children = tree.children(of: value)
        let shown = children.map { marked(tree, tree.span($0)) }
        #expect(shown == ["模型", "'🦙 ''x'''", "\"a\\u00e4b\"", "c"])
        #expect(children.map { tree.text($0) } == ["模型", "🦙 'x'", "aäb", "c"])
        #expect(marked(tree, tree.innerSpan(children[1])) == "🦙 ''x''")
        // Places inside a scalar: the byte of the text, mapped through quotes and escapes.
        #expect(marked(tree, tree.span(children[0], textRange: 3..<6)) == "型")
        #expect(marked(tree, tree.span(children[1], textRange: 5..<8)) == "''x''")
        #expect(marked(tree, tree.span(children[2], textRange: 1..<3)) == "\\u00e4")
        #expect(marked(tree, tree.span(children[2], textRange: 3..<4)) == "b")
    }

    @Test func collectionsEndWithWhatIsInThem() throws {
        let (tree, _) = tree("a:\n  b: 1\n\n# comment\nc: [1, 2]\n")
        let root = try #require(tree.root)
        let values = tree.entries(of: root).map { marked(tree, tree.span($0.value)) }
        #expect(values == ["b: 1", "[1, 2]"])
    }

    @Test func lineEndsOfWindowsAreLineEnds() throws {
        let spec = try Corpus.spec("specs/examples/team.yaml")
        let text = String(decoding: spec.bytes, as: UTF8.self)
        let windows = text.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\r\n")
        #expect(Outcome(windows).text.isEmpty)
        let outcome = Outcome("listen:\r\n  x: 1\r\npools: []\r\n")
        #expect(outcome.text.contains(" --> router.yaml:2:3\n2 |   x: 1\n  |   ^ unknown key\n"))
    }

    @Test func depthIsLimited() {
        for depth in [64, 65, 10_000] {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(tree(text).findings.kept.map(\.code) == (depth > 64 ? [.tooDeep] : []))
        }
        let block = (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(tree(block).findings.kept.map(\.code) == [.tooDeep])
    }

    @Test func aliasesCannotExplode() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<9 {
            let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(tree(text).findings.kept.map(\.code) == [.badAlias])
    }

    @Test func aliasesAreFollowed() throws {
        let (tree, findings) = tree("a: &x [1, &y 2]\nb: *x\nc: *y\n")
        #expect(findings.kept.isEmpty)
        let entries = tree.entries(of: try #require(tree.root))
        #expect(entries[0].value == entries[1].value)
        #expect(tree.text(entries[2].value) == "2")
    }

    @Test func duplicateKeysAreFoundInLargeMappingsToo() {
        let many = (0..<5_000).map { "k\($0): 1\n" }.joined()
        #expect(tree(many).findings.kept.isEmpty)
        let doubled = tree(many + "k17: 2\n\"k18\": 3\n").findings.kept
        #expect(doubled.map(\.code) == [.duplicateKey, .duplicateKey])
    }

    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "---\n...\n", "~\n", "[]\n", "text\n"])
    func filesWithoutAMapping(text: String) {
        let outcome = Outcome(text)
        #expect(outcome.spec == nil)
        #expect(outcome.diagnostics.count == 1)
        #expect(["R102", "R104"].contains(outcome.codes.first))
    }

    @Test(arguments: [
        "a: [", "a: \"", "a: '", "{", "a: *", "a: &", "? ", ": ", "- - - {", "a: |9\n",
        "%YAML 9.9\n",
        "a: \"\\q\"", "a:\n\tb: 1", "\u{7}", "@", "`", "a: b: c", "]", "!!", "!<", "a: !",
        "--- |\n x",
        "? [a]: b\n: c\n", "{ ? }", "{ [a]: b }", "*a : b", "&a &b c", "<<: *a",
    ])
    func brokenTextIsReportedAndNeverTraps(text: String) {
        let outcome = Outcome(text)
        #expect(outcome.spec == nil)
        #expect(!outcome.text.isEmpty)
        #expect(!outcome.json.isEmpty)
    }

    @Test func everyPrefixOfASpecIsSurvived() throws {
        let whole = try Corpus.spec("specs/examples/team.yaml").bytes
        for count in stride(from: 0, to: whole.count, by: 3) {
            let outcome = Outcome(SourceFile(name: "a", bytes: Array(whole.prefix(count))))
            #expect(outcome.text.utf8.count >= 0)
        }
    }

    @Test func changedBytesAreSurvived() throws {
        let whole = try Corpus.spec("specs/examples/team.yaml").bytes
        var state: UInt64 = 42
        for _ in 0..<600 {
            var bytes = whole
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let signs = Array("{}[]:,*&!|>'\"%@`#-?\n\t \\~0a\u{e4}".utf8)
                bytes[Int(state >> 33) % bytes.count] = signs[Int(state >> 20) % signs.count]
            }
            let outcome = Outcome(SourceFile(name: "a", bytes: bytes))
            #expect(outcome.json.utf8.count > 0 && outcome.text.utf8.count >= 0)
        }
    }

    @Test func sourcesThatAreNoText() {
        let spans = Outcome(SourceFile(name: "a", bytes: [0x61, 0x0A, 0xC3, 0x28]))
        #expect(spans.codes == ["R003"])
        #expect(spans.diagnostics[0].primary.span.start == 2)
        #expect(Outcome(SourceFile(name: "a", bytes: [0x61, 0])).codes == ["R003"])
        #expect(Outcome(SourceFile(name: "a", bytes: [0xFF, 0xFE, 0x61, 0])).codes == ["R003"])
    }
}
