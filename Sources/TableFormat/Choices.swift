/// An enumeration that is stored as 16 bits; the validator refuses values without a case.
public protocol TableChoice: TableValue, RawRepresentable, CaseIterable
where RawValue == UInt16, Raw == UInt16 {
    /// The value a reader falls back to, which allows the least; never seen after validation.
    ///
    /// Said by each type: to take the first of `allCases` costs 6 instructions of `identify`'s 147.
    static var fallback: Self { get }
}

extension TableChoice {
    /// From the stored integer.
    @inlinable
    public init(raw: UInt16) {
        self = Self(rawValue: raw) ?? .fallback
    }

    /// The stored integer.
    @inlinable public var raw: UInt16 { rawValue }
}

/// How an address is written.
public enum AddressKind: UInt16, TableChoice {
    case none = 0
    case tcp = 1
    case unix = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: AddressKind { .none }
}

/// Where answers say which way they came.
public enum ResponseMetadata: UInt16, TableChoice {
    /// In their heads.
    case headers = 0
    /// In the object that they are, where they are one and no stream; else in their heads.
    case body = 1
    /// Nowhere.
    case none = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: ResponseMetadata { .none }

    /// As a spec says it.
    public var name: String {
        switch self {
        case .headers: "headers"
        case .body: "body"
        case .none: "none"
        }
    }
}

/// What a request without a key may do.
public enum AnonymousMode: UInt16, TableChoice {
    /// Nothing.
    case deny = 0
    /// What `anonymousScope` and the flags say; an unknown key is refused.
    case scope = 1
    /// Everything, and presented keys are not looked at.
    case open = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: AnonymousMode { .deny }
}

/// Where a value comes from.
public enum ValueSource: UInt16, TableChoice {
    /// From the table itself.
    case literal = 1
    /// From a file, read when the table is loaded.
    case file = 2
    /// From the environment of the process.
    case environment = 3
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: ValueSource { .literal }
}

/// How a scope holds the models known by name.
public enum ScopeKind: UInt16, TableChoice {
    /// All models, known or not.
    case all = 1
    case list = 2
    case bitSet = 3
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: ScopeKind { .list }
}

/// How a matcher matches (rule 2 of the language).
public enum MatcherKind: UInt16, TableChoice {
    case exact = 1
    case glob = 2
    case pattern = 3
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: MatcherKind { .exact }
}

/// What a rule puts in the place of the client's model id.
public enum SendAsKind: UInt16, TableChoice {
    case unchanged = 0
    case constant = 1
    case star = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: SendAsKind { .unchanged }
}

/// How an endpoint is chosen in a pool.
public enum Strategy: UInt16, TableChoice {
    /// Turn by turn.
    case roundRobin = 1
    /// The one of two with the fewest requests in flight.
    case leastBusy = 2
    /// The one of two that has lately answered soonest for what it has in flight.
    case adaptive = 3
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: Strategy { .roundRobin }

    /// As a spec says it.
    public var name: String {
        switch self {
        case .roundRobin: "round_robin"
        case .leastBusy: "least_busy"
        case .adaptive: "adaptive"
        }
    }
}

/// What becomes of a session whose endpoint cannot be tried.
public enum WhenDown: UInt16, TableChoice {
    /// Another endpoint takes it for so long.
    case move = 1
    /// It waits for its own.
    case refuse = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: WhenDown { .move }
}

/// What names a session.
public enum SessionSource: UInt16, TableChoice {
    /// The value of a header.
    case header = 1
    /// The member `user` of a JSON body.
    case user = 2
    /// The member `prompt_cache_key` of a JSON body.
    case promptCacheKey = 3
    /// The caller's key, by its name.
    case key = 4
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: SessionSource { .key }
}

/// What server an endpoint is: where its list of models is, and where its credential goes.
public enum EndpointKind: UInt16, TableChoice {
    case openai = 0
    case llamacpp = 1
    case vllm = 2
    case ollama = 3
    case lmstudio = 4
    case anthropic = 5
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: EndpointKind { .openai }
}

/// What credential an endpoint gets.
public enum CredentialKind: UInt16, TableChoice {
    case none = 0
    /// The caller's own.
    case client = 1
    case file = 2
    case environment = 3
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: CredentialKind { .none }
}

/// What a key may do at the admin address.
public enum AdminRight: UInt16, TableChoice {
    case none = 0
    /// Read what is there.
    case read = 1
    /// Read, and change.
    case all = 2
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: AdminRight { .none }
}

/// Which version of IP an address is of.
public enum AddressFamily: UInt16, TableChoice {
    case v4 = 4
    case v6 = 6
    /// What a reader takes a number without a case for; never seen after validation.
    @inlinable public static var fallback: AddressFamily { .v6 }
}
