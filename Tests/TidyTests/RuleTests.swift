import Testing

/// Each rule finds what is planted, where it is planted, and nothing else.
@Suite("Tidy rules")
struct RuleTests {
    private func lines(
        _ rule: TidyRule, _ text: String?, path: String = "Sources/Wire/Sample.swift",
        byteCount: Int = 0, isExecutable: Bool = false
    ) -> [Int] {
        let file = RepositoryFile(
            path: path, byteCount: byteCount, isExecutable: isExecutable, text: text)
        return rule.check(file).map(\.line)
    }

    @Test func findingsHaveTheFormThatEditorsKnow() {
        let finding = Finding(path: "Sources/Wire/A.swift", line: 7, message: "a tab")
        #expect(finding.description == "Sources/Wire/A.swift:7: error: a tab")
    }

    @Test func longFunctions() {
        func source(bodyLineCount: Int) -> String {
            "struct A {\n    func long() {\n"
                + String(repeating: "        let text = \"}\"  // }\n", count: bodyLineCount)
                + "    }\n}\n"
        }
        #expect(lines(.functionLength, source(bodyLineCount: 68)) == [])
        #expect(lines(.functionLength, source(bodyLineCount: 69)) == [2])
    }

    @Test func longFiles() {
        let text = String(repeating: "let a = 1\n", count: 501)
        #expect(lines(.fileLength, text) == [501])
        #expect(lines(.fileLength, String(text.dropFirst(10))) == [])
        #expect(lines(.fileLength, text, path: "Sources/Wire/Table+Generated.swift") == [])
        #expect(lines(.fileLength, text, path: "Tests/EndToEnd/test_a.py") == [501])
        #expect(lines(.fileLength, text, path: "README.md") == [201])
        #expect(lines(.fileLength, text, path: "docs/a.md") == [])
    }

    @Test func longLines() {
        let line = "// " + String(repeating: "é", count: 97)
        #expect(lines(.lineLength, "\(line)\n\(line)x\n") == [2])
        #expect(lines(.lineLength, "\(line)x\n", path: "docs/a.md") == [])
        #expect(lines(.lineLength, "#!/bin/sh\n\(line)x\n", path: "scripts/a") == [2])
    }

    @Test(arguments: [
        "try! load()", "value as! Int", "fatalError(\"no\")", "DispatchQueue.main.async {}",
        "print(1)", "debugPrint(1)",
    ])
    func bannedCode(statement: String) {
        let text = "let a = 1\n\(statement)\n// \(statement)\nlet b = #\"\(statement)\"#\n"
        #expect(lines(.bannedCode, text) == [2])
    }

    @Test func theCommandAndTestsMayPrint() {
        #expect(lines(.bannedCode, "print(1)\n", path: "Sources/routerc/Check.swift") == [])
        #expect(lines(.bannedCode, "print(1)\n", path: "Tests/WireTests/A.swift") == [])
        #expect(lines(.bannedCode, "try! a()\n", path: "Sources/routerc/Check.swift") == [1])
        #expect(lines(.bannedCode, "writer.print(1)\nfunc reprint(a: Int)\n") == [])
    }

    @Test func leftOverMarks() {
        let mark = "FIX" + "ME"
        #expect(lines(.bannedMarks, "// ok\n// \(mark): later\n") == [2])
        #expect(lines(.bannedMarks, "let a = \"\(mark)\"\n") == [])
        #expect(lines(.bannedMarks, "a\n\(mark)\n", path: "docs/a.md") == [2])
        #expect(lines(.bannedMarks, "XX" + "X\n", path: "scripts/a") == [1])
        #expect(lines(.bannedMarks, "mktemp a.XXXXXX\n", path: "scripts/a") == [])
    }

    @Test func uncheckedSendableNeedsItsReason() {
        let declaration = "final class A: @unchecked Sendable {\n    let a = 1\n}\n"
        #expect(lines(.uncheckedSendable, declaration) == [1])
        #expect(lines(.uncheckedSendable, "// Written once.\n" + declaration) == [])
        #expect(lines(.uncheckedSendable, "// Far.\n\n\n\n" + declaration) == [5])
    }

    @Test(arguments: [
        "struct PoolManager {}", "enum StringUtils {}", "class Base {}", "actor Helper {}",
        "protocol CommonState {}",
    ])
    func vagueNames(declaration: String) {
        #expect(lines(.vagueNames, "\n\(declaration)\n") == [2])
    }

    @Test(arguments: ["enum Base64 {}", "struct Database {}", "let helper = 1", "// struct Base"])
    func plainNames(declaration: String) {
        #expect(lines(.vagueNames, "\n\(declaration)\n") == [])
    }

    @Test func offsetsElsewhere() {
        let text = "let a = 1\nlet b = Field<UInt32>(at: 4)\nlet c: F = Field(at: 0)\n"
        #expect(lines(.offsets, text) == [2, 3])
        #expect(lines(.offsets, "let d = Field<R, UInt32>(at: offset)\n") == [])
        #expect(lines(.offsets, text, path: "Sources/TableFormat/Records.swift") == [])
    }

    @Test func whiteSpace() {
        #expect(lines(.whitespace, "a\n\tb\nc \nd\n") == [2, 3])
        #expect(lines(.whitespace, "a\nb") == [2])
        #expect(lines(.whitespace, "a\n\n") == [2])
        #expect(lines(.whitespace, "a:\n\tb\n", path: "Makefile") == [])
        #expect(lines(.whitespace, "a \n\tb", path: "golden/a.stderr") == [])
        #expect(lines(.whitespace, nil, path: "golden/a.table") == [])
    }

    @Test func largeFiles() {
        #expect(lines(.blobSize, nil, path: "golden/a.table", byteCount: 262_145) == [1])
        #expect(lines(.blobSize, nil, path: "golden/a.table", byteCount: 262_144) == [])
    }

    @Test func permissions() {
        let script = "#!/bin/sh\n"
        #expect(lines(.permissions, script, path: "scripts/a") == [1])
        #expect(lines(.permissions, script, path: "scripts/a", isExecutable: true) == [])
        #expect(lines(.permissions, "ls\n", path: "scripts/a", isExecutable: true) == [1])
        #expect(lines(.permissions, script, path: ".ci/run") == [1])
        #expect(lines(.permissions, "a\n", path: "docs/a.md", isExecutable: true) == [1])
    }

    @Test func decisionsThatAreNotListed() {
        let list = RepositoryFile(
            path: "docs/decisions/README.md", text: "- [one](0001-one.md)\n")
        let pages = ["0001-one.md", "0002-two.md"].map {
            RepositoryFile(path: "docs/decisions/\($0)", text: "# \($0)\n")
        }
        #expect(unlistedDecisions(in: pages + [list]).map(\.path) == [pages[1].path])
        #expect(unlistedDecisions(in: pages).count == 2)
    }
}
