import Foundation
import Pattern
import Routing
import SpecCompiler
import SpecFiles
import TableFormat
import Testing

/// The bytes of every valid spec, what they hold, and what they decide: pinned.
///
/// A golden catches unreviewed change, it does not say what is right: `DecisionTests` do that.
@Suite struct GoldenTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let isBlessing = ProcessInfo.processInfo.environment["ROUTERC_BLESS"] == "1"

    /// Paths below `specs` without their ending, ascending.
    static let specs: [String] = {
        let folders = root.appending(path: "specs/folders")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folders.path)) ?? []
        let single = ["examples", "valid"].flatMap { folder -> [String] in
            let start = root.appending(path: "specs/\(folder)")
            let files = FileManager.default.enumerator(atPath: start.path)
            let paths = files?.compactMap { $0 as? String } ?? []
            return paths.filter { $0.hasSuffix(".yaml") }
                .map { "\(folder)/\($0.dropLast(5))" }
        }
        return (single + names.map { "folders/\($0)/router" }).sorted()
    }()

    @Test func thereAreSpecs() {
        #expect(GoldenTableTests.specs.count > 20)
    }

    @Test(arguments: specs)
    func tableDumpAndDecisionsAreTheGoldenOnes(path: String) throws {
        let file = GoldenTableTests.root.appending(path: "specs/\(path).yaml")
        let source = SourceFile(
            name: "specs/\(path).yaml", bytes: Array(try Data(contentsOf: file)))
        let compilation = Compiler.compile(source, in: try GoldenTableTests.files(beside: file))
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        let dump = TableDump.lines(view).joined(separator: "\n") + "\n"
        let decisions = try GoldenTableTests.decisions(view).joined(separator: "\n") + "\n"
        let warnings = TextRenderer(sources: compilation.sources).render(compilation.diagnostics)
        try compare(Data(bytes), "\(path).table")
        try compare(Data(dump.utf8), "\(path).dump")
        try compare(Data(decisions.utf8), "\(path).decisions")
        try compare(Data(warnings.utf8), "\(path).stderr")
    }

    /// Where inheritance, several files or sums make it worth reading.
    private static let shownInForce = [
        "examples/", "folders/", "valid/failover/", "valid/health/", "valid/timeouts/",
        "valid/weights/",
    ]

    @Test(arguments: specs.filter { spec in shownInForce.contains(where: spec.hasPrefix) })
    func valuesInForceAreTheGoldenOnes(path: String) throws {
        let file = GoldenTableTests.root.appending(path: "specs/\(path).yaml")
        let source = SourceFile(
            name: "specs/\(path).yaml", bytes: Array(try Data(contentsOf: file)))
        let (_, values) = Compiler.effective(source, in: try GoldenTableTests.files(beside: file))
        try compare(Data((EffectiveValue.text(values) + "\n").utf8), "\(path).effective")
    }

    @Test func noGoldenIsWithoutASpec() {
        for folder in ["examples", "valid", "folders"] {
            let start = GoldenTableTests.root.appending(path: "golden/\(folder)")
            let files = FileManager.default.enumerator(atPath: start.path)
            for case let name as String in files ?? .init() where name.contains(".") {
                let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
                #expect(
                    GoldenTableTests.specs.contains("\(folder)/\(stem)"),
                    "golden/\(folder)/\(name) has no spec")
            }
        }
    }

    /// Compilers run everywhere: neither the folder nor its name gets into the bytes.
    @Test(arguments: specs)
    func bytesDoNotDependOnTheFolder(path: String) throws {
        let file = GoldenTableTests.root.appending(path: "specs/\(path).yaml")
        let bytes = Array(try Data(contentsOf: file))
        let name = file.lastPathComponent
        let files = try GoldenTableTests.files(beside: file)
        let here = Compiler.compile(SourceFile(name: name, bytes: bytes), in: files).table
        let there = Compiler.compile(
            SourceFile(name: "/else/where/\(name)", bytes: bytes), in: files
        ).table
        #expect(here == there)
        #expect(here != nil)
    }

    private static func files(beside file: URL) throws -> FilesInMemory {
        try FilesInMemory(readingFrom: file.deletingLastPathComponent())
    }

    /// A missing golden is written and the test fails: nobody has read it. Empty text has none.
    private func compare(_ found: Data, _ name: String) throws {
        let url = GoldenTableTests.root.appending(path: "golden/\(name)")
        let golden = try? Data(contentsOf: url)
        if found.isEmpty && golden == nil { return }
        if golden == found { return }
        if golden == nil || GoldenTableTests.isBlessing {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try found.write(to: url)
        }
        if !GoldenTableTests.isBlessing {
            Issue.record("golden/\(name) \(golden == nil ? "was missing" : "differs")")
        }
    }

    /// One line a request: every key, and none, asks for every known model and some others.
    private static func decisions(_ view: borrowing TableView) throws -> [String] {
        let patterns = try PatternSet(of: view)
        var models = ["", "gpt-4o", "llama3-70b", "openai/gpt-4.1", "x-draft", "ünknown"]
        for index in 0..<view.count(ModelRecord.self) {
            models.append(view.text(view.load(ModelRecord.name, at: index)))
        }
        models = Array(Set(models)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var lines: [String] = []
        for key in [noIndex] + Array(0..<view.count(KeyRecord.self)) {
            let caller = caller(key, view)
            let name = key == noIndex ? "-" : view.text(view.load(KeyRecord.name, at: key))
            for model in models {
                let answer = answer(caller, model, patterns, view)
                lines.append("\(name) '\(model)': \(answer)")
            }
        }
        return lines
    }

    private static func caller(
        _ key: UInt32, _ view: borrowing TableView
    ) -> Result<Caller, ProxyError> {
        guard key != noIndex else {
            return identify(.none, references: KeyReferences([]), now: 0, in: view)
        }
        return .success(holder(of: key, in: view))
    }

    private static func answer(
        _ caller: Result<Caller, ProxyError>, _ model: String, _ patterns: PatternSet,
        _ view: borrowing TableView
    ) -> String {
        let known: Caller
        switch caller {
        case .failure(let error): return "\(error.status) \(error.code)"
        case .success(let found): known = found
        }
        let name = Array(model.utf8)
        var route = Route(pool: known.pin, rule: noIndex)
        if known.pin == noIndex {
            switch resolve(
                model: name.rawSpan, caller: known, patterns: patterns, scratch: MatchScratch(),
                in: view)
            {
            case .failure(let error): return "\(error.status) \(error.code)"
            case .success(let found): route = found
            }
        }
        var places = [place(&route, name, view)]
        while let next = route.next(
            asked: name.rawSpan, caller: known, patterns: patterns, scratch: MatchScratch(),
            in: view)
        {
            route = next
            places.append(place(&route, name, view))
        }
        return places.joined(separator: "; then ")
    }

    /// Who would get a request first in the pool of a route, and of a split in its first side.
    private static func place(
        _ route: inout Route, _ name: [UInt8], _ view: borrowing TableView
    ) -> String {
        if route.isOpen { route.settle(draw: 0, in: view) }
        let pool = view.text(view.load(PoolRecord.name, at: route.pool))
        guard let member = pick(pool: route.pool, ticket: 0, loads: AllUp(), in: view) else {
            return "pool \(pool), nobody"
        }
        let endpoint = view.load(MemberRecord.endpoint, at: member)
        let rule = route.rule == noIndex ? "pinned" : "rule \(route.rule)"
        let first = view.text(view.load(EndpointRecord.name, at: endpoint))
        return "\(rule), pool \(pool), first \(first)" + sent(name, route, member, view)
    }

    private static func sent(
        _ name: [UInt8], _ route: Route, _ member: UInt32, _ view: borrowing TableView
    ) -> String {
        func quoted(_ name: [UInt8], _ range: Range<Int>) -> String {
            ", as \"\(String(decoding: name[range], as: UTF8.self))\""
        }
        switch replacement(for: name.rawSpan, route: route, member: member, in: view) {
        case .unchanged: return ""
        case .text(let ref): return ", as \(view.text(ref))"
        case .star(let range): return quoted(name, range)
        case .known(let model, let range):
            return quoted(Array(view.text(view.load(ModelRecord.name, at: model)).utf8), range)
        }
    }
}

private struct AllUp: EndpointLoads {
    func isAvailable(endpoint: UInt32) -> Bool { true }
}
