import Testing

@Suite("The repository")
struct TidyTests {
    private let files: [RepositoryFile]

    init() throws {
        files = try Repository.files()
    }

    @Test("was found, with its manifest and its sources")
    func wasFound() {
        let paths = Set(files.map(\.path))
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Tests/TidyTests/Tidy.swift"))
        #expect(paths.contains { $0.hasPrefix("Sources/") })
        #expect(!paths.contains { $0.hasPrefix(".build/") || $0.hasPrefix(".git/") })
    }

    @Test("keeps every rule", arguments: TidyRule.all)
    func keeps(_ rule: TidyRule) {
        report(files.flatMap(rule.check))
    }

    @Test("keeps the law of imports")
    func keepsLawOfImports() {
        report(ImportLaw.routerc.findings(in: files))
    }

    @Test("lists every decision")
    func listsDecisions() {
        report(unlistedDecisions(in: files))
    }

    @Test("has nothing but a module map and a shim in a system library")
    func systemLibraries() {
        let law = ImportLaw.routerc
        let found: [Finding] = files.compactMap { file in
            let parts = file.path.split(separator: "/").map(String.init)
            guard parts.count > 2, parts[0] == "Sources" else { return nil }
            if law.layers.contains(where: { $0.name == parts[1] }) { return nil }
            guard law.systemLibraries.contains(parts[1]) else {
                return file.finding(line: 1, "\(parts[1]) is not in the law of imports")
            }
            return ["module.modulemap", "shim.h"].contains(parts[2])
                ? nil : file.finding(line: 1, "a system library is a module map and a shim")
        }
        report(found)
    }

    /// One issue for all, in the form that editors jump from.
    private func report(_ findings: [Finding]) {
        if findings.isEmpty { return }
        let text = findings.sorted().map(\.description).joined(separator: "\n")
        Issue.record("\(findings.count) found:\n\(text)")
    }
}

extension TidyRule: CustomTestStringConvertible {
    var testDescription: String { name }
}
