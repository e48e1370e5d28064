/// Keys of who may do what.
extension SpecKeys {
    static let access: [SpecKey] = [
        .planned("groups", "list of mappings", "Ceilings over the keys that are in them"),
        .planned("groups[].name", "name", "How keys refer to it"),
        .planned("groups[].models", "list of matchers", "What its keys may use"),
        .planned("groups[].pools", "list of pools", "Where its requests may go"),
        .planned("groups[].priority", "low, normal or high", "The most its keys may have"),
        .planned("groups[].limits", "list of limits", "Of all its keys together"),
        .planned("groups[].each_key", "mapping", "For keys that do not say otherwise"),
        .planned("groups[].each_key.limits", "list of limits", "Of each key"),
        .planned("groups[].each_key.priority", "low, normal or high", "Of each key"),

        .built("keys", "list of mappings", default: "[]", "Who may send requests"),
        .built("keys[].name", "name", "How logs and tests call it; needed"),
        .planned("keys[].group", "name of a group", "Whose ceiling it is under"),
        .built(
            "keys[].secret", "secret, or list of secrets while rotating",
            "sha256:HEX, file:/path or env:NAME; needed"),
        .built("keys[].secret.value", "secret", "A secret that ends before its key"),
        .built("keys[].secret.expires", "date or time", "The last day this secret works, UTC"),
        .built("keys[].models", "list of matchers", "What it may use; all without"),
        .built(
            "keys[].pin", "name of a pool", "Every path and method of the key goes there"),
        .built("keys[].paths", "list of paths and globs", "What it may ask for; all without"),
        .built(
            "keys[].expires", "date or time",
            "The last day it works, UTC, or the second it ends"),
        .planned("keys[].priority", "low, normal or high", default: "normal", "In queues"),
        .planned("keys[].limits", "list of limits", "What it may be asked for"),
        .built(
            "keys[].admin", "true, read or false", default: "false",
            "What it may do at an admin address beyond this machine: all, only read, or nothing"),
        .planned("limits[].requests", "count", "Requests"),
        .planned("limits[].tokens", "count", "Tokens, in and out"),
        .planned("limits[].cost", "number", "Money"),
        .planned("limits[].concurrent", "number", "Requests at a time"),
        .planned("limits[].per", "duration, day or month", "The time they count in"),
        .planned("limits[].pools", "list of pools", "Where they count"),
        .planned("limits[].shared", "true or false", "Whether all routers count together"),

        .built(
            "anonymous", "deny, allow or mapping", default: "deny",
            "Requests without a key; without keys and credentials the default lets all in"),
        .built("anonymous.models", "list of matchers", default: "[]", "What they may use"),
        .built(
            "anonymous.list_models", "true or false", default: "false",
            "Whether they see /v1/models: what `models` names, or without it everything"),
        .built("anonymous.stats", "true or false", default: "false", "Whether they see /stats"),
        .planned("anonymous.limits", "list of limits", "Of all of them together"),
    ]
}
