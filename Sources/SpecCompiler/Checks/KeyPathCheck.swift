internal import TableFormat

/// R336: a path at which routerc serves nothing allows nothing.
///
/// A pinned key takes any path to its pool, so of one nothing is said.
enum KeyPathCheck {
    /// What the router serves without a pin, as the server has it; a test compares the two.
    static let served =
        [
            "/health", "/ready", "/stats", "/v1/models",
        ]
        + [
            "audio/speech", "audio/transcriptions", "audio/translations", "chat/completions",
            "classify", "completions", "detokenize", "embeddings", "images/edits",
            "images/generations", "images/variations", "infill", "messages",
            "messages/count_tokens", "moderations", "pooling", "rerank", "reranking", "responses",
            "score", "tokenize",
        ].map { "/v1/" + $0 }

    /// What the admin address serves, for keys that may use it.
    private static let administered = ["/status", "/metrics", "/stats", "/-/reload"]

    private static let globs = (served + ["/v1/models/*"]).map { Array($0.utf8) }
    private static let administeredGlobs = administered.map { Array($0.utf8) }

    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var errors: Mentions?
        for key in input.document.keys where key.pin == nil {
            guard let paths = key.paths else { continue }
            let known = key.admin == .none ? globs : globs + administeredGlobs
            for path in paths where !isServed(path.kind, known) {
                let mentions = errors ?? Mentions(input, findings)
                errors = mentions
                // A key that could not be read as a whole may be pinned.
                if mentions.hasError(in: key.span) { break }
                findings.add(.unservedPath(path, meant: meant(path.kind)))
            }
        }
    }

    private static func isServed(_ kind: Matcher.Kind, _ known: [[UInt8]]) -> Bool {
        switch kind {
        // The list stands without the slash, and a model has a name.
        case .exact("/v1/models/"): return false
        case .exact(let text), .glob(let text):
            let path = Array(text.utf8)
            return known.contains { GlobText.meet(path, $0) }
        case .pattern: return true
        }
    }

    /// The path that somebody probably wanted.
    private static func meant(_ kind: Matcher.Kind) -> String? {
        guard case .exact(let path) = kind else { return nil }
        let bare = path.hasSuffix("/") ? String(path.dropLast()) : path
        if served.contains(bare) { return bare }
        if served.contains("/v1" + bare) { return "/v1" + bare }
        let below = served.filter { $0.hasPrefix(bare + "/") }
        if below.count == 1 { return below[0] }
        return NearestName.nearest(to: path, among: served)
    }
}

extension Diagnostic {
    fileprivate static func unservedPath(_ path: Matcher, meant: String?) -> Diagnostic {
        let text =
            switch path.kind {
            case .exact(let text), .glob(let text), .pattern(let text): text
            }
        var diagnostic = Diagnostic(
            .unservedPath, "routerc serves nothing at \(quoted(text))",
            at: Label(path.place, "allows nothing"),
            help: "a path of the API such as /v1/chat/completions; with pin: a key may ask its "
                + "pool for any path")
        if let meant {
            diagnostic.help = "did you mean '\(meant)'?"
            diagnostic.fixIts = [FixIt(path.place, meant, .maybeIncorrect)]
        }
        return diagnostic
    }
}
