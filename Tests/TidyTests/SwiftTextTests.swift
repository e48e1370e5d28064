import Testing

@Suite("Swift text")
struct SwiftTextTests {
    private func code(_ source: String) -> String {
        SwiftText(source).code.joined(separator: "\n")
    }

    @Test(arguments: [
        ("a // b", "a     "),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("a \"b\" c", "a     c"),
        (#"a "b\"c" d"#, "a        d"),
        (##"a #"b"c"# d"##, "a         d"),
        (#"a "\(f("b)"))" c"#, "a              c"),
        ("a \"\"\"\nb \"c\n\"\"\" d", "a    \n    \n    d"),
        ("\"a // b\" // c", String(repeating: " ", count: 13)),
        ("a\n\nb", "a\n\nb"),
        ("a \"open\nb", "a      \nb"),
        (#"a "\\" b"#, "a      b"),
    ])
    func blanksStringsAndComments(source: String, expected: String) {
        #expect(code(source) == expected)
    }

    @Test func keepsComments() {
        #expect(SwiftText("a // b\n\"// c\"").comments == ["  // b", "      "])
    }

    @Test func findsBodies() {
        let source = """
            protocol P {
                func required()
                var size: Int { get }
                init(a: Int)
            }
            extension P {
                func one(a: [Int] = [], then: (Int) -> Void = { _ in }) -> Int where Self == Int {
                    if a.isEmpty { return 1 }
                    return .init(a.count)
                }
                static func == (left: Self, right: Self) -> Bool {
                    true
                }
                init() {
                    self.init(a: 1)
                }
                var stored = 1
                var computed: Int {
                    1
                }
                subscript(index: Int) -> Int { index }
                deinit {
                }
            }
            """
        let found = FunctionScanner(SwiftText(source)).functions()
        let summary = found.map { "\($0.name) \($0.firstLine)-\($0.lastLine)" }
        #expect(
            summary == [
                "size 3-3", "one 7-10", "= 11-13", "init 14-16", "computed 18-20",
                "subscript 21-21", "deinit 22-23",
            ])
    }
}
