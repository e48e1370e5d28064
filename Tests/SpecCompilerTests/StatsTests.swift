import TableFormat
import Testing

@testable import SpecCompiler

/// `stats` and `anonymous.stats`: what a spec says, and what its table does.
@Suite struct StatsTests {
    private static let pools = "pools: [{ name: a, models: [\"*\"], endpoints: [\"http://a\"] }]\n"

    private func filter(_ text: String) throws -> StatsFilter? {
        let outcome = Outcome(StatsTests.pools + text)
        return try #require(outcome.spec, "\(outcome.text)").stats
    }

    /// What the table of a spec shows.
    private func tableFilter(_ text: String) throws -> StatsFilter {
        let source = SourceFile(name: "router.yaml", text: StatsTests.pools + text)
        let table = try #require(Compiler.compile(source).table)
        return StatsFilter(TableView(validated: table.rawSpan))
    }

    private func flags(_ text: String) throws -> UInt16 {
        let source = SourceFile(name: "router.yaml", text: StatsTests.pools + text)
        let table = try #require(Compiler.compile(source).table)
        return TableView(validated: table.rawSpan).setting(SettingsRecord.anonymousFlags)
    }

    @Test func withoutStatsEverythingIsShown() throws {
        #expect(try filter("") == nil)
        #expect(try filter("stats: {}\n") == .everything)
        #expect(try tableFilter("") == .everything)
        #expect(try tableFilter("stats: {}\n") == .everything)
    }

    @Test func noSectionsIsNothing() throws {
        let text = "stats: { enabled_sections: [] }\n"
        #expect(try filter(text) == .nothing)
        #expect(try tableFilter(text) == .nothing)
    }

    @Test func sectionsAndFieldsAreKept() throws {
        let text = """
            stats:
              enabled_sections: [timestamp, memory, "cpu", memory]
              enabled_fields: { memory: [percent, free_gb], cpu: [] }
            """
        for found in [try tableFilter(text), try #require(try filter(text))] {
            let shown = StatsSection.allCases.filter { found.shows($0) }
            #expect(shown == [.timestamp, .cpu, .memory])
            #expect(found.fields(of: .memory) == 1 << 4 | 1 << 8)
            #expect(found.fields(of: .cpu) == 0)
            #expect(found.fields(of: .system) == 0)
        }
    }

    /// Every name of the list is a name of the language, alone and in its section.
    @Test(arguments: StatsSection.allCases)
    func everyNameIsKnown(section: StatsSection) throws {
        let alone = try tableFilter("stats: { enabled_sections: [\(section.name)] }\n")
        #expect(alone.sections == section.bit)
        #expect(alone.fields(of: section) == section.allFields)
        for (place, field) in section.fields.enumerated() {
            let one = try tableFilter(
                "stats: { enabled_fields: { \(section.name): [\(field)] } }\n")
            #expect(one.sections == StatsSection.all)
            #expect(one.fields(of: section) == 1 << UInt32(place))
        }
    }

    @Test func fieldsOfASectionDoNotHideOthers() throws {
        let found = try tableFilter("stats: { enabled_fields: { swap: [percent] } }\n")
        #expect(found.fields(of: .memory) == StatsSection.memory.allFields)
        #expect(found.fields(of: .swap) == 1 << 3)
    }

    @Test(arguments: [
        ("stats: all\n", ["R102"]), ("stats:\n", ["R104"]),
        ("stats: { enabled_sections: all }\n", ["R102"]),
        ("stats: { enabled_sections: }\n", ["R104"]),
        ("stats: { enabled_sections: [[cpu]] }\n", ["R102"]),
        ("stats: { enabled_fields: [cpu] }\n", ["R102"]),
        ("stats: { enabled_fields: }\n", ["R104"]),
        ("stats: { enabled_fields: { cpu: } }\n", ["R104"]),
        ("stats: { enabled_fields: { cpu: core_count } }\n", ["R102"]),
        ("stats: { enabled_fields: { timestamp: [] } }\n", ["R125"]),
        ("stats: { enabled_fields: { \"*\": [] } }\n", ["R125"]),
        ("stats: { enabled_sections: [\"*\"] }\n", ["R125"]),
        ("stats: { sections: [cpu] }\n", ["R101"]),
        ("stats: { enabled_sections: [memroy], enabled_fields: { memory: [] } }\n", ["R125"]),
        ("stats: { enabled_sections: [cpu], enabled_fields: { memory: [] } }\n", ["R122"]),
        ("anonymous: { stats: yes }\n", ["R108"]),
    ])
    func mistakesAreErrors(text: String, codes: [String]) {
        let outcome = Outcome(StatsTests.pools + text)
        #expect(outcome.codes == codes, "\(outcome.text)")
        #expect(outcome.spec == nil)
    }

    @Test(arguments: [
        ("stats: { enabled_sections: [memroy] }\n", "did you mean 'memory'?"),
        ("stats: { enabled_sections: [Swap] }\n", "did you mean 'swap'?"),
        (
            "stats: { enabled_sections: [memory.percent] }\n",
            "fields are chosen in stats.enabled_fields: { memory: [...] }"
        ),
        ("stats: { enabled_fields: { disk: [total_mb] } }\n", "did you mean 'total_gb'?"),
        (
            "stats: { enabled_fields: { cpu: [load_average.1min] } }\n",
            "did you mean 'load_average'?"
        ),
        ("stats: { enabled_fields: { cpu: [hostname] } }\n", "'hostname' is a field of system"),
        (
            "stats: { enabled_fields: { cpu: [percent] } }\n",
            "'percent' is a field of memory, swap or disk"
        ),
        ("stats: { enabled_fields: { processes: [names] } }\n", "it has count"),
    ])
    func adviceNamesWhatWasMeant(text: String, help: String) {
        let outcome = Outcome(StatsTests.pools + text)
        #expect(outcome.diagnostics.map(\.help) == [help])
        for fix in outcome.diagnostics.flatMap(\.fixIts) {
            let source = StatsTests.pools + text
            let bytes = Array(source.utf8)
            let mended =
                bytes[..<fix.span.start] + Array(fix.replacement.utf8) + bytes[fix.span.end...]
            #expect(Outcome(String(decoding: mended, as: UTF8.self)).codes == [])
        }
    }

    /// Without a word on it a stranger sees nothing of the host; where all is open, all is.
    @Test func whoReadsStatsWithoutAKey() throws {
        let reads = SettingsRecord.readStatsFlag
        let key = "keys: [{ name: k, secret: file:/k }]\n"
        #expect(try flags("") & reads != 0, "nothing is to be protected")
        #expect(try flags(key) & reads == 0)
        #expect(try flags(key + "anonymous: deny\n") & reads == 0)
        #expect(try flags(key + "anonymous: allow\n") & reads != 0)
        #expect(try flags(key + "anonymous: { list_models: true }\n") & reads == 0)
        #expect(try flags(key + "anonymous: { stats: true }\n") == reads)
        #expect(try flags(key + "anonymous: { stats: false }\n") & reads == 0)
    }
}
