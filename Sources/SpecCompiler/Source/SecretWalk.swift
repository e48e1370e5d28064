/// Collects the places of secrets in a tree, valid or not.
///
/// Under a telling key all is secret: the text, the alias that stands for it, its tag, its anchor,
/// and keys that the language does not know. Where keys and headers are defined, all that looks
/// random is, since name and secret may have been exchanged.
struct SecretWalk {
    /// Where names stand beside secrets.
    private enum Place {
        case elsewhere
        /// The value of `keys`.
        case keys
        /// One of them, or a mapping of headers.
        case named
    }

    let tree: NodeTree
    private(set) var places: [SourceSpan] = []
    /// Secrets whose text differs from what stands in the source.
    private(set) var copies: [ArraySlice<UInt8>] = []
    /// A bound for what aliases make of a broken tree.
    private var budget = 200_000
    /// Whether keys sound secret; most keys of a spec are the same few.
    private var judged: [ArraySlice<UInt8>: Bool] = [:]

    init(_ tree: NodeTree) {
        self.tree = tree
        if !tree.nodes.isEmpty {
            visit(0, isSecret: false, after: 0, depth: 0)
        }
    }

    /// `gap` is the end of what stands before the node: between them are its tag and its anchor.
    private mutating func visit(
        _ index: Int, isSecret: Bool, in place: Place = .elsewhere, after gap: Int, depth: Int
    ) {
        let span = tree.span(index)
        if isSecret { hideProperties(of: index, after: gap) }
        guard depth < 256 else {
            if isSecret { places.append(span) }
            return
        }
        switch tree.kind(index) {
        case .scalar:
            let isHidden =
                isSecret || place != .elsewhere && RandomText.isLikely(tree.bytes(index))
            visitScalar(index, isSecret: isHidden)
        case .sequence:
            visitChildren(of: index, isSecret: isSecret, in: place, depth: depth)
        case .mapping:
            visitEntries(of: index, isSecret: isSecret, in: place, depth: depth)
        case .alias:
            // What it stands for was visited at its own place, as no secret.
            guard isSecret else { return }
            places.append(span)
            let target = tree.resolved(index)
            guard budget > 0 else {
                places.append(tree.span(target))
                return
            }
            budget -= 1
            let start = tree.span(target).start
            visit(target, isSecret: true, after: start, depth: depth + 1)
        }
    }

    private mutating func visitChildren(
        of index: Int, isSecret: Bool, in place: Place, depth: Int
    ) {
        var gap = tree.contentStart(of: index)
        var child = index + 1
        while child < Int(tree.nodes[index].next) {
            visit(
                child, isSecret: isSecret, in: place == .keys ? .named : place, after: gap,
                depth: depth + 1)
            gap = max(gap, tree.span(child).end)
            child = Int(tree.nodes[child].next)
        }
    }

    private mutating func visitEntries(
        of index: Int, isSecret: Bool, in place: Place, depth: Int
    ) {
        var gap = tree.contentStart(of: index)
        var key = index + 1
        while key < Int(tree.nodes[index].next) {
            let name = tree.resolved(key)
            let bytes = tree.kind(name) == .scalar ? tree.bytes(name) : []
            let isUnknown = isSecret && !bytes.isEmpty && !SecretPlaces.isKnownWord(bytes)
            let isExchanged = place != .elsewhere && RandomText.isLikely(bytes)
            visit(key, isSecret: isUnknown || isExchanged, after: gap, depth: depth + 1)
            gap = max(gap, tree.span(key).end)
            let value = Int(tree.nodes[key].next)
            guard value < Int(tree.nodes[index].next) else { return }
            let isBeneath = isSecret && !isDate(value, of: bytes) || isTelling(bytes)
            let beneath = self.place(under: bytes, in: place, depth: depth)
            visit(value, isSecret: isBeneath, in: beneath, after: gap, depth: depth + 1)
            gap = max(gap, tree.span(value).end)
            key = Int(tree.nodes[value].next)
        }
    }

    private func place(under key: ArraySlice<UInt8>, in place: Place, depth: Int) -> Place {
        if place == .keys { return .named }
        if place == .named {
            // What the language wants there are names.
            let names = ["name", "models", "pin", "paths"]
            return names.contains { key.elementsEqual($0.utf8) } ? .elsewhere : .named
        }
        if depth == 0, key.elementsEqual("keys".utf8) { return .keys }
        return key.elementsEqual("headers".utf8) || key.elementsEqual("header".utf8)
            ? .named : .elsewhere
    }

    private mutating func visitScalar(_ index: Int, isSecret: Bool) {
        let bytes = tree.bytes(index)
        if isSecret {
            if !SecretPlaces.isReference(bytes), !bytes.isEmpty { addSecret(index, bytes) }
            return
        }
        if case .success(let rule) = TraefikRule.parse(bytes) {
            // Of the rule of a Traefik router only the keys are secret.
            for key in rule.keys {
                let start = bytes.startIndex + key.range.lowerBound
                add(index, bytes, start..<bytes.startIndex + key.range.upperBound)
            }
            return
        }
        if let keys = RuleArguments.secrets(in: bytes) {
            for key in keys { add(index, bytes, key) }
            return
        }
        let isVerbatim = tree.nodes[index].isVerbatim
        let tokens = isVerbatim ? [] : SecretTokens.find(in: bytes)
        if !tokens.isEmpty {
            // Escapes or line breaks hid it from who looked at the source only.
            places.append(tree.span(index))
            for token in tokens {
                // In the rule of a Traefik router a key ends at the backtick.
                let end = bytes[token.upperBound...].firstIndex(of: UInt8(ascii: "`"))
                copies.append(bytes[token.lowerBound..<(end ?? bytes.endIndex)])
            }
        } else if let value = UnreadLines.secretValue(in: bytes), value < bytes.endIndex,
            !SecretPlaces.isReference(bytes[value...])
        {
            add(index, bytes, value..<bytes.endIndex)
        }
        visitURL(index, bytes)
    }

    /// When a secret ends is none.
    private func isDate(_ value: Int, of key: ArraySlice<UInt8>) -> Bool {
        guard key.elementsEqual("expires".utf8), tree.kind(value) == .scalar else { return false }
        let text = tree.bytes(value)
        return text.count < 8
            || text.allSatisfy { isDigit($0) || "-:+./TZtz ".utf8.contains($0) }
    }

    private mutating func isTelling(_ key: ArraySlice<UInt8>) -> Bool {
        if key.isEmpty { return false }
        if let known = judged[key] { return known }
        let isTelling = SecretPlaces.soundsSecret(key)
        // Keys are anything in a broken spec; only so many are worth remembering.
        if judged.count < 1_000 { judged[key] = isTelling }
        return isTelling
    }

    private mutating func hideProperties(of index: Int, after gap: Int) {
        let start = tree.contentStart(of: index)
        guard gap < start else { return }
        let between = tree.source.bytes[gap..<start]
        let first = between.firstIndex { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "&") }
        guard let first, let last = between.lastIndex(where: { $0 > 0x20 }) else { return }
        places.append(SourceSpan(file: tree.file, start: first, end: last + 1))
    }

    /// The word before the colon of a malformed reference may be seen.
    private mutating func addSecret(_ index: Int, _ bytes: ArraySlice<UInt8>) {
        let start = bytes.startIndex + SecretLookalike.shownCount(of: bytes)
        add(index, bytes, start..<bytes.endIndex)
    }

    private mutating func visitURL(_ index: Int, _ bytes: ArraySlice<UInt8>) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[(colon + 1)...].starts(with: [0x2F, 0x2F])
        else {
            return
        }
        let rest = colon + 3
        if let mark = bytes.firstIndex(of: UInt8(ascii: "?")), mark + 1 < bytes.endIndex {
            add(index, bytes, mark + 1..<bytes.endIndex)
        }
        let authority = bytes[rest...].prefix { $0 != UInt8(ascii: "?") }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")), at > rest {
            add(index, bytes, rest..<at)
        }
    }

    private mutating func add(_ index: Int, _ bytes: ArraySlice<UInt8>, _ range: Range<Int>) {
        let base = bytes.startIndex
        places.append(
            tree.span(index, textRange: range.lowerBound - base..<range.upperBound - base))
        if !tree.nodes[index].isVerbatim { copies.append(bytes[range]) }
    }
}
