internal import TableFormat

/// `listen.cors`: whose pages may read answers.
extension SpecDecoder {
    /// The origins of the list, as browsers write them, in no order; none without `cors`.
    mutating func cors(_ node: Int?) -> [String] {
        guard let node, let fields = fields(of: node, as: SpecShapes.cors, "listen.cors"),
            let list = fields.required("origins", of: "listen.cors", &findings)
        else {
            return []
        }
        let origins = each(list, "listen.cors.origins") { $0.origin($1) }
        if tree.kind(list) == .sequence, tree.children(of: list).isEmpty {
            findings.add(.noOrigins(at: tree.span(list)))
        }
        var known: [String: SourceSpan] = [:]
        for origin in origins {
            if let earlier = known[origin.value] {
                findings.add(.repeatedOrigin(origin, earlier: earlier))
            } else {
                known[origin.value] = origin.span
            }
        }
        if known.count > 1, let star = known["*"] {
            findings.add(.starAmongOrigins(at: star))
        }
        return Array(known.keys)
    }

    private mutating func origin(_ node: Int) -> Spanned<String>? {
        // What YAML calls nothing is an origin that browsers send, and meant as such here.
        if tree.kind(node) == .scalar, tree.text(node).lowercased() == "null" {
            findings.add(.badOrigin(.null, Spanned("null", at: tree.span(node))))
            return nil
        }
        guard let text = text(node, "an origin") else { return nil }
        switch OriginText.origin(text.value) {
        case .success(let origin): return Spanned(origin, at: text.span)
        case .failure(let fault):
            findings.add(.badOrigin(fault, text))
            return nil
        }
    }
}

/// What makes a text an origin (RFC 6454, section 6.2; as the URL standard serializes it).
enum OriginText {
    enum Fault: Error, Equatable {
        /// `null`, which sandboxed pages and files have in common.
        case null
        /// A page from a file has the origin `null`.
        case file
        case scheme
        /// A pattern of names.
        case wildcard
        case user
        case query
        case host
        /// Goes on behind the host and port; the origin that ends there.
        case path(String)
    }

    /// The origin as a browser writes it: in lower case, without the port that its scheme has.
    static func origin(_ text: String) -> Result<String, Fault> {
        if text == "*" { return .success(text) }
        if text.lowercased() == "null" { return .failure(.null) }
        guard let range = text.firstRange(of: "://"), isScheme(text[..<range.lowerBound]) else {
            return .failure(text.contains("*") ? .wildcard : .scheme)
        }
        let scheme = text[..<range.lowerBound].lowercased()
        if scheme == "file" { return .failure(.file) }
        let rest = text[range.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        if authority.contains("@") { return .failure(.user) }
        if authority.contains("*") { return .failure(.wildcard) }
        guard let (host, port) = HostText.split(authority), port != 0 else {
            return .failure(.host)
        }
        let origin = scheme + "://" + shown(host) + shown(port, scheme)
        let tail = rest.dropFirst(authority.count)
        if tail.isEmpty { return .success(origin) }
        return .failure(tail.first == "/" ? .path(origin) : .query)
    }

    /// The host as browsers write it: an address of IPv6 in its shortest form.
    private static func shown(_ host: String) -> String {
        guard host.contains(":") else { return host }
        let bytes = Array(host.utf8)
        guard let address = IPAddress(bytes.rawSpan) else { return "[\(host)]" }
        return "[\(address.groupText)]"
    }

    private static func shown(_ port: UInt16?, _ scheme: String) -> String {
        guard let port else { return "" }
        let usual: UInt16? = scheme == "http" ? 80 : scheme == "https" ? 443 : nil
        return port == usual ? "" : ":\(port)"
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    /// The origin that was probably meant by a text without a scheme.
    static func meant(by text: String) -> String? {
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains { text.hasPrefix($0) }
        guard text.first != "/", !text.contains("://") else { return nil }
        switch origin((isLocal ? "http://" : "https://") + text) {
        case .success(let origin): return origin
        case .failure(.path(let origin)): return origin
        case .failure: return nil
        }
    }
}

extension Diagnostic {
    fileprivate static func noOrigins(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "listen.cors.origins names at least one origin",
            at: Label(span, "no page could read an answer"),
            help: "write origins, or delete listen.cors: without it nothing is said to browsers")
    }

    fileprivate static func repeatedOrigin(
        _ origin: Spanned<String>, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .repeatedEntry, "\(quoted(origin.value)) is listed already",
            at: Label(origin.span, "the second"), also: [Label(earlier, "the first")],
            help: "delete one of them")
    }

    fileprivate static func starAmongOrigins(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badOrigin, "'*' is every origin, so it stands alone in listen.cors.origins",
            at: Label(span, "what stands beside it means nothing"),
            help: "write [\"*\"] to let pages of all sites read answers, or delete the '*'")
    }

    /// The text as a whole is not quoted where it may hold a password.
    fileprivate static func badOrigin(
        _ fault: OriginText.Fault, _ text: Spanned<String>
    ) -> Diagnostic {
        var fix: String?
        var notes: [String] = []
        let (rule, help): (String, String)
        switch fault {
        case .null:
            rule = "'null' is no origin that can be listed"
            notes = ["sandboxed frames and local files of anybody have it, so it names no one"]
            help = "serve the page over http, or write [\"*\"] to let everybody read answers"
        case .file:
            rule = "a page from a file has no origin of its own"
            notes = ["browsers send 'null' for it, as for every other file"]
            help = "serve the page over http, from http://localhost:8000 say"
        case .scheme:
            rule = "an origin begins with a scheme and ://, and \(quoted(text.value)) does not"
            fix = OriginText.meant(by: text.value)
            help = fix.map { "did you mean \($0)?" } ?? "https://chat.example is an origin"
        case .wildcard:
            rule = "an origin has no '*' inside, and \(quoted(text.value)) has one"
            notes = ["origins are compared byte for byte; patterns let in more than they seem to"]
            help = "write each origin out, or [\"*\"] for all"
        case .user:
            rule = "an origin has no user or password"
            help = "delete what stands before the @; browsers do not send it"
        case .query:
            rule = "an origin ends with its host or port, without '?' and '#'"
            help = "delete what begins there"
        case .host:
            let rest = text.value.firstRange(of: "://").map { text.value[$0.upperBound...] }
            let found = HostText.fault((rest ?? text.value[...]).prefix { $0 != "/" }, least: 1)
            rule = "an origin \(found.rule)"
            help = found.help ?? "https://chat.example and http://localhost:3000 are origins"
        case .path(let origin):
            let authority = text.value.drop { $0 != ":" }.dropFirst(3)
            let isSlash = authority.drop { $0 != "/" } == "/"
            rule =
                "an origin has no path, and \(quoted(text.value)) "
                + (isSlash ? "ends with '/'" : "has one")
            fix = origin
            help = "write \(origin), as browsers send it"
        }
        return Diagnostic(
            .badOrigin, rule, at: Label(text.span), notes: notes, help: help,
            fixIts: fix.map { [FixIt(text.span, "\"\($0)\"", .maybeIncorrect)] } ?? [])
    }
}
