internal import TableFormat

/// A value and where it was written.
package struct Spanned<Value: Sendable>: Sendable {
    package var value: Value
    package var span: SourceSpan

    init(_ value: Value, at span: SourceSpan) {
        self.value = value
        self.span = span
    }
}

/// What the spec says, each value read by the type of its key; names still refer to nothing.
///
/// Parts that could not be read are missing here, and a diagnostic says why.
struct SpecDocument: Sendable {
    var listen = Listen()
    var admin: Spanned<ResolvedSpec.Address>?
    var timeouts = Timeouts()
    var retry = Retry()
    var breaker = Breaker.inherited
    var sticky = Sticky.inherited
    var health = Health.inherited
    /// Nil where the spec does not say.
    var discovery: Discovery?
    var endpoints: [Endpoint] = []
    var pools: [Pool] = []
    var models: [ModelRule] = []
    var keys: [Key] = []
    /// Nil where the spec does not say.
    var anonymous: Spanned<Anonymous>?
    var clientFallback = false
    var includes: [Include] = []
    var skip = Skip()
    /// Whether every file could be read, so that a name which is nowhere is a mistake.
    var isWhole = true
    /// Nil where the spec does not say: everything.
    var stats: StatsFilter?
    var responseMetadata = ResponseMetadata.headers
    /// The whole mapping of the root file.
    var root: SourceSpan
    /// The keys of the root mapping that stand once in a spec, and where.
    var once: [String: SourceSpan] = [:]

    /// Further files.
    struct Include: Sendable {
        enum Kind: Sendable {
            /// Specs; nil may define what is usual.
            case specs(mayDefine: [String]?)
            case traefik(credential: ResolvedSpec.Credential, allowsLiterals: Bool)
        }

        var kind: Kind
        var glob: Spanned<FileGlob>
        /// What the names that they define must match; nil is anything.
        var names: [Matcher]?
        /// Whether finding no file is right.
        var mayBeEmpty: Bool
        var span: SourceSpan

        /// Whether keys can come from it, so that the spec has something to protect.
        var mayDefineKeys: Bool {
            if case .specs(let names?) = kind { names.contains("keys") } else { true }
        }
    }

    /// What is left out.
    struct Skip: Sendable {
        var files: [Matcher] = []
        var models: [Matcher] = []
    }

    struct Listen: Sendable {
        var address: Spanned<ResolvedSpec.Address>?
        var maxBodyBytes: UInt64?
        var maxHeadBytes: UInt32?
        var maxConnections: UInt32?
        var drain: Limit?
        var keyHeaders: [String]?
        var timeouts = ClientTimeouts()
        /// None without `cors`.
        var origins: [String] = []
        /// In order, none in another.
        var trustedProxies: [IPNetwork] = []
    }

    /// Nil is the default; milliseconds.
    struct ClientTimeouts: Sendable {
        var head: UInt32?
        var bodyStall: UInt32?
        var writeStall: UInt32?
        var keepAlive: UInt32?
    }

    /// A duration in milliseconds, or `none`.
    enum Limit: Sendable, Equatable {
        case none
        case milliseconds(UInt32)

        var milliseconds: UInt32? {
            if case .milliseconds(let count) = self { count } else { nil }
        }
    }

    /// Nil inherits.
    struct Timeouts: Sendable {
        var connect: Limit?
        var firstToken: Limit?
        var answer: Limit?
        var idle: Limit?
        var total: Limit?
    }

    /// Nil inherits.
    struct Retry: Sendable {
        var attempts: UInt16?
        /// Bits of `RetryCause`.
        var causes: UInt16?
        /// Milliseconds.
        var backoff: UInt32?
        /// In a thousand.
        var budget: UInt16?
    }

    enum Breaker: Sendable {
        /// Nothing was said.
        case inherited
        /// No endpoint is left alone.
        case off
        /// Nil inherits; milliseconds.
        case on(errors: UInt32?, within: UInt32?, tryAgain: UInt32?)
    }

    enum Sticky: Sendable {
        /// Nothing was said.
        case inherited
        /// No session is kept anywhere.
        case off
        /// Nil inherits.
        case on(by: [SessionName]?, whenDown: WhenDown?)
    }

    enum Health: Sendable {
        /// Nothing was said.
        case inherited
        /// Nobody is asked.
        case off(SourceSpan)
        case on(Probes)
    }

    /// Nil inherits; milliseconds.
    struct Probes: Sendable {
        var path: String?
        var interval: UInt32?
        var timeout: UInt32?
        var fall: UInt16?
        var rise: UInt16?
        var span: SourceSpan
    }

    enum Discovery: Sendable {
        /// Nobody is asked.
        case off
        /// Milliseconds; nil is the default.
        case on(interval: UInt32?, timeout: UInt32?)
    }

    struct Endpoint: Sendable {
        /// Nil for one that is known by its URL.
        var name: Spanned<String>?
        /// Nil where it could not be read.
        var url: Spanned<EndpointURL>?
        var credential: ResolvedSpec.Credential
        var headers: [ResolvedSpec.Header]
        var ca: Spanned<String>?
        var kind = ResolvedSpec.Kind.openai
        /// Gets no new requests.
        var drains = false
        var health = Health.inherited
        var span: SourceSpan
    }

    struct Pool: Sendable {
        var name: Spanned<String>?
        var models: [Matcher]
        /// Those that could be read.
        var members: [Member]
        /// Whether that is all of them, so that a check may speak of their number.
        var hasAllMembers: Bool
        var strategy = Strategy.roundRobin
        var timeouts: Timeouts
        var retry = Retry()
        var breaker = Breaker.inherited
        var sticky = Sticky.inherited
        var health = Health.inherited
        var span: SourceSpan
    }

    struct Member: Sendable {
        enum Target: Sendable {
            case name(Spanned<String>)
            /// An endpoint that is defined where it is used.
            case inline(Endpoint)
        }

        var target: Target
        var weight: Spanned<UInt32>?
        var tier: Spanned<UInt32>?
        /// Nil serves everything.
        var serves: Spanned<ResolvedSpec.Serving>?
        var sendAs: [(model: Spanned<String>, upstream: Spanned<String>)]
        var span: SourceSpan

        /// Whether it has what it needs.
        var isRead: Bool {
            switch target {
            case .name: true
            case .inline(let endpoint): endpoint.url != nil
            }
        }
    }

    struct ModelRule: Sendable {
        var matchers: [Matcher]
        /// Nil where it has a split.
        var pool: Spanned<String>?
        var split: [Share] = []
        /// Keys that it is for; nil is everybody.
        var audience: [Spanned<String>]?
        var then: [Spanned<String>] = []
        var fallback: [Spanned<String>] = []
        var sendAs: Spanned<ResolvedSpec.ModelRule.SendAs>?
        var listed: Bool
        var about: [ResolvedSpec.About]
        var span: SourceSpan

        /// Every pool that it names.
        var pools: [Spanned<String>] {
            [pool].compactMap { $0 } + split.map(\.pool) + then
        }
    }

    struct Share: Sendable {
        var pool: Spanned<String>
        var percent: UInt64
    }

    struct Key: Sendable {
        var name: Spanned<String>?
        var secrets: [ResolvedSpec.Secret]
        var models: [Matcher]?
        /// Where `models` was written.
        var modelsSpan: SourceSpan?
        var pin: Spanned<String>?
        var paths: [Matcher]?
        var expires: Int64?
        var admin: AdminRight
        var span: SourceSpan
    }

    enum Anonymous: Sendable {
        case deny
        case allow
        case some(models: [Matcher], listModels: Bool, readsStats: Bool)
    }
}
