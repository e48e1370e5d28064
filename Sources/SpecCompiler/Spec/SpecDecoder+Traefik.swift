/// What a file of Traefik's dynamic configuration says, as far as it is understood.
///
/// Source: https://doc.traefik.io/traefik/routing/providers/file/
struct TraefikFile {
    var routers: [Router] = []
    var services: [Service] = []

    struct Router {
        /// Nil where it cannot be the name of a pool.
        var name: Spanned<String>?
        var secrets: [ResolvedSpec.Secret]
        /// Nil where it could not be read.
        var service: Spanned<String>?
        var span: SourceSpan
    }

    struct Service {
        var name: Spanned<String>
        var servers: [Server]
        /// Whether that is all of them.
        var hasAllServers: Bool
        var span: SourceSpan
    }

    struct Server {
        var url: Spanned<EndpointURL>
        var weight: Spanned<UInt32>?
    }
}

/// Files of Traefik: routers with the key in their rule, and services with servers.
///
/// What would change where a request goes and is not understood is an error; `entryPoints`,
/// `priority` and `passHostHeader` change nothing here and are passed over.
extension SpecDecoder {
    /// What the file says; nil where it is no mapping.
    mutating func traefikFile(allowsLiterals: Bool) -> TraefikFile? {
        guard let root = tree.root else { return TraefikFile() }
        var file = TraefikFile()
        let entries = traefikEntries(root, "a Traefik file", read: ["http"])
        guard let http = entries["http"] else {
            // Where something else stands there, that was reported.
            if tree.kind(root) == .mapping, tree.entries(of: root).isEmpty {
                findings.add(.traefikNeeds("http", "a Traefik file", at: tree.span(root)))
            }
            return nil
        }
        let parts = traefikEntries(http, "'http' of a Traefik file", read: ["routers", "services"])
        for (key, value) in namedParts(parts["routers"], "routers") {
            if let router = router(key, value, allowsLiterals) { file.routers.append(router) }
        }
        for (key, value) in namedParts(parts["services"], "services") {
            if let service = service(key, value) { file.services.append(service) }
        }
        return file
    }

    private mutating func namedParts(_ node: Int?, _ what: String) -> [(key: Int, value: Int)] {
        guard let node else { return [] }
        guard tree.kind(node) == .mapping else {
            findings.add(.traefikShape("'\(what)' of a Traefik file", at: tree.span(node)))
            return []
        }
        return tree.entries(of: node)
    }

    private mutating func router(
        _ key: Int, _ node: Int, _ allowsLiterals: Bool
    ) -> TraefikFile.Router? {
        let entries = traefikEntries(
            node, "a Traefik router", read: ["rule", "service"],
            ignored: ["entryPoints", "priority", "ruleSyntax"])
        guard !entries.isEmpty else { return nil }
        for needed in ["rule", "service"] where entries[needed] == nil {
            findings.add(.traefikNeeds(needed, "a Traefik router", at: tree.span(key)))
        }
        let name = name(key, "the name of a router")
        var service = entries["service"].flatMap { text($0, "the service of a router") }
        if let written = service?.value, written.hasSuffix("@file") {
            service?.value = String(written.dropLast(5))
        }
        return TraefikFile.Router(
            name: name, secrets: entries["rule"].map { secrets(ofRule: $0, allowsLiterals) } ?? [],
            service: service, span: tree.span(key))
    }

    /// The keys in the rule of a router.
    private mutating func secrets(
        ofRule node: Int, _ allowsLiterals: Bool
    ) -> [ResolvedSpec.Secret] {
        guard tree.kind(node) == .scalar else {
            findings.add(.traefikShape("the rule of a router", at: tree.span(node)))
            return []
        }
        let parsed = TraefikRule.parse(tree.bytes(node))
        guard case .success(let rule) = parsed else {
            if case .failure(let fault) = parsed {
                findings.add(.traefikRule(fault, at: tree.span(node)))
            }
            return []
        }
        var secrets: [ResolvedSpec.Secret] = []
        for key in rule.keys {
            let span = tree.span(node, textRange: key.range)
            guard let value = literal(key.text, at: span, isAllowed: allowsLiterals) else {
                continue
            }
            secrets.append(ResolvedSpec.Secret(value: value, expires: nil, place: span))
        }
        return secrets
    }

    private mutating func service(_ key: Int, _ node: Int) -> TraefikFile.Service? {
        let entries = traefikEntries(node, "a Traefik service", read: ["loadBalancer"])
        guard let name = name(key, "the name of a service") else { return nil }
        guard let balancer = entries["loadBalancer"] else {
            if entries.isEmpty, tree.kind(node) == .mapping, !tree.entries(of: node).isEmpty {
                return TraefikFile.Service(
                    name: name, servers: [], hasAllServers: false, span: tree.span(key))
            }
            findings.add(.traefikNeeds("loadBalancer", "a Traefik service", at: tree.span(key)))
            return nil
        }
        let parts = traefikEntries(
            balancer, "a Traefik load balancer", read: ["servers"], ignored: ["passHostHeader"])
        let nodes = list(parts["servers"], "'servers' of a Traefik service")
        if parts["servers"] == nil {
            findings.add(.traefikNeeds("servers", "a Traefik load balancer", at: tree.span(key)))
        }
        let servers = nodes.compactMap { server($0) }
        return TraefikFile.Service(
            name: name, servers: servers,
            hasAllServers: parts["servers"] != nil && servers.count == nodes.count,
            span: tree.span(key))
    }

    private mutating func server(_ node: Int) -> TraefikFile.Server? {
        let entries = traefikEntries(node, "a Traefik server", read: ["url", "weight"])
        guard let urlNode = entries["url"] else {
            if tree.kind(node) == .mapping {
                findings.add(.traefikNeeds("url", "a Traefik server", at: tree.span(node)))
            }
            return nil
        }
        guard let url = url(urlNode, "the URL of a server") else { return nil }
        let weight = entries["weight"].flatMap { number($0, "the weight of a server", 0...1000) }
        return TraefikFile.Server(
            url: url, weight: weight.map { Spanned(UInt32($0.value), at: $0.span) })
    }

    /// The values of a mapping by the keys that are read; reports all others.
    private mutating func traefikEntries(
        _ node: Int, _ what: String, read: [String], ignored: [String] = []
    ) -> [String: Int] {
        guard tree.kind(node) == .mapping else {
            findings.add(.traefikShape(what, at: tree.span(node)))
            return [:]
        }
        var found: [String: Int] = [:]
        for (key, value) in tree.entries(of: node) {
            let name = tree.kind(key) == .scalar ? tree.text(key) : ""
            if read.contains(name) {
                // The first of two counts; the reader reported the second.
                if found[name] == nil { found[name] = value }
            } else if !ignored.contains(name) {
                findings.add(.traefikKey(name, what, read, at: tree.span(key)))
            }
        }
        return found
    }
}

extension Diagnostic {
    fileprivate static func traefikShape(_ what: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .notTraefik, "\(what) has another shape than routerc understands",
            at: Label(span, "not understood"), help: "a mapping is expected here")
    }

    fileprivate static func traefikNeeds(
        _ name: String, _ what: String, at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .notTraefik, "\(what) needs '\(name)'", at: Label(span, "there is no '\(name)' here"),
            help: "skip.files leaves out files that are not meant")
    }

    fileprivate static func traefikKey(
        _ name: String, _ what: String, _ read: [String], at span: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .notTraefik, "routerc does not understand \(quoted(name)) of \(what)",
            at: Label(span, "could change where requests go"),
            help: "it reads \(listed(read)); delete this, or skip the file with skip.files")
    }

    private static var ruleForm: String {
        "write HeaderRegexp(`Authorization`, `^Bearer KEY$`)"
    }

    fileprivate static func traefikRule(
        _ fault: TraefikRule.Fault, at span: SourceSpan
    ) -> Diagnostic {
        let problem: (message: String, label: String, help: String) =
            switch fault {
            case .ownPath:
                (
                    "a Traefik router for a path that routerc answers itself", "not needed",
                    "leave the file out: skip: { files: [its name] }"
                )
            case .matcher(let name):
                (
                    "the rule of a router names keys and nothing else, and this "
                        + (name.isEmpty ? "is something else" : "has \(quoted(name))"),
                    "not understood",
                    "\(ruleForm), several with ||; or skip the file with skip.files"
                )
            case .header:
                (
                    "the rule of a router looks at Authorization, and this at another header",
                    "another header", ruleForm
                )
            case .unanchored:
                (
                    "the rule of a router holds a whole key, from '^Bearer ' to '$'",
                    "matches more than one key", ruleForm
                )
            case .noScheme:
                (
                    "the rule of a router has 'Bearer ' before the key, and this has not",
                    "no client sends it so",
                    "write Header(`Authorization`, `Bearer KEY`) or "
                        + "HeaderRegexp(`Authorization`, `^Bearer KEY$`)"
                )
            case .pattern:
                (
                    "the key in the rule of a router is plain, and this one is a pattern",
                    "matches more than one key",
                    "write a backslash before a sign that belongs to the key"
                )
            case .noKey:
                (
                    "the rule of a router holds a key, and this one is empty", "no key", ruleForm
                )
            }
        return Diagnostic(
            .notTraefik, problem.message, at: Label(span, problem.label), help: problem.help)
    }
}
