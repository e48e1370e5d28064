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
        ("endpoints:\n  -x\n  - y\nb: x\n", ["x y", "x"]),
        ("endpoints:\n  - x\n  -y\nb: x\n", ["x y", "x"]),
        ("endpoints:\n  -x\n  -y\n  - z\nb: *\n", ["x y z", "*"]),
        ("endpoints:\n- x\n-y\nb: x\n", ["x y", "x"]),
        ("a: [x}\nb: x\n", ["x", "x"]),
        ("a: [x, y}\nb: [z}\n", ["x y", "z"]),
        ("<<<<<<< ours\na: x\n=======\na: y\n>>>>>>> theirs\nb: x\n", ["x", "x"]),
        ("a: x\n<<<<<<< ours\nb: x\n||||||| base\nb: y\n=======\nb: z\n>>>>>>> t", ["x", "x"]),
        ("a: x\n>>>>>>> theirs\nb: x\n", ["x", "x"]),
        ("a: x\n=======\nb: x\n", ["x", "x"]),
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

    @Test func oneMistakeIsOneFinding() {
        for text in [
            "a: [x}\nb: x\n", "- { a: x ]\n- { a: y }\n", "endpoints:\n  -x\n  - y\n",
            "<<<<<<< a\na: x\n=======\na: y\n>>>>>>> b\n", "a: {x: [y}\nb: x\n",
        ] {
            #expect(read(text).findings.kept.count == 1, "\(text)")
        }
    }

    @Test func eachDashIsFoundAtItsLine() {
        let (_, findings) = read("endpoints:\n  -x\n  - y\n  -z\nmatch:\n  -a\n  -b\n")
        #expect(findings.kept.map(\.primary.span.start) == [13, 24, 36, 41])
        #expect(findings.kept.allSatisfy { $0.message.hasSuffix("missing after the dash") })
    }

    @Test(arguments: [
        "description:\n  -x\n", "match:\n  -x\n", "endpoints: -x\n", "endpoints:\n  --x\n",
        "endpoints:\n  '-x'\n",
        "a: |\n  -x\n  - y\n", "a: |\n  <<<<<<< x\n  =======\n  >>>>>>> y\n",
        "a: 'x\n=======\n'\n",
    ])
    func whatMayBeMeantIsLeftAlone(text: String) {
        let (tree, findings) = read(text)
        #expect(tree.isComplete)
        #expect(findings.kept.isEmpty)
    }

    @Test func theLineThatIsOutOfStepIsTheMistake() throws {
        let short = read("a:\n   b: x\n    c: y\nd: z\n").findings.kept
        #expect(short.map(\.primary.span.start) == [6])
        #expect(short.first?.message.hasSuffix("by 3 spaces, and what it belongs to by 4") == true)
        let long = read("a:\n    b: x\n     c: y\nd: z\n").findings.kept
        #expect(long.map(\.primary.span.start) == [16])
        let all = read("a:\n   b: x\n   b2: x\n    c: y\nd: z\n")
        #expect(all.tree.isComplete)
        #expect(all.findings.kept.count == 1)
    }

    @Test(arguments: [
        ("a: { name: x pool: y }\n", 13), ("a: { name: \"x\" , weight: 1 pool: y }\n", 27),
        ("a: { name: [x] pool: y }\n", 15),
    ])
    func aKeyBehindAValueLacksAComma(text: String, place: Int) throws {
        let (tree, findings) = read(text)
        #expect(tree.isComplete)
        #expect(findings.kept.count == 1)
        let finding = try #require(findings.kept.first)
        #expect(finding.message.hasSuffix("a ',' or '}' is missing"))
        #expect(finding.primary.span.start == place)
    }

    @Test func itSaysWhereReadingStopped() throws {
        let note = "reading stopped there: nothing else of this file was checked"
        let stopped = read("a: x\n  @x: [\nb: y\n")
        #expect(!stopped.tree.isComplete)
        #expect(stopped.findings.kept.last?.notes.contains(note) == true)
        let deep = read("a: " + String(repeating: "[", count: 70))
        #expect(deep.findings.kept.last?.notes == [note])
        let repaired = read("a: [x\nb: y\n")
        #expect(repaired.findings.kept.last?.notes.isEmpty == true)
    }
}
