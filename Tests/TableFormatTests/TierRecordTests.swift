import Digest
import SpecCompiler
import TableFormat
import Testing

/// What a table says of tiers and of failures, and that it is checked.
@Suite struct TierRecordTests {
    /// Two tiers of two and one members, and a pool of one before or behind.
    private static let spec = """
        pools:
          - name: a
            strategy: adaptive
            endpoints: ["http://h1", "http://h2", { url: "http://h3", tier: 4 }]
            models: ["*"]
          - { name: b, endpoints: ["http://h4"], models: [b] }
        """

    /// The cause of the fault of a table with another value in a field of a record.
    private func cause<Record: TableRecord, Value>(
        _ value: UInt64, _ field: Field<Record, Value>, of index: UInt32
    ) throws -> TableFault.Cause? {
        let source = SourceFile(name: "s.yaml", text: TierRecordTests.spec)
        var bytes = try #require(Compiler.compile(source).table)
        return DamagedTable.cause(&bytes, value, field, at: index)
    }

    /// Indices of the pool with two tiers, of its tiers and of its members.
    private func places() throws -> (pool: UInt32, tier: UInt32, member: UInt32) {
        let source = SourceFile(name: "s.yaml", text: TierRecordTests.spec)
        let bytes = try #require(Compiler.compile(source).table)
        let view = TableView(validated: bytes.rawSpan)
        let pool: UInt32 = view.text(view.load(PoolRecord.name, at: 0)) == "a" ? 0 : 1
        let tiers = view.load(PoolRecord.tiers, at: pool)
        #expect(tiers.count == 2)
        #expect(view.load(PoolRecord.strategy, at: pool) == .adaptive)
        #expect(view.load(TierRecord.number, at: tiers.first) == 1)
        #expect(view.load(TierRecord.number, at: tiers.first + 1) == 4)
        #expect(view.load(TierRecord.ring, at: tiers.first).count == 2)
        return (pool, tiers.first, view.load(PoolRecord.members, at: pool).first)
    }

    /// A range as it is stored.
    private func range(_ first: UInt32, _ count: UInt32) -> UInt64 {
        UInt64(first) | UInt64(count) << 32
    }

    @Test func thePartsOfAPoolAreItsMembers() throws {
        let (pool, tier, member) = try places()
        let same = try cause(range(member, 2), TierRecord.members, of: tier)
        #expect(same == nil, "the test writes what it means to")
        let moved = try cause(range(member + 1, 2), TierRecord.members, of: tier)
        #expect(moved == .badReference(.tiers))
        let empty = try cause(range(member, 0), TierRecord.members, of: tier)
        #expect(empty == .badReference(.tiers))
        let short = try cause(range(member, 1), TierRecord.members, of: tier)
        #expect(short == .badReference(.tiers), "the next tier does not begin behind it")
        let less = try cause(range(tier, 1), PoolRecord.tiers, of: pool)
        #expect(less == .badValue(.pools), "a member is in no tier")
        let none = try cause(range(tier, 0), PoolRecord.tiers, of: pool)
        #expect(none == .badValue(.pools))
        let wild = try cause(range(7, 1), PoolRecord.tiers, of: pool)
        #expect(wild == .badReference(.pools))
    }

    @Test func numbersAscendAndRingsStayInTheirTier() throws {
        let (_, tier, _) = try places()
        #expect(try cause(4, TierRecord.number, of: tier) == .badOrder(.tiers))
        #expect(try cause(0, TierRecord.number, of: tier) == .badOrder(.tiers))
        #expect(try cause(3, TierRecord.number, of: tier) == nil)
        let other = try cause(range(0, 4), TierRecord.ring, of: tier)
        #expect(other == .badReference(.tiers))
        #expect(try cause(1, TierRecord.reserved, of: tier) == .reservedNotZero(.tiers))
        #expect(try cause(2, EndpointRecord.flags, of: 0) == .reservedNotZero(.endpoints))
        #expect(try cause(4, PoolRecord.strategy, of: 0) == .badValue(.pools))
    }

    @Test func whatIsSaidOfFailures() throws {
        let source = SourceFile(name: "s.yaml", text: TierRecordTests.spec)
        let bytes = try #require(Compiler.compile(source).table)
        let view = TableView(validated: bytes.rawSpan)
        #expect(view.count(RetryRecord.self) == 1 && view.count(BreakerRecord.self) == 1)
        #expect(view.load(RetryRecord.attempts, at: 0) == 3)
        #expect(view.load(RetryRecord.causes, at: 0) == RetryCause.usual)
        for (value, isWell) in [(0, false), (1, true), (10, true), (11, false)] {
            let found = try cause(UInt64(value), RetryRecord.attempts, of: 0)
            #expect(found == (isWell ? nil : .badValue(.retries)))
        }
        let unknown = UInt64(RetryCause.all) + 1
        #expect(try cause(unknown, RetryRecord.causes, of: 0) == .reservedNotZero(.retries))
        #expect(try cause(10_001, RetryRecord.backoff, of: 0) == .badValue(.retries))
        #expect(try cause(1_001, RetryRecord.budget, of: 0) == .badValue(.retries))
        #expect(try cause(1, RetryRecord.reserved1, of: 0) == .reservedNotZero(.retries))
        #expect(try cause(0, BreakerRecord.errors, of: 0) == .badValue(.breakers))
        #expect(try cause(999, BreakerRecord.within, of: 0) == .badValue(.breakers))
        #expect(try cause(99, BreakerRecord.tryAgain, of: 0) == .badValue(.breakers))
        #expect(try cause(1, BreakerRecord.reserved, of: 0) == .reservedNotZero(.breakers))
        #expect(try cause(1, PoolRecord.retry, of: 0) == .badReference(.pools))
        #expect(try cause(1, PoolRecord.breaker, of: 0) == .badReference(.pools))
        #expect(try cause(UInt64(noIndex), PoolRecord.breaker, of: 0) == nil)
    }
}
