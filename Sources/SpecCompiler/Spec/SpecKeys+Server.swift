/// Keys of the file itself and of the server: where it listens and what it assumes.
extension SpecKeys {
    static let server: [SpecKey] =
        file + listeners + timeouts(in: "defaults") + defaults + policies(in: "defaults")
        + discovery

    private static let file: [SpecKey] = [
        .built("version", "1", default: "1", "Version of the language"),
        .built("requires", "version", "Oldest routerc that understands this file"),
        .built("include", "list of mappings", default: "[]", "Further files, read at compile time"),
        .built(
            "include[].spec", "path with * in its parts",
            "Specs to include, relative to this file and inside its folder"),
        .built(
            "include[].traefik", "path with * in its parts",
            "Traefik files to include: each router is a pool and a key pinned to it"),
        .built(
            "include[].may_define", "list of keys of a spec",
            default: "[pools, models, keys, groups, endpoints, tests]",
            "What the included specs may define"),
        .planned("include[].group", "name of a group", "Group of the keys that they define"),
        .built(
            "include[].names", "list of matchers",
            "What the names that they define must match; any without"),
        .built(
            "include[].credential", "as endpoints[].credential", default: "none",
            "With traefik: what the router presents to their servers"),
        .built(
            "include[].literal_secrets", "allow",
            "With traefik: no warning for the keys that stand in their rules"),
        .built("include[].empty", "allow", "Finding no file is right"),
        .built("skip", "mapping", "What to leave out of included files and discovery"),
        .built(
            "skip.files", "list of matchers", default: "[]",
            "Names of files, without folders, that are not included"),
        .built(
            "skip.models", "list of matchers", default: "[]",
            "Ids that are never listed nor routed, except for pinned keys"),
    ]

    private static let listeners: [SpecKey] = [
        .built("listen", "mapping", "Where clients are served"),
        .built(
            "listen.address", "address", default: "127.0.0.1:8080",
            "host:port, [ipv6]:port or unix:/path; port 0 takes a free one"),
        .planned("listen.tls", "mapping", "Certificate for HTTPS"),
        .planned("listen.tls.certificate", "path", "PEM file of the chain"),
        .planned("listen.tls.private_key", "path", "PEM file of the private key"),
        .built(
            "listen.key_headers", "list of 1 to 8 header names",
            default: "[authorization, x-api-key, api-key]",
            "Headers in which a key is looked for, in this order"),
        .built("listen.cors", "mapping", "Answers for pages of other origins in browsers"),
        .built(
            "listen.cors.origins", "list of origins, or [\"*\"]",
            "Whose pages may read answers: scheme://host or scheme://host:port; needed in cors"),
        .built(
            "listen.trusted_proxies", "list of networks", default: "[]",
            "IP addresses and networks that may say in X-Forwarded-For whom they speak for"),
        .built(
            "listen.max_body", "size, 1KiB to 1GiB", default: "10MiB", "Largest body of a request"),
        .built(
            "listen.max_head", "size, 1KiB to 1MiB", default: "32KiB", "Largest head of a request"),
        .built(
            "listen.max_connections", "number, 1 to 1000000", default: "20000",
            "Most connections of clients at a time"),
        .built(
            "listen.drain", "duration, 0s to 7d, or none", default: "10m",
            "How long running answers may take to end at a stop; none waits for the last"),
        .built("listen.timeouts", "mapping", "How long clients may take, leaf by leaf"),
        .built(
            "listen.timeouts.head", "duration, 100ms to 5m", default: "10s",
            "From the first byte of a request, or the connection, to its complete head"),
        .built(
            "listen.timeouts.body_stall", "duration, 100ms to 1h", default: "30s",
            "Between two reads of a request's body"),
        .built(
            "listen.timeouts.write_stall", "duration, 100ms to 1h", default: "60s",
            "For a client to read on in its answer"),
        .built(
            "listen.timeouts.keep_alive", "duration, 1s to 1d", default: "75s",
            "For the next request on a connection"),

        .built("admin", "mapping", "Where the operator is served"),
        .built("admin.address", "address", "As listen.address; needed where admin is there"),

        .planned("surfaces", "mapping", "Which APIs are answered, and under which prefixes"),
        .planned("surfaces.openai", "list of paths", default: "[/v1]", "Prefixes for OpenAI"),
        .planned("surfaces.anthropic", "list of paths", "Prefixes for Anthropic"),
        .planned("surfaces.ollama", "list of paths", "Prefixes for Ollama"),
        .planned("surfaces.lmstudio", "list of paths", "Prefixes for LM Studio"),

        .built("defaults", "mapping", "What pools inherit, leaf by leaf"),
        .built("defaults.timeouts", "mapping", "Timeouts of pools that do not say otherwise"),
    ]

    private static let defaults: [SpecKey] = [
        .built("defaults.retry", "mapping", "Further attempts after a failure, leaf by leaf"),
        .built(
            "defaults.health", "mapping or none",
            "How endpoints are asked whether they are well; none asks nobody"),
        .built(
            "defaults.breaker", "mapping or none", "When an endpoint is left alone for a while"),
        .built(
            "defaults.discovery", "mapping or none",
            "How endpoints are asked for their models, for /v1/models; none asks nobody"),
        .built(
            "defaults.sticky", "mapping or none", default: "none",
            "What keeps a session at its endpoint, and on its side of a split"),
        .planned("defaults.queue", "mapping", "Waiting for an endpoint that has room"),
    ]

    private static let discovery: [SpecKey] = [
        .built(
            "defaults.discovery.interval", "duration, 1s to 1d", default: "1m",
            "From one question to the next"),
        .built(
            "defaults.discovery.timeout", "duration, 10ms to 1m", default: "2s",
            "For a whole answer"),
    ]

    /// The timeouts, which stand in several mappings.
    static func timeouts(in parent: String) -> [SpecKey] {
        let path = "\(parent).timeouts"
        // Only the outermost mapping has defaults of its own; the others inherit.
        let isOutermost = parent == "defaults"
        return [
            .built(
                "\(path).connect", "duration, 1ms to 5m", default: isOutermost ? "2s" : nil,
                "For a connection to stand"),
            .built(
                "\(path).first_token", "duration, 1ms to 1d, or none",
                default: isOutermost ? "2m" : nil,
                "From a streamed request to the first byte of its answer's body"),
            .built(
                "\(path).answer", "duration, 1ms to 1d, or none",
                default: isOutermost ? "10m" : nil,
                "From any other request to its answer"),
            .built(
                "\(path).idle", "duration, 1ms to 1d, or none", default: isOutermost ? "1m" : nil,
                "Between two bytes of an answer"),
            .built(
                "\(path).total", "duration, 1ms to 7d, or none",
                default: isOutermost ? "none" : nil,
                "Over all attempts and the queue"),
        ]
    }

    /// What stands in the policies that pools may have too.
    static func policies(in parent: String) -> [SpecKey] {
        // Only the outermost mapping has defaults of its own; the others inherit.
        let isOutermost = parent == "defaults"
        return [
            .built(
                "\(parent).retry.attempts", "number, 1 to 10", default: isOutermost ? "3" : nil,
                "Attempts in all, with the first"),
            .built(
                "\(parent).retry.when", "list of causes",
                default: isOutermost ? "[connect, reset, credential, 429, 502, 503, 504]" : nil,
                "After what to try again; timeout and 500 can be added"),
            .built(
                "\(parent).retry.backoff", "duration, 0s to 10s",
                default: isOutermost ? "50ms" : nil,
                "Before an endpoint is tried again that has failed; doubles each time"),
            .built(
                "\(parent).retry.budget", "percentage, 0% to 100%",
                default: isOutermost ? "20%" : nil,
                "Most further attempts, of the requests of a pool"),
            .built(
                "\(parent).breaker.errors", "number, 1 to 1000",
                default: isOutermost ? "5" : nil, "Failures in a row that open the breaker"),
            .built(
                "\(parent).breaker.within", "duration, 1s to 1h",
                default: isOutermost ? "30s" : nil, "The time in which they count"),
            .built(
                "\(parent).breaker.try_again", "duration, 100ms to 1h",
                default: isOutermost ? "10s" : nil,
                "Until one request may try the endpoint again"),
            .built(
                "\(parent).sticky.by", "list of header:NAME, body:prompt_cache_key, body:user, key",
                "The first of these that a request has names its session; by default"
                    + " [header:x-session-id, body:prompt_cache_key, body:user]"),
            .built(
                "\(parent).sticky.when_down", "move or refuse",
                "While its endpoint is down: another one takes the session (the default), or none"),
            .planned("\(parent).queue.max_waiting", "number", "Most requests that wait"),
            .planned("\(parent).queue.max_wait", "duration", "The longest that one waits"),
        ] + health(in: parent)
    }

    /// How endpoints are asked whether they are well; endpoints may say it too.
    static func health(in parent: String) -> [SpecKey] {
        let isOutermost = parent == "defaults"
        return [
            .built(
                "\(parent).health.path", "path",
                "What is asked; without it what the kind has, and nothing where it has none"),
            .built(
                "\(parent).health.interval", "duration, 100ms to 1h",
                default: isOutermost ? "10s" : nil, "From one probe to the next"),
            .built(
                "\(parent).health.timeout", "duration, 10ms to 1m",
                default: isOutermost ? "2s" : nil, "For a whole answer"),
            .built(
                "\(parent).health.fall", "number, 1 to 100", default: isOutermost ? "3" : nil,
                "Failures in a row until an endpoint is down"),
            .built(
                "\(parent).health.rise", "number, 1 to 100", default: isOutermost ? "2" : nil,
                "Successes in a row until it is up again"),
        ]
    }
}
