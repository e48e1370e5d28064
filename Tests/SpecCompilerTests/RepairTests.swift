import Testing

@testable import SpecCompiler

/// What the reader makes of mistakes of YAML, and that its places stay those of the source.
@Suite struct RepairTests {
    private func read(_ text: String) -> (tree: NodeTree, findings: Findings) {
        var findings = Findings()
        let source = SourceFile(name: "a.yaml", text: text)
        return (YAMLReader.read(source, file: 0, findings: &findings), findings)
    }

    /// The texts of the values of a mapping, lists joined by a space.
    private func values(_ tree: NodeTree) -> [String] {
        guard let root = tree.root, tree.kind(root) == .mapping else { return [] }
        return tree.entries(of: root).map { _, value in
            tree.kind(value) == .scalar
                ? tree.text(value)
                : tree.children(of: value).map { tree.text($0) }.joined(separator: " ")
        }
    }

    @Test(arguments: [
        ("a: *\nb: x\n", ["*", "x"]),
        ("a: [*, *.gguf, x]\nb: x\n", ["* *.gguf x", "x"]),
        ("a: [ä, *, ö] # ü\nb: x\n", ["ä * ö", "x"]),
        ("a: @x y\nb: x\n", ["@x y", "x"]),
        ("a: `x`\nb: x\n", ["`x`", "x"]),
        ("a: %x # y\nb: x\n", ["%x", "x"]),
        ("a: !a!b c\nb: x\n", ["!a!b c", "x"]),
        ("a: [re:g[ab](c|d), x]\nb: x\n", ["re:g[ab](c|d) x", "x"]),
        ("a: [re:g{1,2}[a], x]\nb: x\n", ["re:g{1,2}[a] x", "x"]),
        ("a: \"re:\\d+(\\.\\d)?\"\nb: x\n", ["re:\\d+(\\.\\d)?", "x"]),
        ("a: \"\\d'\\w\"\nb: x\n", ["\\d'\\w", "x"]),
        ("a: [x, y\nb: x\n", ["x y", "x"]),
        ("a: [x,\n  y\nb: x\n", ["x y", "x"]),
        ("a: \"x y # z\nb: \"x\"\n", ["x y", "x"]),
        ("a: 'x y\n", ["x y"]),
        ("a: [\"x, y]\nb: \"x\"\n", ["x y", "x"]),
        ("a:x\nb: x\n", ["x", "x"]),
        ("a: x: y\nb: x\n", ["x: y", "x"]),
        ("a: sha256:   12\nb: x\n", ["sha256:12", "x"]),
        ("a: [x, , y]\nb: x\n", ["x y", "x"]),
        ("a: [x]]\nb: x\n", ["x", "x"]),
        ("a: [\"x\" \"y\"]\nb: x\n", ["x y", "x"]),
        ("a: - x\nb: x\n", ["x", "x"]),
        ("a: x\n   b: x\n", ["x", "x"]),
        ("a\nb: x\n", ["", "x"]),
        ("a: “x: y”\nb: x\n", ["x: y", "x"]),
        ("a: x\u{7}\nb: x\n", ["x", "x"]),
        ("a: @x\nb: @y\nc: *\n", ["@x", "@y", "*"]),
        ("\u{FEFF}a: *\nb: x\n", ["*", "x"]),
        ("a: [*]\r\nb: x\r\n", ["*", "x"]),
    ])
    func mistakesAreReadAsTheyWereMeant(text: String, expected: [String]) {
        let (tree, findings) = read(text)
        #expect(tree.isComplete)
        #expect(values(tree) == expected)
        #expect(!findings.kept.isEmpty)
        #expect(findings.kept.allSatisfy { $0.code == .syntax || $0.code == .badAlias })
    }

    @Test func placesAreThoseOfTheSource() throws {
        let text =
            "ä: [*, 模型, re:g[ab], 'ö', \"\\d\", \"c\\u00e4d\"] # @\nb: &x [y]\nc: @ü\nd: 'e''f'\n"
        let (tree, findings) = read(text)
        #expect(findings.kept.count == 4)
        let entries = tree.entries(of: try #require(tree.root))
        func marked(_ span: SourceSpan) -> String {
            String(decoding: tree.source.bytes[span.start..<span.end], as: UTF8.self)
        }
        let list = tree.children(of: entries[0].value)
        #expect(
            list.map { marked(tree.span($0)) }
                == ["*", "模型", "re:g[ab]", "'ö'", "\"\\d\"", "\"c\\u00e4d\""])
        #expect(list.map { tree.text($0) } == ["*", "模型", "re:g[ab]", "ö", "\\d", "cäd"])
        #expect(marked(tree.span(list[5], textRange: 1..<3)) == "\\u00e4")
        #expect(marked(tree.span(list[4], textRange: 0..<1)) == "\"\\d\"")
        #expect(marked(tree.span(entries[1].value)) == "&x [y]")
        #expect(marked(tree.span(entries[2].value)) == "@ü")
        #expect(marked(tree.span(entries[3].value)) == "'e''f'")
        #expect(marked(tree.span(entries[3].value, textRange: 1..<2)) == "''")
    }

    @Test func fixesMakeTheTextWhatWasRead() {
        let text = "a: [*, re:g[ab], \"\\d\"]\nb:x\nc: [x, y\nd: \"x\n"
        let (tree, findings) = read(text)
        var bytes = Array(text.utf8)
        for fix in findings.kept.flatMap(\.fixIts).sorted(by: { $0.span.start > $1.span.start }) {
            bytes.replaceSubrange(fix.span.start..<fix.span.end, with: Array(fix.replacement.utf8))
        }
        let mended = read(String(decoding: bytes, as: UTF8.self))
        #expect(mended.findings.kept.isEmpty)
        #expect(values(mended.tree) == values(tree))
    }

    @Test func noMoreThanTwentyAreRepaired() {
        let (tree, findings) = read((0..<30).map { "k\($0): @x\n" }.joined())
        #expect(!tree.isComplete)
        #expect(findings.kept.count == YAMLReader.maxRepairs + 1)
        #expect(read((0..<20).map { "k\($0): @x\n" }.joined()).tree.isComplete)
    }

    @Test func repairThatDoesNotHelpEndsTheReading() {
        let (tree, findings) = read("a: [*]\nb: c\n- d\ne: f\n")
        #expect(!tree.isComplete)
        #expect(findings.kept.map(\.fixIts.isEmpty) == [false, true])
    }

    @Test func nothingIsSaidOfWhatWasRepaired() {
        let outcome = Outcome(
            "pools: [{ name: @chat, endpoints: [\"http://a\"], models: [x], colour: red }]\n")
        #expect(outcome.codes == ["R001", "R101"])
    }
}
