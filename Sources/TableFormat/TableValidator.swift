/// Checks that bytes are a table whose every reference leads somewhere.
///
/// The compiler runs it on its own output and the runtime on what it was given: with the same
/// code. After it no reader of `TableView` can leave the table, loop or see a value without
/// meaning. It does not prove that the perfect hashes find what was put in: a wrong seed loses a
/// key, which is refused then, and the digest says that the bytes are the compiler's.
public struct TableValidator<Hash: TableDigesting> {
    /// The largest file: offsets of strings and indices have 32 bits, a place has to be named.
    public static var maxByteCount: Int { 8 << 30 }
    /// The most sections a directory may have.
    public static var maxSections: UInt32 { 256 }

    /// Throws the first fault found, in the order of the file.
    public static func validate(_ bytes: RawSpan) throws(TableFault) {
        try checkHeader(bytes, fileByteCount: bytes.byteCount)
        let view = TableView(validated: bytes)
        try checkDirectory(view)
        try checkDigest(bytes, view)
        try checkRecords(view)
    }

    /// Whether the first bytes of a file of this size can be those of a table.
    ///
    /// For a reader that has not read the rest yet, which may be of any size.
    public static func checkHeader(
        _ bytes: RawSpan, fileByteCount: Int
    ) throws(TableFault) {
        let directoryEnd =
            FileHeader.size + SectionKind.allCases.count * DirectoryEntry.size
        guard bytes.byteCount >= directoryEnd else {
            // Say what it is not, where there is enough of it to tell.
            if bytes.byteCount >= FileHeader.size {
                try checkMagic(TableView(validated: bytes))
            }
            throw TableFault(.tooShort, at: bytes.byteCount)
        }
        let view = TableView(validated: bytes)
        try checkMagic(view)
        guard fileByteCount <= maxByteCount else {
            throw TableFault(.tooLarge, at: maxByteCount)
        }
        guard view.header(FileHeader.byteCount) == UInt64(fileByteCount) else {
            throw TableFault(.wrongSize, at: FileHeader.byteCount.offset)
        }
        guard view.header(FileHeader.reserved) == 0 else {
            throw TableFault(.reservedNotZero(.settings), at: FileHeader.reserved.offset)
        }
    }

    private static func checkMagic(_ view: borrowing TableView) throws(TableFault) {
        guard view.header(FileHeader.magic) == FormatVersion.magic else {
            throw TableFault(.badMagic, at: 0)
        }
        let major = view.header(FileHeader.major)
        guard major == FormatVersion.major else {
            throw TableFault(.unsupportedMajor(major), at: FileHeader.major.offset)
        }
    }

    private static func checkDirectory(_ view: borrowing TableView) throws(TableFault) {
        let known = UInt32(SectionKind.allCases.count)
        let count = view.header(FileHeader.sectionCount)
        let directoryEnd = UInt64(FileHeader.size) + UInt64(count) * UInt64(DirectoryEntry.size)
        let end = view.header(FileHeader.byteCount)
        guard count >= known, count <= maxSections, directoryEnd <= end else {
            throw TableFault(.badDirectory, at: FileHeader.sectionCount.offset)
        }
        var free = directoryEnd
        var previousKind: UInt16 = 0
        for index in 0..<Int(count) {
            let entry = FileHeader.size + index * DirectoryEntry.size
            let kind = view.load(DirectoryEntry.kind, atByte: entry)
            let offset = view.load(DirectoryEntry.offset, atByte: entry)
            guard kind > previousKind, offset >= free, offset <= end, offset % 8 == 0 else {
                throw TableFault(.badDirectory, at: entry)
            }
            previousKind = kind
            guard let section = SectionKind(rawValue: kind) else {
                // Those of this version come first, all of them: they are found by their place.
                guard index >= Int(known) else {
                    throw TableFault(.badDirectory, at: entry)
                }
                let flags = view.load(DirectoryEntry.flags, atByte: entry)
                if flags & DirectoryEntry.criticalFlag != 0 {
                    throw TableFault(.unknownCriticalSection(kind), at: entry)
                }
                free = offset
                continue
            }
            guard section.position == index else {
                throw TableFault(.badDirectory, at: entry)
            }
            let records = UInt64(view.load(DirectoryEntry.count, atByte: entry))
            let byteCount = records * UInt64(section.recordSize)
            guard byteCount <= end - offset else {
                throw TableFault(.sectionOutOfBounds(section), at: entry)
            }
            free = offset + byteCount
        }
    }

    private static func checkDigest(
        _ bytes: RawSpan, _ view: borrowing TableView
    ) throws(TableFault) {
        let digest = Hash.digest(
            bytes.extracting(DigestCoverage.head),
            bytes.extracting(DigestCoverage.restStart..<bytes.byteCount))
        guard digest == view.digest else {
            throw TableFault(.digestMismatch, at: FileHeader.digest0.offset)
        }
    }

    private static func checkRecords(_ view: borrowing TableView) throws(TableFault) {
        let check = RecordChecks(view: view)
        try check.settings()
        try check.anonymousFlags()
        try check.texts()
        try check.seeds(SecretSeed.value, slots: SecretRecord.self)
        try check.secrets()
        try check.keys()
        try check.keyReferences()
        try check.scopes()
        try check.matchers()
        try check.seeds(ModelSeed.value, slots: ModelRecord.self)
        try check.models()
        try check.rules()
        try check.prefixes()
        try check.suffixes()
        try check.patterns()
        try check.pools()
        try check.members()
        try check.endpoints()
        try check.upstreams()
        try check.headers()
        try check.timeouts()
        try check.substitutions()
        try check.tls()
        try check.stats()
        try check.discovery()
        try check.origins()
        try check.networks()
        try check.tiers()
        try check.retries()
        try check.breakers()
        try check.courses()
        try check.shares()
        try check.stickies()
        try check.sessionSources()
        try check.audiences()
        try check.health()
    }
}

extension SectionKind {
    /// Bytes of a record of this section.
    public var recordSize: Int {
        switch self {
        case .settings: SettingsRecord.size
        case .strings: StringByte.size
        case .indices: IndexRecord.size
        case .texts: TextRecord.size
        case .secretSeeds: SecretSeed.size
        case .secrets: SecretRecord.size
        case .keys: KeyRecord.size
        case .keyReferences: KeyReferenceRecord.size
        case .scopes: ScopeRecord.size
        case .matchers: MatcherRecord.size
        case .modelSeeds: ModelSeed.size
        case .models: ModelRecord.size
        case .rules: RuleRecord.size
        case .prefixes: PrefixRecord.size
        case .suffixes: SuffixRecord.size
        case .patterns: PatternRecord.size
        case .pools: PoolRecord.size
        case .members: MemberRecord.size
        case .endpoints: EndpointRecord.size
        case .upstreams: UpstreamRecord.size
        case .headers: HeaderRecord.size
        case .timeouts: TimeoutsRecord.size
        case .substitutions: SubstitutionRecord.size
        case .tls: TLSRecord.size
        case .stats: StatsRecord.size
        case .discovery: DiscoveryRecord.size
        case .origins: OriginRecord.size
        case .networks: NetworkRecord.size
        case .tiers: TierRecord.size
        case .retries: RetryRecord.size
        case .breakers: BreakerRecord.size
        case .courses: CourseRecord.size
        case .shares: ShareRecord.size
        case .stickies: StickyRecord.size
        case .sessionSources: SessionSourceRecord.size
        case .audiences: AudienceRecord.size
        case .health: HealthRecord.size
        }
    }
}
