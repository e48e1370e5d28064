import SpecCompiler
import TableFormat
import Testing

@testable import Runtime

/// What the admin interface is told of tables and reloads.
@Suite struct ServerStateTests {
    private func table(_ generation: UInt32) throws -> LoadedTable {
        let spec = """
            pools: [{ name: p\(generation), models: [m], endpoints: ["http://127.0.0.1:1"] }]
            anonymous: allow
            """
        let source = SourceFile(name: "router.yaml", text: spec)
        return try LoadedTable(
            .bytes(try #require(Compiler.compile(source).table)), generation: generation,
            directories: LoadedTable.Directories())
    }

    /// Nobody who asks early is told of a table that is none.
    @Test func theFirstTableIsThereFromTheBeginning() throws {
        let first = try table(1)
        let snapshot = ServerState(specName: "router.yaml", table: first).snapshot
        #expect(snapshot.table === first && snapshot.digest == first.digest)
        #expect(snapshot.generation == 1 && snapshot.specName == "router.yaml")
        #expect(snapshot.lastReload.isAccepted && snapshot.lastReload.durationMicroseconds == 0)
        #expect(snapshot.acceptedAt == snapshot.lastReload.at && snapshot.acceptedAt > 0)
        // It is no reload.
        #expect(snapshot.acceptedCount == 0 && snapshot.refusedCount == 0)
    }

    @Test func aRefusalKeepsWhatIsInService() throws {
        let (first, second) = (try table(1), try table(2))
        let state = ServerState(specName: "router.yaml", table: first)
        let startedAt = state.snapshot.acceptedAt
        state.note(ReloadReport(reason: "no table", at: 7))
        #expect(state.table === first && state.snapshot.acceptedAt == startedAt)
        #expect(state.snapshot.lastReload.result == "refused")
        #expect(state.snapshot.acceptedCount == 0 && state.snapshot.refusedCount == 1)
        state.serve(second)
        state.note(ReloadReport(at: 8, durationMicroseconds: 3))
        #expect(state.table === second && state.snapshot.digest == second.digest)
        #expect(state.snapshot.generation == 2 && state.snapshot.acceptedAt == 8)
        #expect(state.snapshot.lastReload.result == "ok")
        #expect(state.snapshot.acceptedCount == 1 && state.snapshot.refusedCount == 1)
    }
}
