/// Keys of parts whose versions are still to come.
extension SpecKeys {
    static let later: [SpecKey] = [
        .planned("shared_state", "mapping", "Counters that several routers share"),
        .planned("shared_state.url", "reference", "Where they are kept"),
        .planned("shared_state.when_gone", "local or refuse", "When it cannot be reached"),
        .built("stats", "mapping", "What /stats shows; everything without"),
        .built(
            "stats.enabled_sections", "list of sections", "Which sections; [] shows nothing"),
        .built("stats.enabled_fields", "mapping of section to fields", "Which of their fields"),
        .built("stats.enabled_fields.*", "list of fields", "Which fields of this section"),

        .planned("tests", "list of mappings", "Requests and what becomes of them"),
        .planned("tests[].name", "text", "What it shows"),
        .planned("tests[].given", "mapping", "The state of things"),
        .planned("tests[].given.down", "list of endpoints", "Endpoints that are down"),
        .planned("tests[].given.full", "list of endpoints", "Endpoints that have no room"),
        .planned("tests[].given.spent", "list of endpoints", "Endpoints that may do no more"),
        .planned("tests[].given.serves", "mapping of endpoint to models", "What was discovered"),
        .planned("tests[].given.at", "time", "When it is"),
        .planned("tests[].request", "mapping", "What is asked"),
        .planned("tests[].request.key", "name of a key, or unknown", "By whom"),
        .planned("tests[].request.model", "model id", "For what"),
        .planned("tests[].request.method", "method", "POST without"),
        .planned("tests[].request.path", "path", "Where"),
        .planned("tests[].request.body", "mapping", "Members of the body"),
        .planned("tests[].request.each", "mapping", "Many requests that differ"),
        .planned("tests[].expect", "mapping", "What becomes of it"),
        .planned("tests[].expect.pool", "name or list of names", "Which pool"),
        .planned("tests[].expect.endpoint", "name or list of names", "Which endpoint"),
        .planned("tests[].expect.url", "URL", "What is asked there"),
        .planned("tests[].expect.status", "number", "The status of a refusal"),
        .planned("tests[].expect.code", "text", "The code of a refusal"),
        .planned("tests[].expect.send_as", "model id", "The id that goes upstream"),
        .planned("tests[].expect.served_by", "router", "Answered here"),
        .planned("tests[].expect.queued", "name of a pool", "Where it waits"),
        .planned("tests[].expect.share", "mapping", "How many of many"),

        .planned("launch", "list of mappings", "Servers that the router starts and stops"),
        .planned("prompts", "mapping", "Prompt files kept in the table"),
        .planned("tasks", "list of mappings", "Endpoints of your own made of prompts"),
    ]
}
