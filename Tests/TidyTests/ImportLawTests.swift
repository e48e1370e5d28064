import Testing

@Suite("The law of imports")
struct ImportLawTests {
    private func messages(_ text: String, path: String) -> [String] {
        ImportLaw.routerc.findings(in: [RepositoryFile(path: path, text: text)])
            .map { "\($0.line): \($0.message)" }
    }

    @Test(arguments: [
        "import Foundation", "internal import Foundation", "public import Foundation",
        "@testable import Foundation", "@preconcurrency package import Foundation",
        "import struct Foundation.Data", "import Foundation.NSData", "let a = 1; import Foundation",
        "    private import class Foundation.FileManager",
    ])
    func findsEveryForm(statement: String) {
        let found = messages("\n\(statement)\n", path: "Sources/Wire/A.swift")
        #expect(found == ["2: Wire may not import Foundation"])
    }

    @Test(arguments: [
        "// import Foundation", "/* import Foundation */", "let a = \"import Foundation\"",
        "\"\"\"\nimport Foundation\n\"\"\"", "important(Foundation)", "import Swift",
    ])
    func ignoresWhatIsNoImport(statement: String) {
        #expect(messages(statement, path: "Sources/Wire/A.swift") == [])
    }

    @Test(arguments: [
        ("TableFormat", "Glibc"), ("TableFormat", "Digest"), ("Wire", "NIOCore"),
        ("Digest", "TableFormat"), ("Pattern", "TableFormat"), ("SpecCompiler", "Routing"),
        ("SpecCompiler", "NIOCore"), ("SpecCompiler", "CLibCurl"), ("SpecCompiler", "CPCRE2"),
        ("Routing", "Logging"), ("Routing", "Glibc"), ("Runtime", "SpecCompiler"),
        ("Runtime", "CLibYAML"), ("Runtime", "ArgumentParser"), ("Runtime", "Crypto"),
        ("Runtime", "NIOFoundationCompat"), ("routerc", "CLibYAML"), ("routerc", "Foundation"),
    ])
    func forbids(target: String, module: String) {
        let found = messages("import \(module)", path: "Sources/\(target)/Folder/A.swift")
        #expect(found == ["1: \(target) may not import \(module)"])
    }

    @Test(arguments: [
        ("Digest", "Crypto"), ("Pattern", "CPCRE2"), ("SpecCompiler", "CLibYAML"),
        ("Routing", "TableFormat"), ("Runtime", "NIOCore"), ("Runtime", "Synchronization"),
        ("routerc", "ArgumentParser"), ("routerc", "SpecCompiler"),
    ])
    func allows(target: String, module: String) {
        #expect(messages("import \(module)", path: "Sources/\(target)/A.swift") == [])
    }

    @Test func testsImportNoC() {
        #expect(messages("import CLibYAML", path: "Tests/WireTests/A.swift").count == 1)
        #expect(messages("@testable import Wire", path: "Tests/WireTests/A.swift") == [])
    }

    @Test func aTargetThatIsNotListedIsFound() {
        let found = messages("let a = 1", path: "Sources/Extra/A.swift")
        #expect(found == ["1: target Extra is not in the law of imports"])
    }

    @Test func exportingAgainIsFound() {
        let found = messages("@_exported import Wire", path: "Sources/Runtime/A.swift")
        #expect(found == ["1: Wire must not be exported again"])
    }

    @Test func oneFileImportsALibrary() {
        let files = ["A", "B"].map {
            RepositoryFile(path: "Sources/SpecCompiler/\($0).swift", text: "import CLibYAML\n")
        }
        let found = ImportLaw.routerc.findings(in: files)
        #expect(found.map(\.path) == ["Sources/SpecCompiler/B.swift"])
    }
}
