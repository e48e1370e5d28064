// The meaning of each field stands once, in Layout.swift, where the document takes it from.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// The layout of a table. Offsets stand here and in PolicyRecords.swift alone: the writer, the
// reader, the validator and docs/table-format.md take them from here. LayoutTests hold that the
// fields of a record are contiguous, naturally aligned and fill it but for declared reserved bytes.

/// The version of the format, and the magic number.
public enum FormatVersion {
    /// The bytes `\x7FRTRCTBL`...
    ///
    /// read as a little-endian word: no text file begins so.
    @inlinable public static var magic: UInt64 { 0x4C42_5443_5254_527F }
    /// A reader refuses another major version.
    @inlinable public static var major: UInt16 { 1 }
    /// A reader accepts any minor version: unknown sections are skipped unless critical.
    @inlinable public static var minor: UInt16 { 0 }
}

/// The kinds of sections.
///
/// The directory holds those of this version in this order.
public enum SectionKind: UInt16, CaseIterable, Sendable {
    case settings = 1
    case strings
    case indices
    case texts
    case secretSeeds
    case secrets
    case keys
    case keyReferences
    case scopes
    case matchers
    case modelSeeds
    case models
    case rules
    case prefixes
    case suffixes
    case patterns
    case pools
    case members
    case endpoints
    case upstreams
    case headers
    case timeouts
    case substitutions
    case tls
    case stats
    case discovery
    case origins
    case networks
    case tiers
    case retries
    case breakers
    case courses
    case shares
    case stickies
    case sessionSources
    case audiences
    case health

    /// Where its entry stands in the directory.
    @inlinable public var position: Int { Int(rawValue) - 1 }
}

/// The first bytes of the file.
public enum FileHeader: TableRecord {
    @inlinable public static var section: SectionKind { .settings }
    @inlinable public static var size: Int { 64 }
    @inlinable public static var magic: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var major: Field<Self, UInt16> { Field(at: 8) }
    @inlinable public static var minor: Field<Self, UInt16> { Field(at: 10) }
    @inlinable public static var sectionCount: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var byteCount: Field<Self, UInt64> { Field(at: 16) }
    @inlinable public static var reserved: Field<Self, UInt64> { Field(at: 24) }
    @inlinable public static var digest0: Field<Self, UInt64> { Field(at: 32) }
    @inlinable public static var digest1: Field<Self, UInt64> { Field(at: 40) }
    @inlinable public static var digest2: Field<Self, UInt64> { Field(at: 48) }
    @inlinable public static var digest3: Field<Self, UInt64> { Field(at: 56) }
}

/// An entry of the directory, which follows the header.
public enum DirectoryEntry: TableRecord {
    @inlinable public static var section: SectionKind { .settings }
    @inlinable public static var size: Int { 16 }
    @inlinable public static var offset: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var count: Field<Self, UInt32> { Field(at: 8) }
    @inlinable public static var kind: Field<Self, UInt16> { Field(at: 12) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 14) }
    /// A reader that does not know the section refuses the table.
    @inlinable public static var criticalFlag: UInt16 { 1 }
}

/// What holds for the whole table; exactly one.
public enum SettingsRecord: TableRecord {
    @inlinable public static var section: SectionKind { .settings }
    @inlinable public static var size: Int { 160 }
    @inlinable public static var salt0: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var salt1: Field<Self, UInt64> { Field(at: 8) }
    @inlinable public static var salt2: Field<Self, UInt64> { Field(at: 16) }
    @inlinable public static var salt3: Field<Self, UInt64> { Field(at: 24) }
    @inlinable public static var listenHost: Field<Self, StringRef> { Field(at: 32) }
    @inlinable public static var adminHost: Field<Self, StringRef> { Field(at: 40) }
    @inlinable public static var listenKind: Field<Self, AddressKind> { Field(at: 48) }
    @inlinable public static var listenPort: Field<Self, UInt16> { Field(at: 50) }
    @inlinable public static var adminKind: Field<Self, AddressKind> { Field(at: 52) }
    @inlinable public static var adminPort: Field<Self, UInt16> { Field(at: 54) }
    @inlinable public static var maxBodyBytes: Field<Self, UInt64> { Field(at: 56) }
    @inlinable public static var maxHeadBytes: Field<Self, UInt32> { Field(at: 64) }
    @inlinable public static var maxConnections: Field<Self, UInt32> { Field(at: 68) }
    @inlinable public static var drainMilliseconds: Field<Self, UInt32> { Field(at: 72) }
    @inlinable public static var anonymousMode: Field<Self, AnonymousMode> { Field(at: 76) }
    @inlinable public static var anonymousFlags: Field<Self, UInt16> { Field(at: 78) }
    @inlinable public static var anonymousScope: Field<Self, UInt32> { Field(at: 80) }
    @inlinable public static var starRule: Field<Self, UInt32> { Field(at: 84) }
    @inlinable public static var keyHeaders: Field<Self, IndexRange> { Field(at: 88) }
    @inlinable public static var files: Field<Self, IndexRange> { Field(at: 96) }
    @inlinable public static var listing: Field<Self, IndexRange> { Field(at: 104) }
    @inlinable public static var patternRules: Field<Self, IndexRange> { Field(at: 112) }
    @inlinable public static var modelHashSeed: Field<Self, UInt64> { Field(at: 120) }
    @inlinable public static var policy: Field<Self, UInt32> { Field(at: 128) }
    /// From the first byte of a request, or from accept for the first, to its complete head.
    @inlinable public static var headMilliseconds: Field<Self, UInt32> { Field(at: 132) }
    /// Between two reads of a request's body.
    @inlinable public static var bodyStallMilliseconds: Field<Self, UInt32> { Field(at: 136) }
    /// How long a client may leave an answer unread.
    @inlinable public static var writeStallMilliseconds: Field<Self, UInt32> { Field(at: 140) }
    /// How long a connection may wait for its next request.
    @inlinable public static var keepAliveMilliseconds: Field<Self, UInt32> { Field(at: 144) }
    @inlinable public static var responseMetadata: Field<Self, ResponseMetadata> { Field(at: 148) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 150) }
    /// Matchers of ids that are never routed nor listed; those known by name have no rule.
    @inlinable public static var skippedModels: Field<Self, IndexRange> { Field(at: 152) }
    /// The longest of the four.
    @inlinable public static var maxClientMilliseconds: UInt32 { 86_400_000 }
    /// A client may ask for a list of models.
    @inlinable public static var clientFallbackFlag: UInt16 { 1 }
    /// A request without a key may see the list of models.
    @inlinable public static var listModelsFlag: UInt16 { 1 }
    /// A request without a key may read `/stats`.
    @inlinable public static var readStatsFlag: UInt16 { 2 }
    /// Beside `listModelsFlag`: they see what anybody may use, and not what they may.
    @inlinable public static var listAllFlag: UInt16 { 4 }
}

/// A byte of the string pool.
public enum StringByte: TableRecord {
    @inlinable public static var section: SectionKind { .strings }
    @inlinable public static var size: Int { 1 }
}

/// An element of the pool of index lists, rings and bit sets.
public enum IndexRecord: TableRecord {
    @inlinable public static var section: SectionKind { .indices }
    @inlinable public static var size: Int { 4 }
    @inlinable public static var value: Field<Self, UInt32> { Field(at: 0) }
}

/// An element of a list of strings: names of files, names of headers.
public enum TextRecord: TableRecord {
    @inlinable public static var section: SectionKind { .texts }
    @inlinable public static var size: Int { 8 }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 0) }
}

/// A bucket of the perfect hash over fingerprints.
public enum SecretSeed: TableRecord {
    @inlinable public static var section: SectionKind { .secretSeeds }
    @inlinable public static var size: Int { 4 }
    @inlinable public static var value: Field<Self, UInt32> { Field(at: 0) }
}

/// A secret that is known at compile time, at the place its fingerprint hashes to.
public enum SecretRecord: TableRecord {
    @inlinable public static var section: SectionKind { .secrets }
    @inlinable public static var size: Int { 32 }
    @inlinable public static var fingerprint0: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var fingerprint1: Field<Self, UInt64> { Field(at: 8) }
    @inlinable public static var expires: Field<Self, Int64> { Field(at: 16) }
    @inlinable public static var key: Field<Self, UInt32> { Field(at: 24) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 28) }
}

/// A key: what its holder may do.
public enum KeyRecord: TableRecord {
    @inlinable public static var section: SectionKind { .keys }
    @inlinable public static var size: Int { 48 }
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var place: Field<Self, Place> { Field(at: 8) }
    @inlinable public static var expires: Field<Self, Int64> { Field(at: 16) }
    @inlinable public static var paths: Field<Self, IndexRange> { Field(at: 24) }
    @inlinable public static var scope: Field<Self, UInt32> { Field(at: 32) }
    @inlinable public static var pin: Field<Self, UInt32> { Field(at: 36) }
    /// The rules that are for it; none without.
    @inlinable public static var audience: Field<Self, UInt32> { Field(at: 40) }
    @inlinable public static var admin: Field<Self, AdminRight> { Field(at: 44) }
    @inlinable public static var reserved: Field<Self, UInt16> { Field(at: 46) }
}

/// A secret by reference, resolved when the table is loaded.
public enum KeyReferenceRecord: TableRecord {
    @inlinable public static var section: SectionKind { .keyReferences }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var reference: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var expires: Field<Self, Int64> { Field(at: 8) }
    @inlinable public static var key: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var source: Field<Self, ValueSource> { Field(at: 20) }
    @inlinable public static var reserved: Field<Self, UInt16> { Field(at: 22) }
}

/// A distinct set of models that keys may use.
public enum ScopeRecord: TableRecord {
    @inlinable public static var section: SectionKind { .scopes }
    @inlinable public static var size: Int { 24 }
    /// Models known by name: a list of their indices, ascending, or a bit set, 32 to a word.
    @inlinable public static var known: Field<Self, IndexRange> { Field(at: 0) }
    /// For other names: any of these.
    @inlinable public static var matchers: Field<Self, IndexRange> { Field(at: 8) }
    @inlinable public static var kind: Field<Self, ScopeKind> { Field(at: 16) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 18) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 20) }
}

/// A matcher of a scope or of a key's paths.
public enum MatcherRecord: TableRecord {
    @inlinable public static var section: SectionKind { .matchers }
    @inlinable public static var size: Int { 16 }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var pattern: Field<Self, UInt32> { Field(at: 8) }
    @inlinable public static var kind: Field<Self, MatcherKind> { Field(at: 12) }
    @inlinable public static var reserved: Field<Self, UInt16> { Field(at: 14) }
}

/// A bucket of the perfect hash over model names.
public enum ModelSeed: TableRecord {
    @inlinable public static var section: SectionKind { .modelSeeds }
    @inlinable public static var size: Int { 4 }
    @inlinable public static var value: Field<Self, UInt32> { Field(at: 0) }
}

/// A model known by name, at the place its name hashes to.
public enum ModelRecord: TableRecord {
    @inlinable public static var section: SectionKind { .models }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 0) }
    /// Its JSON object in `/v1/models`.
    @inlinable public static var entry: Field<Self, StringRef> { Field(at: 8) }
    /// The rule that answers for it, patterns included; none where nothing does.
    @inlinable public static var rule: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var policy: Field<Self, UInt32> { Field(at: 20) }
}

/// A model rule, in order of precedence among patterns.
public enum RuleRecord: TableRecord {
    @inlinable public static var section: SectionKind { .rules }
    @inlinable public static var size: Int { 56 }
    @inlinable public static var place: Field<Self, Place> { Field(at: 0) }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 8) }
    /// A JSON string with its quotes, or empty.
    @inlinable public static var sendAs: Field<Self, StringRef> { Field(at: 16) }
    /// None where its course is a split.
    @inlinable public static var pool: Field<Self, UInt32> { Field(at: 24) }
    @inlinable public static var pattern: Field<Self, UInt32> { Field(at: 28) }
    /// Bytes before and after what the star matched, where `sendAsKind` is `star`.
    @inlinable public static var starPrefix: Field<Self, UInt32> { Field(at: 32) }
    @inlinable public static var starSuffix: Field<Self, UInt32> { Field(at: 36) }
    @inlinable public static var kind: Field<Self, MatcherKind> { Field(at: 40) }
    @inlinable public static var sendAsKind: Field<Self, SendAsKind> { Field(at: 42) }
    /// Where it leads besides its pool; none where to nothing else.
    @inlinable public static var course: Field<Self, UInt32> { Field(at: 44) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 48) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 50) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 52) }
    /// Its models are not shown in `/v1/models`, also those that an endpoint names.
    @inlinable public static var unlistedFlag: UInt16 { 1 }
}

/// The globs that begin with one text; sorted by it.
public enum PrefixRecord: TableRecord {
    @inlinable public static var section: SectionKind { .prefixes }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var rules: Field<Self, IndexRange> { Field(at: 8) }
    /// The longest other text of this section that this one begins with; always before it.
    @inlinable public static var parent: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
}

/// The globs that end with one text; sorted by it read backwards.
public enum SuffixRecord: TableRecord {
    @inlinable public static var section: SectionKind { .suffixes }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var rules: Field<Self, IndexRange> { Field(at: 8) }
    @inlinable public static var parent: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
}

/// The source of a PCRE2 pattern.
public enum PatternRecord: TableRecord {
    @inlinable public static var section: SectionKind { .patterns }
    @inlinable public static var size: Int { 16 }
    @inlinable public static var source: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var place: Field<Self, Place> { Field(at: 8) }
}

/// A pool, in order of stable id.
public enum PoolRecord: TableRecord {
    @inlinable public static var section: SectionKind { .pools }
    @inlinable public static var size: Int { 64 }
    @inlinable public static var stableID: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 8) }
    @inlinable public static var place: Field<Self, Place> { Field(at: 16) }
    @inlinable public static var members: Field<Self, IndexRange> { Field(at: 24) }
    /// Its members by preference: the next one is for when nobody is left in those before.
    @inlinable public static var tiers: Field<Self, IndexRange> { Field(at: 32) }
    @inlinable public static var timeouts: Field<Self, UInt32> { Field(at: 40) }
    @inlinable public static var strategy: Field<Self, Strategy> { Field(at: 44) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 46) }
    /// None leaves no endpoint alone.
    @inlinable public static var breaker: Field<Self, UInt32> { Field(at: 48) }
    @inlinable public static var retry: Field<Self, UInt32> { Field(at: 52) }
    /// None keeps no session where it is.
    @inlinable public static var sticky: Field<Self, UInt32> { Field(at: 56) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 60) }
    /// Some member serves less than the pool is asked for.
    @inlinable public static var unevenFlag: UInt16 { 1 }
}

/// The members of a pool that are equally preferred.
public enum TierRecord: TableRecord {
    @inlinable public static var section: SectionKind { .tiers }
    @inlinable public static var size: Int { 32 }
    @inlinable public static var members: Field<Self, IndexRange> { Field(at: 0) }
    /// Indices of members in the order of smooth weighted round-robin; empty where no weight is.
    @inlinable public static var ring: Field<Self, IndexRange> { Field(at: 8) }
    /// As in the spec.
    @inlinable public static var number: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
    /// Indices of members by the place of a session; empty where the pool is not sticky.
    @inlinable public static var places: Field<Self, IndexRange> { Field(at: 24) }
}

/// An endpoint's membership of a pool.
public enum MemberRecord: TableRecord {
    @inlinable public static var section: SectionKind { .members }
    @inlinable public static var size: Int { 40 }
    @inlinable public static var endpoint: Field<Self, UInt32> { Field(at: 0) }
    @inlinable public static var pool: Field<Self, UInt32> { Field(at: 4) }
    @inlinable public static var weight: Field<Self, UInt32> { Field(at: 8) }
    /// The scope of models that it serves; none serves everything.
    @inlinable public static var serves: Field<Self, UInt32> { Field(at: 12) }
    /// What it calls models, sorted by the client's name.
    @inlinable public static var substitutions: Field<Self, IndexRange> { Field(at: 16) }
    @inlinable public static var place: Field<Self, Place> { Field(at: 24) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 32) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 34) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 36) }
    /// It serves the models that its endpoint names.
    @inlinable public static var discoveredFlag: UInt16 { 1 }
}

/// An endpoint, in order of stable id.
public enum EndpointRecord: TableRecord {
    @inlinable public static var section: SectionKind { .endpoints }
    @inlinable public static var size: Int { 64 }
    @inlinable public static var stableID: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 8) }
    @inlinable public static var place: Field<Self, Place> { Field(at: 16) }
    /// Stands in for `/v1` of the client's path; empty keeps it.
    @inlinable public static var basePath: Field<Self, StringRef> { Field(at: 24) }
    /// Path of the file or name of the variable with the credential.
    @inlinable public static var credential: Field<Self, StringRef> { Field(at: 32) }
    @inlinable public static var headers: Field<Self, IndexRange> { Field(at: 40) }
    @inlinable public static var upstream: Field<Self, UInt32> { Field(at: 48) }
    @inlinable public static var credentialKind: Field<Self, CredentialKind> { Field(at: 52) }
    @inlinable public static var kind: Field<Self, EndpointKind> { Field(at: 54) }
    @inlinable public static var health: Field<Self, UInt32> { Field(at: 56) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 60) }
    @inlinable public static var reserved: Field<Self, UInt16> { Field(at: 62) }
    /// It is going out of service: no new requests.
    @inlinable public static var drainFlag: UInt16 { 1 }
}

/// A server that endpoints are on, in order of stable id.
public enum UpstreamRecord: TableRecord {
    @inlinable public static var section: SectionKind { .upstreams }
    @inlinable public static var size: Int { 40 }
    @inlinable public static var stableID: Field<Self, UInt64> { Field(at: 0) }
    /// Host name, IP address or path of a socket.
    @inlinable public static var host: Field<Self, StringRef> { Field(at: 8) }
    /// The field of the request head, `Host: ...` with its CRLF.
    @inlinable public static var hostField: Field<Self, StringRef> { Field(at: 16) }
    @inlinable public static var kind: Field<Self, AddressKind> { Field(at: 24) }
    @inlinable public static var port: Field<Self, UInt16> { Field(at: 26) }
    /// Index of how it is spoken to with TLS; none speaks plain text.
    @inlinable public static var tls: Field<Self, UInt32> { Field(at: 28) }
    @inlinable public static var reserved: Field<Self, UInt64> { Field(at: 32) }
}

/// A header that the router sets on requests to an endpoint.
public enum HeaderRecord: TableRecord {
    @inlinable public static var section: SectionKind { .headers }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var value: Field<Self, StringRef> { Field(at: 8) }
    @inlinable public static var source: Field<Self, ValueSource> { Field(at: 16) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 18) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 20) }
}

/// A distinct set of timeouts, in milliseconds.
public enum TimeoutsRecord: TableRecord {
    @inlinable public static var section: SectionKind { .timeouts }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var connect: Field<Self, UInt32> { Field(at: 0) }
    @inlinable public static var firstToken: Field<Self, UInt32> { Field(at: 4) }
    @inlinable public static var answer: Field<Self, UInt32> { Field(at: 8) }
    @inlinable public static var idle: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var total: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
}

/// What a member calls a model.
public enum SubstitutionRecord: TableRecord {
    @inlinable public static var section: SectionKind { .substitutions }
    @inlinable public static var size: Int { 16 }
    @inlinable public static var model: Field<Self, StringRef> { Field(at: 0) }
    /// A JSON string with its quotes.
    @inlinable public static var upstream: Field<Self, StringRef> { Field(at: 8) }
}

/// How upstreams are spoken to with TLS.
public enum TLSRecord: TableRecord {
    @inlinable public static var section: SectionKind { .tls }
    @inlinable public static var size: Int { 24 }
    /// The host name, or the IP address without brackets, that the certificate must be for.
    @inlinable public static var serverName: Field<Self, StringRef> { Field(at: 0) }
    /// Path of the authorities to trust; empty trusts those of the system.
    @inlinable public static var caFile: Field<Self, StringRef> { Field(at: 8) }
    @inlinable public static var flags: Field<Self, UInt16> { Field(at: 16) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 18) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 20) }
    /// The server name is an IP address: it is not sent as SNI.
    @inlinable public static var isAddressFlag: UInt16 { 1 }
}

/// What `/stats` may show; at most one, and everything without it.
public enum StatsRecord: TableRecord {
    @inlinable public static var section: SectionKind { .stats }
    @inlinable public static var size: Int { 40 }
    /// A bit for each section that is shown, by its number.
    @inlinable public static var sections: Field<Self, UInt32> { Field(at: 0) }
    @inlinable public static var reserved0: Field<Self, UInt32> { Field(at: 4) }
    /// A bit for each field that is shown, by its place; none where the section is not.
    @inlinable public static var systemFields: Field<Self, UInt32> { Field(at: 8) }
    @inlinable public static var cpuFields: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var memoryFields: Field<Self, UInt32> { Field(at: 16) }
    @inlinable public static var swapFields: Field<Self, UInt32> { Field(at: 20) }
    @inlinable public static var diskFields: Field<Self, UInt32> { Field(at: 24) }
    @inlinable public static var networkFields: Field<Self, UInt32> { Field(at: 28) }
    @inlinable public static var processesFields: Field<Self, UInt32> { Field(at: 32) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 36) }
}

/// How endpoints are asked for their models; at most one, and without it nobody is asked.
public enum DiscoveryRecord: TableRecord {
    @inlinable public static var section: SectionKind { .discovery }
    @inlinable public static var size: Int { 8 }
    /// From one question to the next.
    @inlinable public static var interval: Field<Self, UInt32> { Field(at: 0) }
    /// For a whole answer.
    @inlinable public static var timeout: Field<Self, UInt32> { Field(at: 4) }
    /// In milliseconds.
    @inlinable public static var intervalRange: ClosedRange<UInt32> { 1_000...86_400_000 }
    @inlinable public static var timeoutRange: ClosedRange<UInt32> { 10...60_000 }
}

/// An origin whose pages may read answers; ascending, and `*` is all of them.
public enum OriginRecord: TableRecord {
    @inlinable public static var section: SectionKind { .origins }
    @inlinable public static var size: Int { 8 }
    @inlinable public static var text: Field<Self, StringRef> { Field(at: 0) }
}

/// A network whose members may say whom they speak for; ascending, and none in another.
public enum NetworkRecord: TableRecord {
    @inlinable public static var section: SectionKind { .networks }
    @inlinable public static var size: Int { 24 }
    /// The address in network order; IPv4 as `::ffff:a.b.c.d`.
    @inlinable public static var address0: Field<Self, UInt64> { Field(at: 0) }
    @inlinable public static var address1: Field<Self, UInt64> { Field(at: 8) }
    /// How many bits of the sixteen bytes count.
    @inlinable public static var prefix: Field<Self, UInt16> { Field(at: 16) }
    @inlinable public static var family: Field<Self, AddressFamily> { Field(at: 18) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
}
