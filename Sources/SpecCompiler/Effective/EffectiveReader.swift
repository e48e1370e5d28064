/// Says of each key of the language what is in force: what was written nearest, or the default.
///
/// Goes by the table of keys, so that a key which is built later is shown without more code.
struct EffectiveReader {
    /// What a part says without writing the key: a URL that stands for an endpoint.
    private typealias Known = (value: String, span: SourceSpan)

    private let document: SpecDocument
    private let spec: ResolvedSpec
    private let written: WrittenTrees
    private var values: [EffectiveValue] = []

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
        var isKnown: Set<String> = []
        for endpoint in document.endpoints + Array(inline) {
            guard let name = endpoint.shownName, isKnown.insert(name).inserted else { continue }
            // One of a Traefik folder has neither key.
            let url = endpoint.url.flatMap { written.part(at: $0.span) }
            let urlText = url.map { (value: written.text($0), span: $0.span) }
            let credential = endpoint.credential
            let include = document.traefikInclude(with: credential)
            addPart("endpoints[]", "endpoints.\(EffectivePath.name(name))", endpoint.span) { key in
                switch key.name {
                case "url": urlText
                case "credential" where credential != .none:
                    (FlowText.scalar(credential.text), include?.span ?? endpoint.span)
                default: nil
                }
            }
        }
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

    /// The keys of a mapping in a list; `known` has what its part says without writing the key.
    private mutating func addPart(
        _ parent: String, _ path: String, _ span: SourceSpan,
        known: (SpecKey) -> Known? = { _ in nil }
    ) {
        let part = written.mapping(at: span)
        for key in EffectiveReader.keys[parent] ?? [] where key.name != "name" {
            let path = "\(path).\(key.name)"
            let value = part.flatMap { written.value(of: key.name, in: $0) }
            if value == nil, let known = known(key) {
                add(key, path, known.value, known.span)
            } else {
                addValue(key, path, [value].compactMap { $0 })
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
            if let text = EffectiveReader.defaultText(of: key) { add(key, path, text, nil) }
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
        let parent = ["pools[].endpoints[].", "pools[]."].first { key.path.hasPrefix($0) }
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
