/// What the author of an unknown key probably meant.
enum KeyAdvice: Equatable {
    /// A key of this mapping, misspelled.
    case misspelled(String)
    /// A key of this mapping that other tools call otherwise.
    case synonym(String)
    /// A key of the language that belongs into other mappings; its name and how to call these.
    case elsewhere(String, places: [String])
    /// A key of the language at this path that is not built yet.
    case planned(path: String)
    /// What to write instead, as a sentence.
    case hint(String)
    case none

    /// Judges `name`, which `shape` does not have.
    static func of(_ name: String, in shape: SpecObject) -> KeyAdvice {
        let parent = shape.keys.first?.parent ?? ""
        let built = shape.keys.filter(\.isBuilt).map(\.name)
        if let sign = strangeSign(in: name) { return .hint("it holds \(sign)") }
        if let hint = hint(name, parent) { return .hint(hint) }
        if let known = synonym(name, parent) { return known }
        if let near = NearestName.nearest(to: name, among: built, within: 1) {
            return .misspelled(near)
        }
        if let known = elsewhere(name, parent) { return known }
        let planned = shape.keys.filter { !$0.isBuilt }.map(\.name)
        if let near = NearestName.nearest(to: name, among: planned, within: 1) {
            return .misspelled(near)
        }
        return NearestName.nearest(to: name, among: built).map { .misspelled($0) } ?? .none
    }

    // MARK: - Words of other tools

    private static func hint(_ name: String, _ parent: String) -> String? {
        switch (parent, name.lowercased()) {
        case ("listen", "port"), ("listen", "host"), ("listen", "bind"),
            ("admin", "port"), ("admin", "host"), ("admin", "bind"):
            "host and port stand in \(parent).address: \"HOST:PORT\""
        case ("", "port"), ("", "host"), ("", "bind"), ("", "server"), ("", "address"):
            "host and port stand in listen: { address: \"HOST:PORT\" }"
        case ("listen", "cors_origins"), ("listen", "allow_origins"),
            ("listen", "allowed_origins"), ("", "cors"), ("", "allow_origins"):
            "origins stand in listen: { cors: { origins: [...] } }"
        case ("listen.cors", "allow_credentials"), ("listen.cors", "credentials"):
            "delete it: keys stand in fields that a page sets itself, so none are needed"
        case ("listen.cors", "methods"), ("listen.cors", "allow_methods"),
            ("listen.cors", "headers"), ("listen.cors", "allow_headers"),
            ("listen.cors", "expose_headers"), ("listen.cors", "max_age"):
            "delete it: a listed origin may use all methods and fields that reach the router"
        case ("endpoints[]", "port"), ("pools[].endpoints[]", "port"),
            ("endpoints[]", "host"), ("pools[].endpoints[]", "host"):
            "host and port stand in url: \"http://HOST:PORT\""
        case ("endpoints[]", "tls"), ("pools[].endpoints[]", "tls"),
            ("endpoints[]", "verify"), ("pools[].endpoints[]", "verify"),
            ("endpoints[]", "insecure"), ("pools[].endpoints[]", "insecure"):
            "https:// in the url turns TLS on and verifies; ca: names the authorities to trust"
        default: nil
        }
    }

    private static let caNames = [
        "ca_file", "cafile", "ca_cert", "cacert", "ca_certs", "ca_bundle", "tls_ca", "root_ca",
    ]

    /// For each mapping, what a key is called in other tools.
    private static let synonyms: [String: [(key: String, names: [String])]] = [
        "": [
            ("pools", ["upstreams", "backends", "clusters", "upstream", "backend"]),
            ("endpoints", ["servers", "nodes", "hosts", "targets"]),
            ("models", ["routes", "rules", "routing", "aliases", "model_list"]),
            ("keys", ["users", "clients", "tokens", "api_keys", "apikeys", "auth"]),
        ],
        "keys[]": [
            (
                "secret",
                ["api_key", "apikey", "api-key", "key", "token", "password", "hash", "sha256"]
            ),
            ("name", ["id", "user", "username", "alias", "key_alias"]),
            ("expires", ["expiry", "expiration", "valid_until", "not_after"]),
        ],
        "keys[].secret": [("value", ["secret", "key", "hash", "sha256"])],
        "endpoints[]": [
            ("url", ["urls", "base_url", "baseurl", "api_base", "address", "server", "uri"]),
            ("credential", ["api_key", "apikey", "api-key", "key", "token", "secret", "auth"]),
            ("name", ["id"]), ("ca", caNames), ("kind", ["type", "provider", "backend_type"]),
        ],
        "pools[]": [
            (
                "endpoints",
                ["url", "urls", "upstreams", "backends", "servers", "members", "nodes", "targets"]
            ),
            ("name", ["id"]), ("strategy", ["policy", "algorithm", "balance", "lb"]),
        ] + policies,
        "defaults": policies + [("timeouts", ["timeout"])],
        "defaults.retry": retries, "pools[].retry": retries,
        "defaults.breaker": breakers, "pools[].breaker": breakers,
        "defaults.health": probes, "pools[].health": probes, "endpoints[].health": probes,
        "pools[].endpoints[].health": probes,
        "pools[].endpoints[]": [
            ("url", ["urls", "base_url", "baseurl", "api_base", "address", "server", "uri"]),
            ("credential", ["api_key", "apikey", "api-key", "key", "token", "secret", "auth"]),
            ("use", ["endpoint", "ref"]), ("ca", caNames),
            ("kind", ["type", "provider", "backend_type"]),
        ],
        "listen": [
            ("trusted_proxies", ["trusted_proxy", "proxies", "real_ip_from", "forwarded_allow"])
        ],
        "listen.cors": [("origins", ["origin", "allowed", "allow_origins", "allowed_origins"])],
        "listen.timeouts": [
            ("head", ["header", "headers", "read_header", "request"]),
            ("body_stall", ["body", "read"]), ("write_stall", ["write", "send"]),
            ("keep_alive", ["keepalive", "idle"]),
        ],
        "models[]": [
            ("match", ["model", "models", "name", "model_name", "pattern", "id"]),
            (
                "pool",
                ["endpoint", "endpoints", "upstream", "backend", "target", "pools", "to", "route"]
            ),
            ("send_as", ["rewrite", "as", "rename", "alias"]),
            ("split", ["weights", "canary", "traffic", "weighted"]),
            ("then", ["next", "failover", "backup", "spill"]),
            ("fallback", ["fallbacks", "alternatives", "backups"]),
            ("for", ["keys", "groups", "users", "only"]),
        ],
    ]

    private static let policies: [(key: String, names: [String])] = [
        ("retry", ["retries", "num_retries", "max_retries", "attempts"]),
        (
            "breaker",
            ["circuit_breaker", "circuitbreaker", "outlier_detection", "ejection", "cooldown"]
        ),
        ("health", ["health_check", "healthcheck", "health_checks", "healthchecks", "probe"]),
        ("sticky", ["session_affinity", "affinity", "stickiness", "sticky_sessions", "session"]),
    ]
    private static let retries: [(key: String, names: [String])] = [
        ("attempts", ["max_attempts", "max_retries", "retries", "count", "max"]),
        ("when", ["on", "retry_on", "causes", "conditions"]),
        ("backoff", ["delay", "wait", "interval", "pause"]),
    ]
    private static let breakers: [(key: String, names: [String])] = [
        (
            "errors",
            ["threshold", "failures", "max_failures", "consecutive_errors", "allowed_fails"]
        ),
        ("within", ["window", "interval", "period"]),
        ("try_again", ["cooldown", "timeout", "reset", "sleep", "half_open", "ejection_time"]),
    ]
    private static let probes: [(key: String, names: [String])] = [
        ("fall", ["retries", "unhealthy_threshold", "failures", "threshold", "max_fails"]),
        ("rise", ["healthy_threshold", "successes"]),
        ("interval", ["period", "every"]), ("path", ["url", "uri", "endpoint"]),
    ]

    private static func synonym(_ name: String, _ parent: String) -> KeyAdvice? {
        let lower = name.lowercased()
        let known = synonyms[parent]?.first { $0.names.contains(lower) }
        return known.map { .synonym($0.key) }
    }

    // MARK: - Keys in the wrong place

    /// Where else the language has a key of this name.
    private static func elsewhere(_ name: String, _ parent: String) -> KeyAdvice? {
        let wanted =
            switch name {
            case "timeout": "timeouts"
            case "retries", "num_retries", "max_retries": "retry"
            default: name
            }
        // Nearly every mapping has a name; that says nothing of what was meant.
        guard !["name", "url", "key", "path", "value", "from"].contains(wanted) else { return nil }
        let all = SpecKeys.all.filter { $0.name == wanted && !$0.path.hasPrefix("tests[]") }
        let built = all.filter(\.isBuilt)
        if !built.isEmpty {
            return built.count > 3
                ? nil : .elsewhere(wanted, places: built.map { place($0.parent) })
        }
        let near = all.first { $0.parent.hasPrefix(parent) } ?? all.first
        return near.map { .planned(path: $0.path) }
    }

    /// What a mapping is called in messages.
    private static func place(_ parent: String) -> String {
        switch parent {
        case "": "the spec itself"
        case "endpoints[]": "an entry of the spec's endpoints"
        case "pools[]": "a pool"
        case "pools[].endpoints[]": "an entry of a pool's endpoints"
        case "models[]": "a model rule"
        case "keys[]": "a key"
        case "keys[].secret": "a secret"
        default: "'\(parent)'"
        }
    }
}
