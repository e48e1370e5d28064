/// Keys of endpoints, pools and models: where requests go.
extension SpecKeys {
    static let traffic: [SpecKey] =
        endpoints + endpointPolicies(in: "endpoints[]") + pools + timeouts(in: "pools[]")
        + poolPolicies + policies(in: "pools[]") + members
        + endpointPolicies(in: "pools[].endpoints[]") + models

    private static let endpoints: [SpecKey] = [
        .built("endpoints", "list of mappings", "Servers with a name, used by pools"),
        .built("endpoints[].name", "name", "How pools refer to it; needed"),
        .built(
            "endpoints[].url", "URL",
            "http:// or https://host:port, with a path if it is not /v1, or unix:/path; needed"),
        .built(
            "endpoints[].kind", "openai, llamacpp, vllm, ollama, lmstudio or anthropic",
            default: "openai",
            "What server it is: where its list of models is, and its credential goes"),
        .built(
            "endpoints[].credential", "file:/path, env:NAME, client or none", default: "none",
            "What the router presents to it; read when a table is loaded"),
        .built(
            "endpoints[].headers", "mapping of header name to text or { from: reference }",
            default: "{}", "Headers set on every request to it"),
        .built(
            "endpoints[].ca", "absolute path",
            "With https: PEM file of authorities to trust in place of the system's"),
    ]

    /// What an endpoint may say of itself once it is built.
    private static func endpointPolicies(in parent: String) -> [SpecKey] {
        [
            .built(
                "\(parent).health", "mapping or none",
                "Probes of this endpoint, where they differ from those of its pools"),
            .planned("\(parent).keep_alive", "duration", "Asks for a token when idle that long"),
            .built(
                "\(parent).drain", "true or false", default: "false",
                "It gets no new requests; answers under way end"),
            .planned("\(parent).limits", "list of limits", "What it may be asked for"),
            .planned("\(parent).price", "mapping", "Prices for a million tokens"),
            .planned("\(parent).price.input", "number", "Of the prompt"),
            .planned("\(parent).price.output", "number", "Of the answer"),
            .planned("\(parent).price.cached_input", "number", "Of a prompt seen before"),
        ] + health(in: parent)
    }

    private static let pools: [SpecKey] = [
        .built("pools", "list of mappings", "Endpoints that serve the same models; needed"),
        .built("pools[].name", "name", "How models and keys refer to it; needed"),
        .built(
            "pools[].models", "list of matchers", default: "[]",
            "Short form of rules in models, after those"),
        .built(
            "pools[].strategy", "round_robin, least_busy or adaptive", default: "round_robin",
            "How an endpoint of a tier is chosen"),
        .built("pools[].endpoints", "list of names, URLs and mappings", "Its members; needed"),
        .built("pools[].timeouts", "mapping", "Timeouts that differ from the defaults"),
    ]

    private static let poolPolicies: [SpecKey] = [
        .built("pools[].retry", "mapping", "Retries that differ from the defaults"),
        .built(
            "pools[].health", "mapping or none",
            "Probes of its endpoints, where they differ from the defaults"),
        .built("pools[].breaker", "mapping or none", "A breaker that differs from the defaults"),
        .planned("pools[].discovery", "mapping", "How models of endpoints are found"),
        .planned("pools[].discovery.interval", "duration", "Time between two questions"),
        .planned("pools[].discovery.timeout", "duration", "For an answer to one"),
        .built("pools[].sticky", "mapping or none", "Sessions that differ from the defaults"),
        .planned("pools[].queue", "mapping", "Waiting for an endpoint that has room"),
    ]

    private static let members: [SpecKey] = [
        .built("pools[].endpoints[].use", "name of an endpoint", "Which one of endpoints"),
        .built("pools[].endpoints[].url", "URL", "An endpoint that stands here only"),
        .built("pools[].endpoints[].name", "name", "Its name, if others refer to it"),
        .built(
            "pools[].endpoints[].credential", "as endpoints[].credential", default: "none",
            "With name and url: what the router presents to it"),
        .built(
            "pools[].endpoints[].headers", "as endpoints[].headers", default: "{}",
            "With name and url: headers set on every request to it"),
        .built(
            "pools[].endpoints[].ca", "as endpoints[].ca",
            "With name and url: authorities to trust"),
        .built(
            "pools[].endpoints[].kind", "as endpoints[].kind", default: "openai",
            "With name and url: what server it is"),
        .built(
            "pools[].endpoints[].weight", "number, 0 to 1000", default: "1",
            "Its share of the pool; 0 gets nothing"),
        .built(
            "pools[].endpoints[].send_as", "mapping of model id to model id", default: "{}",
            "What the endpoint calls a model"),
        .built(
            "pools[].endpoints[].tier", "number, 1 to 100", default: "1",
            "Those of the lowest tier with an endpoint that can be tried get the requests"),
        .built(
            "pools[].endpoints[].models", "list of matchers, or discovered",
            "What it serves of what the pool is asked for; everything without"),
        .planned("pools[].endpoints[].timeouts", "mapping", "Timeouts of this member"),
        .planned("pools[].endpoints[].retry", "mapping", "Attempts at this member"),
        .planned("pools[].endpoints[].breaker", "mapping", "When it is left alone"),
    ]

    private static let models: [SpecKey] = [
        .built(
            "models", "list of mappings", default: "[]",
            "Rules: exact names first, then patterns in this order, then *"),
        .built("models[].match", "matcher or list of matchers", "Which models it is for; needed"),
        .built(
            "models[].for", "list of names of keys",
            "For whom it is, ahead of rules for everybody; all without"),
        .built("models[].pool", "name of a pool", "Where their requests go; this or split"),
        .built(
            "models[].split", "mapping of pool to percentage",
            "Several pools, whose shares are 100 in all"),
        .built(
            "models[].send_as", "model id, or * for what the star matched",
            "The id that goes upstream"),
        .built(
            "models[].then", "list of pools, at most 8", default: "[]",
            "Tried next for the same model, where nobody takes the request"),
        .built(
            "models[].fallback", "list of models, at most 8", default: "[]",
            "Tried after that, those that the key may use"),
        .built(
            "models[].listed", "true or false", default: "true",
            "Whether its models are shown in /v1/models"),
        .built("models[].about", "mapping", "What /v1/models says of it besides its id"),
        .built("models[].about.context", "number, 1 to 1000000000", "Tokens of its context"),
        .built("models[].about.description", "text", "A line for people"),
        .built("models[].about.tools", "true or false", "Whether it calls tools"),
        .planned("models[].system", "mapping", "A prompt put before the client's"),
        .planned("models[].set", "mapping", "Members set in requests"),
        .planned("models[].remove", "list of names", "Members removed from requests"),
        .planned("models[].max_tokens", "number", "A ceiling for what clients ask"),
        .built(
            "client_fallback", "true or false", default: "false",
            "Whether a client may ask for a list of models to try, as a|b|c"),
        .built(
            "response_metadata", "headers, body or none", default: "headers",
            "Where answers say which way they came"),
    ]
}
