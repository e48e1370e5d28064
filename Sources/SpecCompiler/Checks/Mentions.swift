internal import TableFormat

/// What the texts of the sources say beside what could be read of them.
///
/// An error takes a part of a spec out of the document, and with it what that part refers to. So
/// before a check says that nothing refers to something, it asks here whether anything could.
struct Mentions {
    private let trees: [NodeTree]
    /// Where errors are, by file, ascending.
    private let errors: [Int: [Int]]
    /// Names that an error suggests: whoever misspelled one meant it.
    private let suggested: Set<String>
    /// Whether more errors were found than are known here, or a file is missing.
    let isCutOff: Bool

    init(_ input: CheckInput, _ findings: Findings) {
        trees = input.trees
        let found = findings.kept.filter { $0.severity == .error }
        isCutOff = found.count < findings.errorCount || !input.document.isWhole
        suggested = Set(found.flatMap(\.fixIts).map(\.replacement))
        errors = Dictionary(grouping: found.map(\.primary.span), by: \.file)
            .mapValues { $0.map(\.start).sorted() }
    }

    /// Whether the document holds all that was written.
    var areNone: Bool { errors.isEmpty && !isCutOff }

    /// Those of `names` that nothing refers to, whatever the errors hide.
    func unused(_ names: [(name: Spanned<String>, whole: SourceSpan)]) -> [Spanned<String>] {
        if isCutOff { return [] }
        if areNone || names.isEmpty { return names.map(\.name) }
        let wanted = Set(names.map { ArraySlice($0.name.value.utf8) })
        var counts: [ArraySlice<UInt8>: Int] = [:]
        forEachText { text, place in
            if wanted.contains(text) { counts[text, default: 0] += 1 }
            // What was refused as a whole may be a list of names, such as "a, b".
            if text.count > 2, text.count < 10_000, hasError(at: place) {
                for word in Mentions.words(in: text) where wanted.contains(word) {
                    if word.count < text.count { counts[word, default: 0] += 2 }
                }
            }
        }
        return names.filter { name, whole in
            // Its definition is one.
            counts[ArraySlice(name.value.utf8), default: 0] <= 1
                && !suggested.contains(name.value) && !hasError(in: whole)
        }.map(\.name)
    }

    /// Whether an error was found in a part of a source.
    func hasError(in whole: SourceSpan) -> Bool {
        guard let starts = errors[whole.file] else { return false }
        let next = starts.partitioningIndex { $0 >= whole.start }
        return next < starts.count && starts[next] < whole.end
    }

    /// Whether an error points to the beginning of a text.
    private func hasError(at place: SourceSpan) -> Bool {
        guard let starts = errors[place.file] else { return false }
        let next = starts.partitioningIndex { $0 >= place.start }
        return next < starts.count && starts[next] == place.start
    }

    /// The names that a text could be made of, each also without dashes and dots at its beginning.
    private static func words(in text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        text.split { !(isLetter($0) || isDigit($0) || "_.:-".utf8.contains($0)) }
            .flatMap { [$0, $0.drop { "_.:-".utf8.contains($0) }] }
    }

    /// Calls `body` with each text that could be the matcher of a model rule, and its place.
    ///
    /// Such texts stand in `pools` and `models`, but not as what describes a model or says where an
    /// endpoint is, and under keys that could be misspelled.
    func forEachRuleText(_ body: (ArraySlice<UInt8>, SourceSpan) -> Void) {
        for tree in trees {
            guard let root = tree.root else { continue }
            guard tree.kind(root) == .mapping else {
                visit(root, of: tree, under: nil, body)
                continue
            }
            let entries = tree.entries(of: root)
            let names = entries.map { tree.kind($0.key) == .scalar ? tree.text($0.key) : "" }
            // A file of Traefik has no rules for models.
            if tree.file > 0, names.contains("http") { continue }
            for ((_, value), name) in zip(entries, names) {
                let known = SpecShapes.root.key(named: Array(name.utf8)[...])
                if name == "pools" || name == "models" {
                    visit(value, of: tree, under: SpecKeys.object(name + "[]"), body)
                } else if known == nil {
                    visit(value, of: tree, under: nil, body)
                }
            }
        }
    }

    /// The texts of a node; of the mappings in it those under `shape`'s keys for matchers, and
    /// under unknown ones.
    private func visit(
        _ node: Int, of tree: NodeTree, under shape: SpecObject?, depth: Int = 0,
        _ body: (ArraySlice<UInt8>, SourceSpan) -> Void
    ) {
        guard depth < TreeBuilder.maxDepth else { return }
        switch tree.kind(node) {
        case .scalar: body(tree.bytes(node), tree.span(node))
        case .sequence:
            for child in tree.children(of: node) {
                visit(child, of: tree, under: shape, depth: depth + 1, body)
            }
        case .mapping:
            for (key, value) in tree.entries(of: node) {
                let known = tree.kind(key) == .scalar ? shape?.key(named: tree.bytes(key)) : nil
                if known == nil, tree.kind(key) == .scalar { body(tree.bytes(key), tree.span(key)) }
                if let known, known.name != "models", known.name != "match" { continue }
                visit(value, of: tree, under: nil, depth: depth + 1, body)
            }
        case .alias: break
        }
    }

    /// Calls `body` with each text that stands in a source, and its place.
    func forEachText(_ body: (ArraySlice<UInt8>, SourceSpan) -> Void) {
        for tree in trees {
            for index in tree.nodes.indices where tree.nodes[index].kind == .scalar {
                body(tree.bytes(index), tree.span(index))
            }
        }
    }
}
