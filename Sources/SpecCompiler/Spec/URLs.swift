/// Base URLs of endpoints (rule 5 of the language).
extension SpecDecoder {
    /// `http://host[:port][/path with a version]`, the same with `https`, or `unix:/path`.
    mutating func url(_ node: Int, _ what: String) -> Spanned<EndpointURL>? {
        guard let text = text(node, what) else { return nil }
        switch URLText.url(text.value) {
        case .success(let url):
            return Spanned(url, at: text.span)
        case .failure(.unversioned(let base, let path)):
            findings.add(.unversionedPath(text, base: base, path: path))
        case .failure(.malformed(let problem)):
            findings.add(.badURL(what, problem, text))
        }
        return nil
    }
}

/// What makes a text the URL of an endpoint.
enum URLText {
    enum Fault: Error, Equatable {
        /// A path without `v1` or the like: what stands before it, and the path.
        case unversioned(base: String, path: String)
        case malformed(Problem)
    }

    enum Problem: Equatable {
        case scheme
        case socket
        case user
        case query
        case fragment
        case host
        case path
        /// The path goes on behind the place where the API begins; the URL that ends there.
        case request(String)
    }

    /// Whether a text in a list of endpoints is meant as a URL rather than as a name.
    static func looksLikeURL(_ text: ArraySlice<UInt8>) -> Bool {
        if text.starts(with: "unix:".utf8) { return true }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return text[(colon + 1)...].starts(with: "//".utf8)
    }

    static func url(_ text: String) -> Result<EndpointURL, Fault> {
        if text.hasPrefix("unix:") {
            return socket(text.dropFirst(5))
        }
        guard let (scheme, rest) = scheme(of: text) else { return .failure(.malformed(.scheme)) }
        if rest.contains("#") { return .failure(.malformed(.fragment)) }
        if rest.contains("?") { return .failure(.malformed(.query)) }
        let authority = rest.prefix { $0 != "/" }
        if authority.contains("@") { return .failure(.malformed(.user)) }
        guard let (host, port) = HostText.split(authority), port != 0 else {
            return .failure(.malformed(.host))
        }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let shownPort = port.map { $0 == scheme.port ? "" : ":\($0)" } ?? ""
        let base = "\(scheme)://\(shownHost)\(shownPort)"
        guard let path = basePath(rest.dropFirst(authority.count)) else {
            return .failure(.malformed(.path))
        }
        if let whole = requestBase(path) {
            return .failure(.malformed(.request(base + whole)))
        }
        if !path.isEmpty, !hasVersion(path) {
            return .failure(.unversioned(base: base, path: path))
        }
        return .success(
            EndpointURL(
                scheme: scheme, host: host, port: port ?? scheme.port, socketPath: "",
                basePath: path, text: base + path))
    }

    private static func scheme(of text: String) -> (EndpointURL.Scheme, rest: Substring)? {
        guard let range = text.firstRange(of: "://") else { return nil }
        let rest = text[range.upperBound...]
        switch text[..<range.lowerBound].lowercased() {
        case "http": return (.http, rest)
        case "https": return (.https, rest)
        default: return nil
        }
    }

    private static func socket(_ path: Substring) -> Result<EndpointURL, Fault> {
        guard HostText.isSocketPath(path) else { return .failure(.malformed(.socket)) }
        return .success(
            EndpointURL(
                scheme: .unix, host: "", port: 0, socketPath: String(path), basePath: "",
                text: "unix:\(path)"))
    }

    /// The path without its trailing slash; nil where it is not plain.
    private static func basePath(_ path: Substring) -> String? {
        let trimmed = path.last == "/" ? path.dropLast() : path
        if trimmed.isEmpty { return "" }
        let segments = trimmed.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let arePlain = segments.allSatisfy { segment in
            !segment.isEmpty && segment != "." && segment != ".."
                && segment.utf8.allSatisfy(isPathByte)
        }
        return arePlain && trimmed.utf8.count <= 1024 ? String(trimmed) : nil
    }

    /// The paths that clients ask for, behind the version.
    private static let requests = [
        "/chat/completions", "/completions", "/models", "/embeddings", "/responses", "/messages",
        "/rerank", "/reranking", "/moderations", "/images/generations", "/images/edits",
        "/audio/transcriptions", "/audio/translations", "/audio/speech", "/files", "/batches",
        "/tokenize", "/infill", "/messages/count_tokens",
    ]

    /// What stands before the path of a request; nil where the path is none.
    private static func requestBase(_ path: String) -> String? {
        let known = requests.filter { path.hasSuffix($0) }.max { $0.utf8.count < $1.utf8.count }
        guard let known else { return nil }
        let whole = String(path.dropLast(known.count))
        return whole.isEmpty || hasVersion(whole) ? whole : nil
    }

    /// The URL that was probably meant by a text without a right scheme.
    static func meant(by text: String) -> String? {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "@") })
        else {
            return nil
        }
        let candidate: String
        if text.first == "/" {
            candidate = "unix:\(text)"
        } else {
            let name = text.prefix { isLetter($0.utf8.first ?? 0) }.lowercased()
            let isSecure = ["https", "htps", "htpps", "htttps", "hhtps"].contains(name)
            let isScheme = isSecure || ["http", "htp", "htpp", "htttp", "hhtp"].contains(name)
            let rest = isScheme ? text.dropFirst(name.count).drop { ":/".contains($0) } : text[...]
            candidate = "\(isSecure ? "https" : "http")://\(rest)"
        }
        guard case .success(let url) = url(candidate) else { return nil }
        return url.text
    }

    /// Whether a byte may stand in a segment without percent-encoding, as RFC 3986 has it.
    static func isPathByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=:@".utf8.contains(byte)
    }

    /// Whether a segment begins with `v` and a digit.
    private static func hasVersion(_ path: String) -> Bool {
        path.split(separator: "/").contains { segment in
            segment.first == "v" && segment.utf8.dropFirst().first.map(isDigit) == true
        }
    }
}

extension Diagnostic {
    fileprivate static func unversionedPath(
        _ text: Spanned<String>, base: String, path: String
    ) -> Diagnostic {
        Diagnostic(
            .unversionedPath,
            "the path of a URL names the version of the API, and \(quoted(path)) names none",
            at: Label(text.span, "could mean two things"),
            notes: [
                "in the place of /v1 it would ask for \(base)\(path)/chat/completions",
                "before /v1 it would ask for \(base)\(path)/v1/chat/completions",
            ],
            help: "for the second, write \(base)\(path)/v1; without a path the client's is kept",
            fixIts: [FixIt(text.span, "\"\(base)\(path)/v1\"", .maybeIncorrect)])
    }

    /// The text as a whole is not quoted: who writes user:pass@ wrote a secret.
    static func badURL(
        _ what: String, _ problem: URLText.Problem, _ text: Spanned<String>
    ) -> Diagnostic {
        var fix: String?
        let (rule, help): (String, String?)
        switch problem {
        case .scheme:
            fix = URLText.meant(by: text.value)
            rule = "begins with http://, https:// or unix:/"
            let sign = strangeSign(in: text.value).map { "it holds \($0)" }
            help = sign ?? fix.map { "did you mean \($0)?" } ?? "http://127.0.0.1:8000 is a URL"
        case .socket:
            rule = "with unix: goes on with the absolute path of a socket"
            help = "unix:/run/model.sock"
        case .user:
            (rule, help) =
                ("has no user or password", "credential: file:/path names the secret to present")
        case .query:
            (rule, help) = ("has no query", "headers: sets what every request needs")
        case .fragment:
            (rule, help) = ("has no fragment", "delete what begins with #")
        case .host:
            let rest = text.value.firstRange(of: "://").map { text.value[$0.upperBound...] }
            let fault = HostText.fault((rest ?? text.value[...]).prefix { $0 != "/" }, least: 1)
            (rule, help) = (fault.rule, fault.help)
        case .path:
            let sign = strangeSign(in: text.value).map { "it holds \($0)" }
            rule = "has a plain path"
            help = sign ?? "no empty, '.' or '..' segments, no % and no spaces"
        case .request(let base):
            fix = base
            rule = "ends where the API begins, and this ends with the path of a request"
            help = "write \(base); clients say the rest"
        }
        return Diagnostic(
            .badURL, "\(what) \(rule)", at: Label(text.span), help: help,
            fixIts: fix.map { [FixIt(text.span, "\"\($0)\"", .maybeIncorrect)] } ?? [])
    }
}
