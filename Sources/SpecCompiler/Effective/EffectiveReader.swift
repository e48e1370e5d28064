/// Says of each key of the language what is in force: what was written nearest, or the default.
///
/// Goes by the table of keys, so that a key which is built later is shown without more code.
struct EffectiveReader {
    /// What a part says without writing the key: a URL that stands for an endpoint.
    private typealias Known = (value: String, span: SourceSpan?)

    private let document: SpecDocument
    private let spec: ResolvedSpec
    private let written: WrittenTrees
    private var values: [EffectiveValue] = []
    /// What the endpoint at hand is asked for to learn whether it is well.
    private var healthPath: String?

    private static let keys: [String: [SpecKey]] = Dictionary(
        grouping: SpecKeys.all.filter(\.isBuilt), by: \.parent)
    private static let builtPaths = Set(SpecKeys.all.filter(\.isBuilt).map(\.path))
    private static let defaultTexts: [String: String] = Dictionary(
        SpecKeys.all.compactMap { key in key.defaultText.map { (key.path, $0) } },
        uniquingKeysWith: { first, _ in first })

    /// What is in force, in the order of the language and then of the spec.
    static func read(
        _ document: SpecDocument, _ spec: ResolvedSpec, _ trees: [NodeTree]
    ) -> [EffectiveValue] {
        var reader = EffectiveReader(
            document: document, spec: spec, written: WrittenTrees(trees))
        for key in keys[""] ?? [] {
            reader.addSection(key)
        }
        return reader.values
    }

    private init(document: SpecDocument, spec: ResolvedSpec, written: WrittenTrees) {
        self.document = document
        self.spec = spec
        self.written = written
    }

    private mutating func addSection(_ key: SpecKey) {
        switch key.path {
        // What others come of is not in force itself.
        case "include": break
        case "defaults": addDefaults()
        case "endpoints": addEndpoints()
        case "pools": addPools()
        case "models": addModels()
        case "keys": addKeys()
        case "anonymous" where section(key.name) == nil:
            // Where there is nothing to protect, the default lets all in.
            let isOpen = if case .open = spec.anonymous { true } else { false }
            add(key, key.name, isOpen ? "allow" : "deny", nil)
        default: addValue(key, key.name, [section(key.name)].compactMap { $0 })
        }
    }

    /// What stands once in a spec, in whatever file.
    private func section(_ name: String) -> WrittenPart? {
        if let span = document.once[name] { return written.value(ofKeyAt: span) }
        return written.root.flatMap { written.value(of: name, in: $0) }
    }

    /// What `defaults` says of all pools at once: keys that no pool has.
    private mutating func addDefaults() {
        let defaults = section("defaults")
        for key in EffectiveReader.keys["defaults"] ?? []
        where !EffectiveReader.builtPaths.contains("pools[].\(key.name)") {
            let found = defaults.flatMap { written.value(of: key.name, in: $0) }
            addValue(key, key.path, [found].compactMap { $0 })
        }
    }

    // MARK: - Lists of parts with names

    /// Endpoints as the resolver numbers them: those of `endpoints`, then those of pools.
    private mutating func addEndpoints() {
        let inline = document.pools.lazy.flatMap(\.members).compactMap { member in
            if case .inline(let endpoint) = member.target { endpoint } else { nil }
        }
        let health = inheritedHealth()
        let resolved = Dictionary(
            spec.endpoints.map { ($0.name, $0.health) }, uniquingKeysWith: { first, _ in first })
        var isKnown: Set<String> = []
        for endpoint in document.endpoints + Array(inline) {
            guard let name = endpoint.shownName, isKnown.insert(name).inserted else { continue }
            let around = health.byName[name].map { $0 + health.defaults } ?? health.defaults
            let isOff = around.contains { !written.isMapping($0) }
            let asked = resolved[name] ?? nil
            healthPath = asked?.path
            // One of a Traefik folder has neither key.
            let url = endpoint.url.flatMap { written.part(at: $0.span) }
            let urlText = url.map { (value: written.text($0), span: $0.span) }
            let credential = endpoint.credential
            let include = document.traefikInclude(with: credential)
            let path = "endpoints.\(EffectivePath.name(name))"
            addPart("endpoints[]", path, endpoint.span, around: around) { key in
                switch key.name {
                // Its kind has nothing to ask for.
                case "health" where asked == nil && !isOff: ("none", nil)
                case "url": urlText
                case "credential" where credential != .none:
                    (FlowText.scalar(credential.text), include?.span ?? endpoint.span)
                default: nil
                }
            }
        }
    }

    /// What is said of the health of endpoints around them: by their pools, and by `defaults`.
    private func inheritedHealth() -> (byName: [String: [WrittenPart]], defaults: [WrittenPart]) {
        func health(_ part: WrittenPart?) -> [WrittenPart] {
            [part.flatMap { written.value(of: "health", in: $0) }].compactMap(\.self)
        }
        var byName: [String: [WrittenPart]] = [:]
        for (pool, document) in zip(spec.pools, document.pools) {
            let said = health(written.mapping(at: document.span))
            guard !said.isEmpty else { continue }
            // Pools that say something of one endpoint agree.
            for member in pool.members {
                byName[spec.endpoints[member.endpoint].name] =
                    byName[spec.endpoints[member.endpoint].name] ?? said
            }
        }
        return (byName, health(section("defaults")))
    }

    private mutating func addPools() {
        let defaults = section("defaults")
        for (index, pool) in document.pools.enumerated() {
            let path = "pools.\(EffectivePath.name(pool.name?.value ?? ""))"
            let own = written.mapping(at: pool.span)
            for key in EffectiveReader.keys["pools[]"] ?? [] {
                switch key.name {
                case "name": break
                case "endpoints": addMembers(of: index, path, [own, defaults])
                default: addInherited(key, path, own, [defaults])
                }
            }
        }
    }

    private mutating func addMembers(of pool: Int, _ path: String, _ around: [WrittenPart?]) {
        var own: [String: [SpecDocument.Member]] = [:]
        for member in document.pools[pool].members {
            if let name = member.endpointName { own[name, default: []].append(member) }
        }
        for member in spec.pools[pool].members {
            let name = spec.endpoints[member.endpoint].name
            let path = "\(path).endpoints.\(EffectivePath.name(name))"
            let places = own[name] ?? []
            let part = places.first.flatMap { written.mapping(at: $0.span) }
            for key in EffectiveReader.keys["pools[].endpoints[]"] ?? [] {
                switch key.name {
                case "use": break
                // Said of the endpoint.
                case _ where EffectiveReader.builtPaths.contains("endpoints[].\(key.name)"): break
                case "weight":
                    // One that is there twice has the sum.
                    let again = places.count > 1 ? places.last?.span : nil
                    let span = places.last { $0.weight != nil }?.weight?.span ?? again
                    add(key, "\(path).weight", String(member.weight), span)
                default: addInherited(key, path, part, around)
                }
            }
        }
    }

    private mutating func addModels() {
        for (index, rule) in document.models.enumerated() {
            addPart("models[]", "models[\(index)]", rule.span)
        }
    }

    private mutating func addKeys() {
        for key in document.keys {
            let path = "keys.\(EffectivePath.name(key.name?.value ?? ""))"
            addPart("keys[]", path, key.span) { known in
                switch known.name {
                case "pin": key.pin.map { (FlowText.scalar($0.value), $0.span) }
                case "secret": key.secretText
                default: nil
                }
            }
        }
    }

    /// The keys of a mapping in a list; `known` has what its part says without writing the key,
    /// `around` what an endpoint inherits of its health.
    private mutating func addPart(
        _ parent: String, _ path: String, _ span: SourceSpan, around: [WrittenPart] = [],
        known: (SpecKey) -> Known? = { _ in nil }
    ) {
        let part = written.mapping(at: span)
        for key in EffectiveReader.keys[parent] ?? [] where key.name != "name" {
            let path = "\(path).\(key.name)"
            let value = part.flatMap { written.value(of: key.name, in: $0) }
            if value == nil, let known = known(key) {
                add(key, path, known.value, known.span)
            } else {
                let inherited = key.path == "endpoints[].health" ? around : []
                addValue(key, path, [value].compactMap { $0 } + inherited)
            }
        }
    }

    /// A key of a pool or its endpoint; where it is inherited, the mappings around it count too.
    private mutating func addInherited(
        _ key: SpecKey, _ path: String, _ own: WrittenPart?, _ around: [WrittenPart?]
    ) {
        let levels = EffectiveReader.inherited(key) == nil ? [own] : [own] + around
        let found = levels.compactMap { part in
            part.flatMap { written.value(of: key.name, in: $0) }
        }
        addValue(key, "\(path).\(key.name)", found)
    }

    // MARK: - Values

    /// The nearest of what was written for a key, leaf by leaf, or its default.
    private mutating func addValue(_ key: SpecKey, _ path: String, _ found: [WrittenPart]) {
        let below = EffectiveReader.keys[key.path] ?? []
        let mappings = Array(found.prefix { written.isMapping($0) })
        // In some mappings the names are the author's, and a secret is one value.
        let hasOwnNames = key.type.hasPrefix("mapping of ")
        let isOneValue = below.isEmpty || hasOwnNames || key.path == "keys[].secret"
        if !isOneValue, found.isEmpty || !mappings.isEmpty {
            for inner in below {
                addValue(
                    inner, "\(path).\(inner.name)",
                    mappings.compactMap { written.value(of: inner.name, in: $0) })
            }
            return
        }
        guard let nearest = found.first else {
            let isPath = key.path == "endpoints[].health.path"
            let text = isPath ? healthPath : EffectiveReader.defaultText(of: key)
            if let text { add(key, path, text, nil) }
            return
        }
        let entries = hasOwnNames ? written.entries(of: nearest) : []
        for (name, value) in entries {
            add(key, "\(path).\(EffectivePath.name(name))", written.text(value), value.span)
        }
        if entries.isEmpty { add(key, path, written.text(nearest), nearest.span) }
    }

    private mutating func add(
        _ key: SpecKey, _ path: String, _ value: String, _ span: SourceSpan?
    ) {
        values.append(
            EffectiveValue(
                path: path, value: value, place: span.map { written.place(of: $0) }, key: key.path))
    }

    /// The key of `defaults` that a key of pools inherits from; nil for any other.
    private static func inherited(_ key: SpecKey) -> String? {
        let parents = ["pools[].endpoints[].", "pools[].", "endpoints[]."]
        let parent = parents.first { key.path.hasPrefix($0) }
        let path = parent.map { "defaults." + key.path.dropFirst($0.count) }
        return path.flatMap { builtPaths.contains($0) ? $0 : nil }
    }

    private static func defaultText(of key: SpecKey) -> String? {
        key.defaultText ?? inherited(key).flatMap { defaultTexts[$0] }
    }
}

extension SpecDocument {
    /// The first include that gives its endpoints this credential.
    fileprivate func traefikInclude(with credential: ResolvedSpec.Credential) -> Include? {
        includes.first { include in
            if case .traefik(credential, _) = include.kind { true } else { false }
        }
    }
}

extension SpecDocument.Member {
    /// What its endpoint is called.
    fileprivate var endpointName: String? {
        switch target {
        case .name(let name): name.value
        case .inline(let endpoint): endpoint.shownName
        }
    }
}

extension SpecDocument.Endpoint {
    /// Its name, or the text of its URL where it has none.
    fileprivate var shownName: String? { name?.value ?? url?.value.text }
}

extension SpecDocument.Key {
    /// The secrets of a key that no `secret` says.
    fileprivate var secretText: (value: String, span: SourceSpan)? {
        guard let first = secrets.first else { return nil }
        let texts = secrets.map { FlowText.scalar(FlowText.shortened($0.value.text)) }
        return (texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]", first.place)
    }
}

extension ResolvedSpec.Secret.Value {
    /// As the language writes it.
    fileprivate var text: String {
        switch self {
        case .file(let path): "file:\(path)"
        case .env(let name): "env:\(name)"
        case .digest(let bytes): "sha256:\(ReferenceText.hex(bytes))"
        }
    }
}
