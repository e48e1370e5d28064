import SpecCompiler
import TableFormat
import Testing

/// What a table says of courses and sessions, and that it is checked.
@Suite struct CourseRecordTests {
    private static let spec = """
        defaults: { sticky: { by: ["header:x-session-id", body:user, key] } }
        pools:
          - { name: a, endpoints: ["http://h1", "http://h2"] }
          - { name: b, endpoints: ["http://h3"], sticky: none }
        models:
          - { match: one, split: { a: 60, b: 40 }, then: [b], fallback: [two] }
          - { match: two, pool: b, then: [a] }
        """

    private func cause<Record: TableRecord, Value>(
        _ value: UInt64, _ field: Field<Record, Value>, of index: UInt32 = 0
    ) throws -> TableFault.Cause? {
        let source = SourceFile(name: "s.yaml", text: CourseRecordTests.spec)
        var bytes = try #require(Compiler.compile(source).table)
        return DamagedTable.cause(&bytes, value, field, at: index)
    }

    /// A range as it is stored.
    private func range(_ first: UInt32, _ count: UInt32) -> UInt64 {
        UInt64(first) | UInt64(count) << 32
    }

    @Test func aRuleHasAPoolOrASplit() throws {
        #expect(try cause(UInt64(noIndex), RuleRecord.pool, of: 0) == nil, "it has a split")
        #expect(try cause(0, RuleRecord.pool, of: 0) == .badValue(.rules), "both")
        #expect(try cause(UInt64(noIndex), RuleRecord.pool, of: 1) == .badReference(.rules))
        #expect(try cause(UInt64(noIndex), RuleRecord.course, of: 0) == .badReference(.rules))
        #expect(try cause(2, RuleRecord.course, of: 1) == .badReference(.rules))
    }

    @Test func everyDrawLeadsToASide() throws {
        #expect(try cause(0xFFFF_FFFF, ShareRecord.last, of: 1) == nil)
        #expect(try cause(0xFFFF_FFFE, ShareRecord.last, of: 1) == .badValue(.courses))
        #expect(try cause(0xFFFF_FFFF, ShareRecord.last, of: 0) == .badOrder(.courses))
        #expect(try cause(2, ShareRecord.pool, of: 0) == .badReference(.shares))
    }

    @Test func listsReferToSomething() throws {
        #expect(try cause(range(0, 9), CourseRecord.split) == .badReference(.courses))
        #expect(try cause(range(0, 0xFFFF), CourseRecord.then) == .badReference(.courses))
        #expect(try cause(range(0, 0xFFFF), CourseRecord.fallback) == .badReference(.courses))
        #expect(try cause(1, CourseRecord.sticky) == .badReference(.courses))
        #expect(try cause(1, CourseRecord.reserved) == .reservedNotZero(.courses))
    }

    @Test func sessionsHaveSources() throws {
        #expect(try cause(range(0, 4), StickyRecord.sources) == .badReference(.stickies))
        #expect(try cause(3, StickyRecord.whenDown) == .badValue(.stickies))
        #expect(try cause(5, SessionSourceRecord.kind) == .badValue(.sessionSources))
        #expect(
            try cause(2, SessionSourceRecord.kind, of: 0) == .badReference(.sessionSources),
            "what is no header has no name")
        #expect(try cause(1, SessionSourceRecord.reserved0) == .reservedNotZero(.sessionSources))
    }

    @Test func aStickyPoolHasPlaces() throws {
        let source = SourceFile(name: "s.yaml", text: CourseRecordTests.spec)
        let bytes = try #require(Compiler.compile(source).table)
        let view = TableView(validated: bytes.rawSpan)
        let sticky: UInt32 = view.text(view.load(PoolRecord.name, at: 0)) == "a" ? 0 : 1
        let tier = view.load(PoolRecord.tiers, at: sticky).first
        #expect(view.load(TierRecord.places, at: tier).count == 8_009)
        #expect(try cause(range(0, 0), TierRecord.places, of: tier) == .badValue(.tiers))
        #expect(try cause(UInt64(noIndex), PoolRecord.sticky, of: sticky) == .badValue(.tiers))
        #expect(try cause(0, PoolRecord.sticky, of: 1 - sticky) == .badValue(.tiers))
        #expect(try cause(1, PoolRecord.sticky, of: sticky) == .badReference(.pools))
    }
}
