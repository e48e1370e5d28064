import Digest
import Pattern
import Routing
import SpecCompiler
import TableFormat
import Testing

private enum TestHash: TableDigesting {
    static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest {
        TableDigest(Digest.sha256(head, rest))
    }
}

/// Damaged tables are refused, or decide as the whole one does; nothing crashes or hangs.
@Suite struct CorruptTableTests {
    private static let spec = """
        version: 1
        pools:
          - name: a
            models: ["llama-*", "*-draft", 're:gpt-4(o|\\.1)?', exact-one]
            endpoints:
              - { url: "http://127.0.0.1:9001", weight: 3 }
              - { url: "unix:/run/llama.sock", send_as: { exact-one: other } }
          - name: b
            endpoints:
              - "http://127.0.0.1:9002/v1"
              - { name: c, url: "https://cloud.example/v1", ca: /etc/cloud.pem, kind: anthropic }
        models:
          - { match: "mistral/*", pool: b, send_as: "*", listed: false }
          - { match: split, split: { a: 60, b: 40 }, then: [b] }
          - { match: big, pool: a, then: [b], fallback: [exact-one, split] }
          - { match: "*", pool: b }
        keys:
          - name: k1
            secret: "sha256:\(String(repeating: "ab", count: 32))"
            models: ["llama-*"]
          - { name: k2, secret: file:/run/secrets/k2, pin: b, paths: [/v1/*], expires: 2030-01-01 }
          - { name: k3, secret: file:/run/secrets/k3, admin: read }
        stats:
          enabled_sections: [timestamp, cpu, memory]
          enabled_fields: { memory: [percent] }
        listen:
          cors: { origins: [https://a.example, https://b.example] }
          trusted_proxies: [10.0.0.0/8, "fd00::/8"]
        """

    private static let table: [UInt8] = {
        Compiler.compile(SourceFile(name: "spec.yaml", text: spec)).table ?? []
    }()

    private func fault(of bytes: [UInt8]) -> TableFault? {
        do throws(TableFault) {
            try TableValidator<TestHash>.validate(bytes.rawSpan)
            return nil
        } catch {
            return error
        }
    }

    /// Puts the right digest into damaged bytes, so that the checks behind it are reached.
    private func redigested(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let head = Array(bytes[DigestCoverage.head])
        let rest = Array(bytes[DigestCoverage.restStart...])
        bytes.replaceSubrange(32..<64, with: Digest.sha256(head, rest))
        return bytes
    }

    /// Does all that a reader can do; a trap here would end the test run.
    private func readAll(_ bytes: [UInt8]) -> Int {
        let view = TableView(validated: bytes.rawSpan)
        var found = TableDump.lines(view).count
        for name in ["exact-one", "llama-3", "x-draft", "gpt-4o", "", "mistral/x"] {
            let text = Array(name.utf8)
            found += view.findModel(text.rawSpan) == nil ? 0 : 1
            found += view.lastPrefix(notAfter: text.rawSpan) == nil ? 0 : 1
            found += view.lastSuffix(notAfter: text.rawSpan) == nil ? 0 : 1
        }
        for origin in ["https://a.example", "*", ""] {
            let text = Array(origin.utf8)
            found += view.standing(ofOrigin: text.rawSpan) == .unlisted ? 0 : 1
        }
        for bits: UInt128 in [0, 0xFFFF_0A00_0001, 0xFD << 120, .max] {
            found += view.isTrusted(IPAddress(bits: bits)) ? 1 : 0
        }
        let fingerprint = KeyFingerprint(word0: 1, word1: 2)
        found += view.findSecret(fingerprint) == nil ? 0 : 1
        return found + decideAll(view)
    }

    /// Does all that a request can make a reader do.
    private func decideAll(_ view: borrowing TableView) -> Int {
        guard let patterns = try? PatternSet(of: view) else { return 0 }
        let scratch = MatchScratch()
        var found = 0
        for key in 0..<view.count(KeyRecord.self) {
            let caller = holder(of: key, in: view)
            forEachListedModel(listed(for: caller, in: view), in: view) { name, entry in
                found += name.byteCount + entry.byteCount
            }
            found += adminRight(of: caller, in: view) == .none ? 0 : 1
            for path in ["/v1/chat/completions", "/v1/models", "/stats", "/x"] {
                let bytes = Array(path.utf8)
                let admission = admit(
                    .post, path: bytes.rawSpan, isPlain: true, contentLength: 1,
                    caller: .success(caller),
                    in: view)
                found += admission == .refused(.urlUnknown) ? 0 : 1
            }
            for name in ["exact-one", "llama-3", "x-draft", "big", "mistral/x", "split"] {
                let model = Array(name.utf8)
                let listing = listing(
                    ofDiscovered: model.rawSpan, patterns: patterns, scratch: scratch, in: view)
                found += listing == .hidden ? 0 : 1
                guard
                    case .success(let first) = resolve(
                        model: model.rawSpan, caller: caller, patterns: patterns,
                        scratch: scratch, in: view)
                else { continue }
                var next: Route? = first
                while var route = next {
                    if route.isOpen { route.settle(draw: 1 << 31, in: view) }
                    found += pickAll(route, model, view)
                    next = route.next(
                        asked: model.rawSpan, caller: caller, patterns: patterns,
                        scratch: scratch, in: view)
                }
            }
        }
        return found
    }

    private func pickAll(
        _ route: Route, _ model: [UInt8], _ view: borrowing TableView
    ) -> Int {
        var found = 0
        let session = Session(model.rawSpan, source: .user)
        found += pick(pool: route.pool, session: session, loads: AllUp(), in: view) == nil ? 0 : 1
        for ticket in 0..<UInt32(3) {
            guard let member = pick(pool: route.pool, ticket: ticket, loads: AllUp(), in: view)
            else { continue }
            let sent = replacement(for: model.rawSpan, route: route, member: member, in: view)
            found += sent == .unchanged ? 1 : 2
            let endpoint = view.load(MemberRecord.endpoint, at: member)
            found += canCarry(model.rawSpan, to: endpoint, in: view) ? 1 : 0
        }
        return found
    }

    @Test func theWholeTableIsAccepted() {
        #expect(!CorruptTableTests.table.isEmpty)
        #expect(fault(of: CorruptTableTests.table) == nil)
        #expect(readAll(CorruptTableTests.table) > 20)
    }

    @Test func everyFlippedByteIsAFault() {
        var bytes = CorruptTableTests.table
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                bytes[index] ^= mask
                #expect(fault(of: bytes) != nil, "byte \(index) ^ \(mask)")
                bytes[index] ^= mask
            }
        }
    }

    @Test func everyTruncationIsAFault() {
        for count in CorruptTableTests.table.indices {
            #expect(fault(of: Array(CorruptTableTests.table[..<count])) != nil)
        }
        #expect(fault(of: CorruptTableTests.table + [0]) != nil)
    }

    /// With a digest that fits, only the checks of structure stand between damage and a reader.
    @Test func damageBehindARightDigestNeverCrashes() {
        var accepted = 0
        for index in CorruptTableTests.table.indices where !(32..<64).contains(index) {
            for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
                var bytes = CorruptTableTests.table
                bytes[index] ^= mask
                bytes = redigested(bytes)
                if fault(of: bytes) == nil {
                    accepted += 1
                    #expect(readAll(bytes) >= 0)
                }
            }
        }
        // A letter of a name may change without harm; most of the rest may not.
        #expect(accepted > 0)
        #expect(accepted < CorruptTableTests.table.count * 4)
    }

    @Test func randomDamageBehindARightDigestNeverCrashes() {
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        for _ in 0..<3_000 {
            var bytes = CorruptTableTests.table
            for _ in 0...next(6) {
                let index = next(bytes.count)
                bytes[index] = next(2) == 0 ? 0xFF : UInt8(next(256))
            }
            bytes = redigested(bytes)
            if fault(of: bytes) == nil {
                #expect(readAll(bytes) >= 0)
            }
        }
    }

    @Test func wordsOfOnesBehindARightDigestNeverCrash() {
        for index in stride(from: 64, to: CorruptTableTests.table.count - 8, by: 4) {
            var bytes = CorruptTableTests.table
            for offset in 0..<4 { bytes[index + offset] = 0xFF }
            bytes = redigested(bytes)
            if fault(of: bytes) == nil {
                #expect(readAll(bytes) >= 0)
            }
        }
    }

    /// Small numbers are the dangerous ones: they refer to something, but not to the right thing.
    @Test(arguments: [UInt8(0), 1, 2, 3])
    func smallNumbersBehindARightDigestNeverCrash(value: UInt8) {
        for index in 64..<CorruptTableTests.table.count
        where CorruptTableTests.table[index] != value {
            var bytes = CorruptTableTests.table
            bytes[index] = value
            bytes = redigested(bytes)
            if fault(of: bytes) == nil {
                #expect(readAll(bytes) >= 0)
            }
        }
    }

    @Test func faultsSayWhatIsWrong() {
        var other = CorruptTableTests.table
        other[0] = 0
        #expect(fault(of: other)?.cause == .badMagic)
        other = CorruptTableTests.table
        other[8] = 9
        #expect(fault(of: other)?.cause == .unsupportedMajor(9))
        #expect(fault(of: [])?.cause == .tooShort)
        #expect(fault(of: CorruptTableTests.table + [0, 0])?.cause == .wrongSize)
        other = CorruptTableTests.table
        other[other.count - 1] ^= 1
        #expect(fault(of: other)?.cause == .digestMismatch)
    }

    /// The first record of a kind with one field overwritten, and the right digest.
    private func table<Record: TableRecord, Value>(
        with value: UInt64, in field: Field<Record, Value>, at index: Int = 0
    ) -> [UInt8] {
        var bytes = CorruptTableTests.table
        let entry = FileHeader.size + Record.section.position * DirectoryEntry.size
        var start = index * Record.size + field.offset
        for byte in 0..<8 { start += Int(bytes[entry + byte]) << (byte * 8) }
        for byte in 0..<Field<Record, Value>.width {
            bytes[start + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
        }
        return redigested(bytes)
    }

    @Test func clientsAreWaitedForAndNeverForEver() {
        let fields = [
            SettingsRecord.headMilliseconds, SettingsRecord.bodyStallMilliseconds,
            SettingsRecord.writeStallMilliseconds, SettingsRecord.keepAliveMilliseconds,
        ]
        for field in fields {
            for value: UInt64 in [0, 86_400_001, UInt64(noMilliseconds)] {
                let found = fault(of: table(with: value, in: field))
                #expect(found?.cause == .badValue(.settings), "\(value) at \(field.offset)")
            }
            for value: UInt64 in [1, 86_400_000] {
                #expect(fault(of: table(with: value, in: field)) == nil)
            }
        }
    }

    @Test func flagsWithoutAMeaningAreNone() {
        #expect(fault(of: table(with: 1, in: SettingsRecord.flags)) == nil)
        let unknown = table(with: 2, in: SettingsRecord.flags)
        #expect(fault(of: unknown)?.cause == .reservedNotZero(.settings))
    }

    @Test func answersSayTheirWayInAKnownPlace() {
        for value: UInt64 in 0...2 {
            #expect(fault(of: table(with: value, in: SettingsRecord.responseMetadata)) == nil)
        }
        for value: UInt64 in [3, 0xFFFF] {
            let found = fault(of: table(with: value, in: SettingsRecord.responseMetadata))
            #expect(found?.cause == .badValue(.settings))
        }
    }

    @Test func recordsOfTLSAreChecked() {
        func cause<Value>(
            _ value: UInt64, _ field: Field<TLSRecord, Value>
        ) -> TableFault.Cause? {
            fault(of: table(with: value, in: field))?.cause
        }
        #expect(cause(0, TLSRecord.serverName) == .badValue(.tls))
        #expect(cause(.max, TLSRecord.serverName) == .badReference(.tls))
        #expect(cause(.max, TLSRecord.caFile) == .badReference(.tls))
        #expect(cause(0, TLSRecord.caFile) == nil)
        let view = TableView(validated: CorruptTableTests.table.rawSpan)
        let name = view.load(TLSRecord.serverName, at: 0)
        let field = view.load(UpstreamRecord.hostField, at: 0)
        #expect(cause(name.raw, TLSRecord.caFile) == .badValue(.tls), "a relative path")
        #expect(cause(field.raw, TLSRecord.serverName) == .badValue(.tls), "a line break")
        #expect(cause(1, TLSRecord.flags) == nil)
        #expect(cause(2, TLSRecord.flags) == .reservedNotZero(.tls))
        #expect(cause(1, TLSRecord.reserved0) == .reservedNotZero(.tls))
        #expect(cause(1, TLSRecord.reserved1) == .reservedNotZero(.tls))
    }

    @Test func whatStatsShowHasAMeaning() {
        func cause(_ value: UInt64, _ field: Field<StatsRecord, UInt32>) -> TableFault.Cause? {
            fault(of: table(with: value, in: field))?.cause
        }
        let sections = UInt64(StatsSection.all)
        let wrong = TableFault.Cause.badValue(.stats)
        #expect(cause(sections, StatsRecord.sections) == nil)
        #expect(cause(sections + 1, StatsRecord.sections) == wrong, "no section has this bit")
        #expect(cause(UInt64(UInt32.max), StatsRecord.sections) == wrong)
        #expect(cause(0, StatsRecord.sections) == wrong, "fields of what is not shown")
        #expect(cause(0, StatsRecord.memoryFields) == nil)
        #expect(cause(0x1FF, StatsRecord.memoryFields) == nil)
        #expect(cause(0x200, StatsRecord.memoryFields) == wrong, "no field has this bit")
        #expect(cause(1, StatsRecord.systemFields) == wrong, "the section is not shown")
        #expect(cause(1, StatsRecord.processesFields) == wrong)
        #expect(cause(1, StatsRecord.reserved0) == .reservedNotZero(.stats))
        #expect(cause(1, StatsRecord.reserved1) == .reservedNotZero(.stats))
    }

    @Test func flagsOfStrangersHaveAMeaning() {
        let field = SettingsRecord.anonymousFlags
        for value: UInt64 in 0..<4 {
            #expect(fault(of: table(with: value, in: field)) == nil)
        }
        for value: UInt64 in [4, 8, 0x8000, 0xFFFF] {
            #expect(fault(of: table(with: value, in: field))?.cause == .badValue(.settings))
        }
    }

    @Test func originsAreOriginsInOrder() {
        func cause(_ value: UInt64, at index: Int) -> TableFault.Cause? {
            fault(of: table(with: value, in: OriginRecord.text, at: index))?.cause
        }
        let view = TableView(validated: CorruptTableTests.table.rawSpan)
        let first = view.load(OriginRecord.text, at: 0)
        let second = view.load(OriginRecord.text, at: 1)
        let field = view.load(UpstreamRecord.hostField, at: 0)
        #expect(cause(.max, at: 0) == .badReference(.origins))
        #expect(cause(0, at: 0) == .badValue(.origins), "empty")
        #expect(cause(field.raw, at: 0) == .badValue(.origins), "a line break")
        #expect(cause(second.raw, at: 0) == .badOrder(.origins), "twice")
        #expect(cause(first.raw, at: 1) == .badOrder(.origins), "twice")
        #expect(cause(second.raw, at: 1) == nil)
        for sign in "*, \t\u{7F}".utf8 {
            var bytes = CorruptTableTests.table
            let strings = FileHeader.size + SectionKind.strings.position * DirectoryEntry.size
            var start = Int(first.offset) + 3
            for byte in 0..<8 { start += Int(bytes[strings + byte]) << (byte * 8) }
            bytes[start] = sign
            #expect(fault(of: redigested(bytes))?.cause == .badValue(.origins), "\(sign)")
        }
    }

    @Test func networksAreNetworksInOrder() {
        func cause<Value>(
            _ value: UInt64, _ field: Field<NetworkRecord, Value>, at index: Int = 0
        ) -> TableFault.Cause? {
            fault(of: table(with: value, in: field, at: index))?.cause
        }
        let wrong = TableFault.Cause.badValue(.networks)
        #expect(cause(104, NetworkRecord.prefix) == nil)
        #expect(cause(110, NetworkRecord.prefix) == nil)
        #expect(cause(102, NetworkRecord.prefix) == wrong, "a bit behind the prefix")
        #expect(cause(129, NetworkRecord.prefix) == wrong)
        #expect(cause(0xFFFF, NetworkRecord.prefix) == wrong)
        #expect(cause(6, NetworkRecord.family) == wrong)
        #expect(cause(4, NetworkRecord.family, at: 1) == wrong)
        #expect(cause(5, NetworkRecord.family) == wrong)
        #expect(cause(0, NetworkRecord.family) == wrong)
        #expect(cause(1, NetworkRecord.address0) == wrong, "no IPv4 any more")
        #expect(cause(1, NetworkRecord.address1, at: 1) == wrong, "a bit behind the prefix")
        #expect(cause(1, NetworkRecord.reserved) == .reservedNotZero(.networks))
        let view = TableView(validated: CorruptTableTests.table.rawSpan)
        #expect(view.count(NetworkRecord.self) == 2)
    }

    @Test func onlyServersByAddressHaveTLS() {
        let view = TableView(validated: CorruptTableTests.table.rawSpan)
        #expect(view.count(TLSRecord.self) == 1)
        for index in 0..<view.count(UpstreamRecord.self) {
            let isUnix = view.load(UpstreamRecord.kind, at: index) == .unix
            let first = table(with: 0, in: UpstreamRecord.tls, at: Int(index))
            #expect(fault(of: first)?.cause == (isUnix ? .badValue(.upstreams) : nil))
            let beyond = table(with: 1, in: UpstreamRecord.tls, at: Int(index))
            #expect(fault(of: beyond)?.cause == .badReference(.upstreams))
            let none = table(with: UInt64(noIndex), in: UpstreamRecord.tls, at: Int(index))
            #expect(fault(of: none) == nil)
        }
    }

    /// Sections are found by their place: none of ours may give its own to a stranger.
    @Test func unknownSectionsStandBehindTheKnown() {
        var bytes = CorruptTableTests.table
        let last = FileHeader.size + (SectionKind.allCases.count - 1) * DirectoryEntry.size
        bytes[last + DirectoryEntry.kind.offset + 1] = 3
        for index in 0..<2 { bytes[last + DirectoryEntry.flags.offset + index] = 0 }
        bytes = redigested(bytes)
        #expect(fault(of: bytes) == TableFault(.badDirectory, at: last))
    }

    /// A later minor version may add a section: skipped, unless it says that it is critical.
    @Test(arguments: [false, true])
    func unknownSectionsAreSkippedUnlessCritical(isCritical: Bool) {
        let table = CorruptTableTests.table
        let directoryStart = FileHeader.size
        let known = SectionKind.allCases.count
        let oldEnd = directoryStart + known * DirectoryEntry.size
        // One entry more moves all sections; 16 bytes keep them aligned.
        var bytes = Array(table[..<oldEnd])
        bytes += [UInt8](repeating: 0, count: DirectoryEntry.size)
        bytes += table[oldEnd...]
        bytes += [UInt8](repeating: 7, count: 8)
        func put(_ value: UInt64, width: Int, at offset: Int) {
            for index in 0..<width {
                bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
            }
        }
        for index in 0..<known {
            let entry = directoryStart + index * DirectoryEntry.size
            var offset: UInt64 = 0
            for byte in 0..<8 { offset |= UInt64(bytes[entry + byte]) << UInt64(byte * 8) }
            put(offset + UInt64(DirectoryEntry.size), width: 8, at: entry)
        }
        put(UInt64(bytes.count - 8), width: 8, at: oldEnd)
        put(8, width: 4, at: oldEnd + 8)
        put(900, width: 2, at: oldEnd + 12)
        put(isCritical ? 1 : 0, width: 2, at: oldEnd + 14)
        put(UInt64(known + 1), width: 4, at: 12)
        put(UInt64(bytes.count), width: 8, at: 16)
        bytes = redigested(bytes)
        #expect(
            fault(of: bytes)?.cause == (isCritical ? .unknownCriticalSection(900) : nil))
        if !isCritical {
            #expect(readAll(bytes) == readAll(table))
        }
    }
}

private struct AllUp: EndpointLoads {
    func isAvailable(endpoint: UInt32) -> Bool { true }
}
