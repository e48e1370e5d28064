import Digest
import SpecCompiler
import TableFormat
import Testing

/// What a table says of discovery, and that it is checked.
@Suite struct DiscoveryRecordTests {
    private func table(_ discovery: String) throws -> [UInt8] {
        let text = """
            defaults: { discovery: \(discovery) }
            pools:
              - { name: a, endpoints: [{ name: e, url: "http://h", kind: ollama }] }
            models:
              - { match: "a*", pool: a, listed: false }
            """
        return try #require(Compiler.compile(SourceFile(name: "s.yaml", text: text)).table)
    }

    /// The cause of the fault of a table with other bytes at a place, under the right digest.
    private func cause<Record: TableRecord, Value>(
        _ value: UInt64, _ field: Field<Record, Value>
    ) throws -> TableFault.Cause? {
        var bytes = try table("{ interval: 5s }")
        return DamagedTable.cause(&bytes, value, field, at: 0)
    }

    @Test func whatTheSpecSays() throws {
        let bytes = try table("{ interval: 5s }")
        let view = TableView(validated: bytes.rawSpan)
        #expect(view.count(DiscoveryRecord.self) == 1)
        #expect(view.load(DiscoveryRecord.interval, at: 0) == 5_000)
        #expect(view.load(DiscoveryRecord.timeout, at: 0) == 2_000)
        #expect(view.load(EndpointRecord.kind, at: 0) == .ollama)
        #expect(view.load(RuleRecord.flags, at: 0) == RuleRecord.unlistedFlag)
        let none = try table("none")
        #expect(TableView(validated: none.rawSpan).count(DiscoveryRecord.self) == 0)
    }

    @Test func valuesAreChecked() throws {
        for value: UInt64 in [0, 999, 86_400_001, UInt64(noMilliseconds)] {
            #expect(try cause(value, DiscoveryRecord.interval) == .badValue(.discovery))
        }
        for value: UInt64 in [0, 9, 60_001] {
            #expect(try cause(value, DiscoveryRecord.timeout) == .badValue(.discovery))
        }
        #expect(try cause(86_400_000, DiscoveryRecord.interval) == nil)
        #expect(try cause(5, EndpointRecord.kind) == nil)
        #expect(try cause(6, EndpointRecord.kind) == .badValue(.endpoints))
        #expect(try cause(2, RuleRecord.flags) == .reservedNotZero(.rules))
        #expect(try cause(1, RuleRecord.reserved0) == .reservedNotZero(.rules))
        #expect(try cause(1, RuleRecord.reserved1) == .reservedNotZero(.rules))
    }

    @Test func thereIsOneAtMost() throws {
        var bytes = try table("{ interval: 5s }")
        func number(at offset: Int) -> Int {
            (0..<8).reduce(0) { $0 + Int(bytes[offset + $1]) << ($1 * 8) }
        }
        func store(_ number: Int, at offset: Int) {
            for byte in 0..<8 {
                bytes[offset + byte] = UInt8(truncatingIfNeeded: number >> (byte * 8))
            }
        }
        func entry(_ position: Int) -> Int {
            FileHeader.size + position * DirectoryEntry.size
        }
        let position = SectionKind.discovery.position
        let start = number(at: entry(position))
        // A second record behind the first; what stands behind it moves on.
        bytes.insert(contentsOf: bytes[start..<start + 8], at: start + 8)
        bytes[entry(position) + DirectoryEntry.count.offset] = 2
        for later in position + 1..<SectionKind.allCases.count {
            store(number(at: entry(later)) + 8, at: entry(later))
        }
        store(bytes.count, at: FileHeader.byteCount.offset)
        #expect(DamagedTable.cause(bytes) == .badValue(.discovery))
    }
}
