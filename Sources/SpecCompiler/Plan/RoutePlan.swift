internal import TableFormat

/// What will be emitted: every record in its final order, strings still as strings.
///
/// Indices here are the indices of the table. The order is total, so that the same spec gives the
/// same bytes on every machine.
struct RoutePlan {
    var settings: Settings
    /// Names of the spec's files, root first; without folders, which differ between machines.
    var files: [String]
    var salt: TableDigest
    var secrets: [Secret] = []
    var secretSeeds: [UInt32] = []
    var keys: [Key] = []
    var keyReferences: [KeyReference] = []
    var scopes: [Scope] = []
    var matchers: [PlannedMatcher] = []
    var models: [Model] = []
    var modelSeeds: [UInt32] = []
    var modelHashSeed: UInt64 = 0
    /// Indices of the listed models, in order of their names.
    var listing: [UInt32] = []
    var rules: [Rule] = []
    /// Indices of the rules with patterns, ascending.
    var patternRules: [UInt32] = []
    var starRule: UInt32 = noIndex
    var prefixes: [GlobGroup] = []
    var suffixes: [GlobGroup] = []
    var patterns: [Pattern] = []
    var pools: [Pool] = []
    var tiers: [Tier] = []
    var members: [Member] = []
    var endpoints: [Endpoint] = []
    var upstreams: [Upstream] = []
    var headers: [Header] = []
    var timeouts: [ResolvedSpec.Timeouts] = []
    var retries: [ResolvedSpec.Retry] = []
    var breakers: [ResolvedSpec.Breaker] = []
    var stickies: [ResolvedSpec.Sticky] = []
    var courses: [Course] = []
    var audiences: [Audience] = []
    var health: [ResolvedSpec.Health] = []
    var substitutions: [(model: String, upstream: String)] = []
    var tls: [TLS] = []
    /// Matchers of what is never routed nor listed.
    var skipped: IndexRange = .empty
    /// Nil shows everything.
    var stats: StatsFilter?

    struct Settings {
        var listen: ResolvedSpec.Listen
        var admin: ResolvedSpec.Address?
        var anonymousMode: AnonymousMode = .deny
        var anonymousScope: UInt32 = noIndex
        var anonymousMayListModels = false
        var anonymousListsAll = false
        var anonymousMayReadStats = false
        var discovery: ResolvedSpec.Discovery?
        var clientFallback = false
        var responseMetadata: ResponseMetadata = .headers
    }

    struct Secret {
        var fingerprint: KeyFingerprint
        var expires: Int64
        var key: UInt32
    }

    struct Key {
        var name: String
        var place: Place
        var expires: Int64
        var paths: IndexRange
        var scope: UInt32
        var pin: UInt32
        /// None where no rule is for this key in particular.
        var audience = noIndex
        var admin: AdminRight
    }

    struct KeyReference {
        var source: ValueSource
        var reference: String
        var expires: Int64
        var key: UInt32
    }

    struct Scope {
        var kind: ScopeKind
        /// Indices of models, ascending, or words of a bit set.
        var known: [UInt32]
        var matchers: IndexRange
    }

    struct PlannedMatcher: Hashable {
        var kind: MatcherKind
        var text: String
        var pattern: UInt32
    }

    struct Model {
        var name: String
        /// Its JSON object in `/v1/models`.
        var entry: String
        var rule: UInt32
    }

    struct Rule {
        var place: Place
        var kind: MatcherKind
        var text: String
        var pattern: UInt32
        /// None where its course is a split.
        var pool: UInt32
        /// None where it leads to nothing but its pool.
        var course = noIndex
        var sendAsKind: SendAsKind
        /// A JSON string with its quotes, or empty.
        var sendAs: String
        var starPrefix: UInt32
        var starSuffix: UInt32
        /// Whether its models are shown in `/v1/models`.
        var isListed: Bool
    }

    /// Where rules lead besides one pool.
    struct Course: Hashable {
        var shares: [Share] = []
        /// Indices of pools.
        var then: [UInt32] = []
        /// Indices of models.
        var fallback: [UInt32] = []
        var sticky = noIndex
    }

    /// The rules that are for some keys, as these keys see them.
    struct Audience: Hashable {
        /// Indices of rules with exact names, by these names.
        var exact: [UInt32] = []
        /// Indices of other rules but `*`, in order.
        var patterns: [UInt32] = []
        /// Models that are listed for them alone, in order of their names.
        var listing: [UInt32] = []
        var starRule = noIndex
    }

    struct Share: Hashable {
        var pool: UInt32
        var last: UInt32
    }

    struct GlobGroup {
        var text: [UInt8]
        var parent: UInt32
        var rules: [UInt32]
    }

    struct Pattern {
        var source: String
        var place: Place
    }

    struct Pool {
        var stableID: UInt64
        var name: String
        var place: Place
        var members: IndexRange
        var tiers: IndexRange
        var strategy: Strategy
        var timeouts: UInt32
        var retry: UInt32
        /// None leaves no endpoint alone.
        var breaker: UInt32
        /// None keeps no session anywhere.
        var sticky: UInt32
        /// Whether some member serves less than the pool is asked for.
        var isUneven: Bool
    }

    struct Tier {
        var number: UInt32
        var members: IndexRange
        /// Indices of members.
        var ring: [UInt32]
        /// The same, by the place of a session.
        var places: [UInt32]
    }

    struct Member {
        var endpoint: UInt32
        var pool: UInt32
        var weight: UInt32
        /// A scope; none serves everything.
        var serves = noIndex
        /// Whether what it serves is what it names.
        var isDiscovered = false
        var substitutions: IndexRange
        var place: Place
    }

    struct Endpoint {
        var stableID: UInt64
        var name: String
        var place: Place
        var basePath: String
        var credentialKind: CredentialKind
        var credential: String
        var headers: IndexRange
        var upstream: UInt32
        var kind: EndpointKind
        var drains: Bool
        /// None is not asked.
        var health: UInt32 = noIndex
    }

    struct Upstream {
        var stableID: UInt64
        var kind: AddressKind
        var host: String
        var port: UInt16
        /// `Host: ...` with its CRLF.
        var hostField: String
        /// None for one that is spoken to in plain text.
        var tls: UInt32 = noIndex
    }

    /// Who must answer behind TLS, and who may vouch for them.
    struct TLS: Hashable {
        var serverName: String
        /// Empty for the authorities that the system trusts.
        var caFile: String
        var isAddress: Bool
    }

    struct Header {
        var name: String
        var value: String
        var source: ValueSource
    }
}
