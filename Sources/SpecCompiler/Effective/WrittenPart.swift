internal import TableFormat

/// A value in one of the files of a spec, and the key that it stands behind.
struct WrittenPart {
    /// Which file.
    var file: Int
    /// The node of the value, aliases followed.
    var node: Int
    /// The key, or the value itself where it has none.
    var span: SourceSpan
}

/// The trees of the files of a spec, asked for what stands at places that the decoder kept.
struct WrittenTrees {
    /// By file.
    let trees: [NodeTree]
    private let flows: [FlowText]
    private let lines: [LineIndex]

    /// Of a spec without errors every file has a tree.
    init(_ trees: [NodeTree]) {
        self.trees = trees
        flows = trees.map { FlowText($0) }
        lines = trees.map { LineIndex($0.source, upTo: $0.source.bytes.count) }
    }

    /// The whole mapping of the root file.
    var root: WrittenPart? {
        trees[0].root.map { WrittenPart(file: 0, node: $0, span: trees[0].span($0)) }
    }

    /// What was written at exactly this place.
    func part(at span: SourceSpan) -> WrittenPart? {
        let tree = trees[span.file]
        // Nodes stand in the order of their beginnings.
        var node = tree.nodes.partitioningIndex { Int($0.start) >= span.start }
        while node < tree.nodes.count, Int(tree.nodes[node].start) == span.start {
            if Int(tree.nodes[node].end) == span.end, tree.kind(node) != .alias {
                return WrittenPart(file: span.file, node: node, span: span)
            }
            node += 1
        }
        return nil
    }

    /// The mapping at exactly this place.
    func mapping(at span: SourceSpan) -> WrittenPart? {
        part(at: span).flatMap { isMapping($0) ? $0 : nil }
    }

    /// The value behind the key at exactly this place.
    func value(ofKeyAt span: SourceSpan) -> WrittenPart? {
        guard let key = part(at: span) else { return nil }
        let tree = trees[span.file]
        let value = tree.resolved(Int(tree.nodes[key.node].next))
        return WrittenPart(file: span.file, node: value, span: span)
    }

    func isMapping(_ part: WrittenPart) -> Bool { trees[part.file].kind(part.node) == .mapping }

    /// The entries of a mapping, in their order.
    func entries(of part: WrittenPart) -> [(name: String, value: WrittenPart)] {
        guard isMapping(part) else { return [] }
        let tree = trees[part.file]
        return tree.entries(of: part.node).map { key, value in
            (
                tree.text(key),
                WrittenPart(file: part.file, node: value, span: tree.span(key))
            )
        }
    }

    /// The value of a key of a mapping.
    func value(of name: String, in part: WrittenPart) -> WrittenPart? {
        entries(of: part).first { $0.name == name }?.value
    }

    func text(_ part: WrittenPart) -> String { flows[part.file].text(part.node) }

    func place(of span: SourceSpan) -> EffectiveValue.Place {
        let lines = lines[span.file]
        return EffectiveValue.Place(
            file: trees[span.file].source.name, line: lines.line(of: span.start) + 1,
            column: lines.column(of: span.start) + 1)
    }
}
