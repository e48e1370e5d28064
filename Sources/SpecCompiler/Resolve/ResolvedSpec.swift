package import TableFormat

/// What the spec means: every name refers to something, every value has its type and unit.
///
/// Arrays keep the order of the spec; an index into one of them is the identity of its element
/// until the planner gives records their final order.
package struct ResolvedSpec: Sendable {
    package var listen: Listen
    /// Where the admin interface listens; nil where the spec has none.
    package var admin: Address?
    package var anonymous: Anonymous
    package var endpoints: [Endpoint]
    package var pools: [Pool]
    /// In order of precedence among equals: those of `models`, then the short forms of the pools.
    package var rules: [ModelRule]
    /// Those for some keys only, in the order of the spec; they come ahead of the others.
    package var ownRules: [ModelRule] = []
    package var keys: [Key]
    /// Ids that are never listed nor routed.
    package var skipped: [Matcher]
    /// What `/stats` shows; nil is everything.
    package var stats: StatsFilter?
    /// Nil where no endpoint is asked for its models.
    package var discovery: Discovery?
    /// Whether a client may ask for a list of models.
    package var clientFallback = false

    /// Every rule, whomever it is for.
    package var allRules: [ModelRule] { rules + ownRules }
    /// Where answers say which way they came.
    package var responseMetadata: ResponseMetadata

    package enum Address: Sendable, Hashable {
        /// An IP address or host name (IPv6 without its brackets) and a port.
        case tcp(host: String, port: UInt16)
        /// The absolute path of a unix domain socket.
        case unix(path: String)
    }

    package struct Listen: Sendable {
        package var address: Address
        package var maxBodyBytes: UInt64
        package var maxHeadBytes: UInt32
        package var maxConnections: UInt32
        /// How long a drain waits for streams; nil waits for the last.
        package var drainMilliseconds: UInt32?
        /// Lowercase header names in which a key is looked for, in this order.
        package var keyHeaders: [String]
        package var timeouts: ClientTimeouts
        /// Whose pages may read answers, in the order of bytes; none without `cors`.
        package var origins: [String] = []
        /// Who may say whom it speaks for; in order, none in another.
        package var trustedProxies: [IPNetwork] = []
    }

    /// How long clients may take, in milliseconds.
    package struct ClientTimeouts: Sendable, Hashable {
        /// From the first byte of a request, or from accept for the first, to its complete head.
        package var head: UInt32
        /// Between two reads of a request's body.
        package var bodyStall: UInt32
        /// How long a client may leave an answer unread.
        package var writeStall: UInt32
        /// How long a connection may wait for its next request.
        package var keepAlive: UInt32
    }

    package enum Anonymous: Sendable {
        /// No key, no entry; an unknown key is 401.
        case deny
        /// Requests without a key may do everything; an unknown key is still 401.
        case allow
        /// What is not named is no.
        case some(models: [Matcher], listModels: Bool, readsStats: Bool)
        /// Rule 9: nothing to protect, so presented keys are not looked at.
        case open
    }

    package struct Endpoint: Sendable {
        /// Its name, or the text of its URL where it has none.
        package var name: String
        package var url: EndpointURL
        package var credential: Credential
        package var headers: [Header]
        /// Absolute path of the authorities to trust behind TLS; nil trusts those of the system.
        package var ca: String?
        package var kind: Kind
        /// Gets no new requests.
        package var drains: Bool
        package var place: SourceSpan
        /// Where its URL stands.
        package var urlPlace: SourceSpan
        /// Nil where it is not asked whether it is well.
        package var health: Health?
    }

    /// How an endpoint is asked whether it is well, in milliseconds.
    package struct Health: Sendable, Hashable {
        package var path: String
        /// From one probe to the next.
        package var interval: UInt32
        /// For a whole answer.
        package var timeout: UInt32
        /// Failures in a row until it is down.
        package var fall: UInt16
        /// Successes in a row until it is up again.
        package var rise: UInt16
    }

    /// What server an endpoint is.
    package enum Kind: String, Sendable, CaseIterable {
        /// Anything compatible.
        case openai
        case llamacpp
        case vllm
        case ollama
        case lmstudio
        case anthropic
    }

    /// How endpoints are asked for their models, in milliseconds.
    package struct Discovery: Sendable {
        /// From one question to the next.
        package var interval: UInt32
        /// For a whole answer.
        package var timeout: UInt32
    }

    package enum Credential: Sendable, Hashable {
        case none
        /// The caller's own credentials go upstream as they came.
        case client
        /// An absolute path, read when a table is loaded.
        case file(String)
        /// An environment variable of the serving process, read once.
        case env(String)
    }

    /// A header that the router sets on every request to an endpoint.
    package struct Header: Sendable {
        /// Lowercase.
        package var name: String
        package var value: Value
        package var place: SourceSpan

        package enum Value: Sendable, Hashable {
            case literal(String)
            case file(String)
            case env(String)
        }
    }

    package struct Pool: Sendable {
        package var name: String
        package var members: [Member]
        package var strategy: Strategy
        package var timeouts: Timeouts
        package var retry: Retry
        /// Nil leaves no endpoint alone.
        package var breaker: Breaker?
        /// Nil keeps no session anywhere.
        package var sticky: Sticky?
        package var place: SourceSpan
    }

    /// An endpoint's membership of a pool.
    ///
    /// One endpoint is at most once in a pool.
    package struct Member: Sendable {
        /// Index into `endpoints`.
        package var endpoint: Int
        /// 0...1000; 0 gets nothing.
        package var weight: UInt32
        /// 1...100; the lower is preferred.
        package var tier: UInt32
        /// Nil serves all that the pool is asked for.
        package var serves: Serving? = nil
        /// Model id of the client -> id that the endpoint knows; no id twice.
        package var sendAs: [(model: String, upstream: String)]
        package var place: SourceSpan
    }

    /// Which models an endpoint serves.
    package enum Serving: Sendable, Equatable {
        case listed([Matcher])
        /// Those that it names when it is asked.
        case discovered

        /// Whether both serve the same, wherever that was written.
        package static func == (left: Serving, right: Serving) -> Bool {
            switch (left, right) {
            case (.listed(let left), .listed(let right)): left.map(\.kind) == right.map(\.kind)
            case (.discovered, .discovered): true
            default: false
            }
        }
    }

    /// Milliseconds; nil is `none`.
    package struct Timeouts: Sendable, Hashable {
        package var connect: UInt32?
        package var firstToken: UInt32?
        package var answer: UInt32?
        package var idle: UInt32?
        package var total: UInt32?
    }

    /// When a request is tried again.
    package struct Retry: Sendable, Hashable {
        /// With the first.
        package var attempts: UInt16
        /// Bits of `RetryCause`.
        package var causes: UInt16
        /// Milliseconds.
        package var backoff: UInt32
        /// Further attempts for a thousand requests.
        package var budget: UInt16
    }

    /// When an endpoint is left alone for a while; milliseconds.
    package struct Breaker: Sendable, Hashable {
        /// In a row.
        package var errors: UInt32
        /// From the first of them to the last.
        package var within: UInt32
        package var tryAgain: UInt32
    }

    /// What keeps a session at its endpoint.
    package struct Sticky: Sendable, Hashable {
        /// The first of these that a request has.
        package var by: [SessionName]
        package var whenDown: WhenDown
    }

    /// One matcher of one rule: a rule with a list of matchers becomes several of these.
    package struct ModelRule: Sendable {
        package var matcher: Matcher
        package var target: Target
        /// Indices into `keys`; empty for everybody.
        package var audience: [Int] = []
        /// Indices into `pools`: tried next for the same model.
        package var then: [Int] = []
        /// Models that are tried after that.
        package var fallback: [Spanned<String>] = []
        package var sendAs: SendAs?
        /// Whether its models are shown in `/v1/models`: an exact name, or what endpoints name.
        package var listed: Bool
        package var about: [About]
        package var place: SourceSpan

        /// Where its requests go at first.
        package enum Target: Sendable {
            /// Index into `pools`.
            case pool(Int)
            /// The shares are 100 in all.
            case split([(pool: Int, percent: UInt64)])
        }

        /// Indices of every pool that it leads to.
        package var pools: [Int] {
            switch target {
            case .pool(let pool): [pool] + then
            case .split(let shares): shares.map(\.pool) + then
            }
        }

        package enum SendAs: Sendable, Hashable {
            case constant(String)
            /// `"*"`: what the only star of the matcher's glob matched.
            case star
        }
    }

    /// A member of a model's entry in `/v1/models`.
    package struct About: Sendable {
        package var name: String
        package var value: Value

        package enum Value: Sendable, Hashable {
            case text(String)
            case integer(Int64)
            case boolean(Bool)
        }
    }

    package struct Key: Sendable {
        package var name: String
        package var secrets: [Secret]
        /// Nil may use all models.
        package var models: [Matcher]?
        /// Index into `pools`: every path and method of this key goes there.
        package var pin: Int?
        /// Nil may use all paths; exact or glob.
        package var paths: [Matcher]?
        /// Unix seconds; the first second at which it works no more.
        package var expires: Int64?
        /// What it may do at the admin address.
        package var admin: AdminRight
        package var place: SourceSpan
    }

    package struct Secret: Sendable {
        package var value: Value
        /// Unix seconds, as in `Key.expires`; the earlier of the two counts.
        package var expires: Int64?
        package var place: SourceSpan

        package enum Value: Sendable, Hashable {
            /// SHA-256 of the key's bytes, 32 of them. A literal is hashed at once and forgotten.
            case digest([UInt8])
            case file(String)
            case env(String)
        }
    }
}

/// A matcher of the language (rule 2): the whole name, byte for byte, case-sensitive.
package struct Matcher: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Plain text, or `id:X`.
        case exact(String)
        /// With at least one `*`; adjacent stars are one.
        case glob(String)
        /// The source of a PCRE2 pattern, without `re:`.
        case pattern(String)
    }

    package var kind: Kind
    package var place: SourceSpan

    package init(_ kind: Kind, at place: SourceSpan) {
        self.kind = kind
        self.place = place
    }
}

/// The base URL of an endpoint, taken apart.
package struct EndpointURL: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable {
        case http
        case https
        case unix

        /// The port that a URL need not name; 0 where there is none.
        var port: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            case .unix: 0
            }
        }
    }

    package var scheme: Scheme
    /// Host name or IP address, IPv6 without brackets; empty for `unix`.
    package var host: String
    package var port: UInt16
    /// Absolute path of the socket for `unix`; otherwise empty.
    package var socketPath: String
    /// What stands in for `/v1` of the client's path, without trailing slash; empty keeps the
    /// client's path as it is.
    package var basePath: String
    /// The URL in its canonical form: scheme and host in lower case, default port left out.
    package var text: String
}
