/// Turns the events of a YAML reader into a `NodeTree`, within limits.
///
/// An alias is one node that refers to its anchor; what it would be if written out is counted, so
/// that a few lines cannot stand for millions of nodes.
struct TreeBuilder {
    private(set) var tree: NodeTree
    /// The collections that are open, outermost first.
    private var open: [Open] = []
    private var anchors: [String: Anchor] = [:]
    /// How many nodes there would be with all aliases written out.
    private var expandedCount = 0

    /// How deep collections nest at most.
    static let maxDepth = 64
    /// How many nodes all aliases together stand for at most.
    static let maxAliasedNodes = 100_000

    private struct Open {
        var index: Int
        var expandedBefore: Int
        var anchor: String?
    }

    private struct Anchor {
        var index: Int
        /// The nodes it stands for; nil while it is still open.
        var expandedCount: Int?
    }

    private var aliasedCount: Int { expandedCount - tree.nodes.count }

    init(_ source: SourceFile, file: Int) {
        tree = NodeTree(source: source, file: file)
    }

    /// Adds a scalar; of one that was repaired the source has no quotes or others.
    mutating func scalar(
        _ text: Span<UInt8>, style: Node.Style, at whole: SourceSpan, anchor: String?,
        isRepaired: Bool = false
    ) {
        var span = whole
        if !isRepaired { span.start = tree.source.contentStart(of: whole) }
        let inner =
            (style == .singleQuoted || style == .doubleQuoted) && !isRepaired
            ? span.start + 1..<max(span.start + 1, span.end - 1) : span.start..<span.end
        let isVerbatim = isInSource(text, inner)
        var start = inner.lowerBound
        if !isVerbatim {
            start = tree.copies.count
            for index in text.indices {
                tree.copies.append(text[index])
            }
        }
        let index = append(.scalar, style, span)
        tree.nodes[index].isVerbatim = isVerbatim
        tree.nodes[index].isRepaired = isRepaired
        tree.nodes[index].textStart = UInt32(start)
        tree.nodes[index].textCount = UInt32(text.count)
        if let anchor {
            anchors[anchor] = Anchor(index: index, expandedCount: 1)
        }
    }

    /// Opens a sequence or a mapping; a diagnostic where it would be too deep.
    mutating func begin(
        _ kind: Node.Kind, style: Node.Style, at span: SourceSpan, anchor: String?
    ) -> Diagnostic? {
        let before = expandedCount
        let index = append(kind, style, span)
        if let anchor {
            anchors[anchor] = Anchor(index: index, expandedCount: nil)
        }
        open.append(Open(index: index, expandedBefore: before, anchor: anchor))
        return open.count > TreeBuilder.maxDepth ? .tooDeep(at: span) : nil
    }

    /// Closes the innermost collection; `end` is the byte after its bracket in flow style.
    mutating func end(at end: Int, findings: inout Findings) {
        guard let closed = open.popLast() else { return }
        let index = closed.index
        let isFlow = tree.nodes[index].style == .flowCollection
        let contentEnd = tree.nodes.count - 1 > index ? lastEnd : end
        tree.nodes[index].end = max(tree.nodes[index].start, UInt32(isFlow ? end : contentEnd))
        tree.nodes[index].next = UInt32(tree.nodes.count)
        if let anchor = closed.anchor {
            let count = expandedCount - closed.expandedBefore
            anchors[anchor] = Anchor(index: index, expandedCount: count)
        }
        if tree.nodes[index].kind == .mapping {
            DuplicateKeys.report(in: tree, mapping: index, findings: &findings)
        }
    }

    /// Adds an alias; a diagnostic where it stands for too much.
    ///
    /// One that stands for nothing is reported and kept as the text it looks like, so that reading
    /// goes on.
    mutating func alias(
        _ name: String, at span: SourceSpan, findings: inout Findings
    ) -> Diagnostic? {
        guard let anchor = anchors[name], let count = anchor.expandedCount else {
            if let open = anchors[name] {
                findings.add(.aliasOfItself(name, at: span, anchor: tree.span(open.index)))
            } else {
                findings.add(.unknownAlias(name, at: span))
            }
            let text = Array(("*" + name).utf8)
            scalar(text.span, style: .plain, at: span, anchor: nil)
            return nil
        }
        let index = append(.alias, .plain, span)
        tree.nodes[index].textStart = UInt32(anchor.index)
        expandedCount += count - 1
        return aliasedCount > TreeBuilder.maxAliasedNodes ? .aliasesTooLarge(at: span) : nil
    }

    /// Closes what is open, so that a tree that was cut off can be walked.
    private mutating func closeAll() {
        for entry in open.reversed() {
            tree.nodes[entry.index].next = UInt32(tree.nodes.count)
        }
        open = []
    }

    /// The tree, whose open collections are closed; `isComplete` if it is the whole of its file.
    mutating func finish(isComplete: Bool) -> NodeTree {
        closeAll()
        tree.isComplete = isComplete
        return tree
    }

    private mutating func append(
        _ kind: Node.Kind, _ style: Node.Style, _ span: SourceSpan
    ) -> Int {
        let index = tree.nodes.count
        expandedCount += 1
        tree.nodes.append(
            Node(
                kind: kind, style: style, isVerbatim: false, start: UInt32(span.start),
                end: UInt32(span.end), next: UInt32(index + 1), textStart: 0, textCount: 0))
        return index
    }

    private func isInSource(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard text.count == range.count, range.upperBound <= tree.source.bytes.count else {
            return false
        }
        for index in text.indices where text[index] != tree.source.bytes[range.lowerBound + index] {
            return false
        }
        return true
    }

    private var lastEnd: Int {
        Int(tree.nodes[tree.nodes.count - 1].end)
    }
}

/// Finds keys that a mapping has twice, without comparing each with each where there are many.
private enum DuplicateKeys {
    static func report(in tree: NodeTree, mapping: Int, findings: inout Findings) {
        let keys = tree.entries(of: mapping).map(\.key).filter { tree.kind($0) == .scalar }
        if keys.count <= 12 {
            for (position, key) in keys.enumerated() {
                let earlier = keys[..<position].first {
                    tree.bytes($0).elementsEqual(tree.bytes(key))
                }
                if let earlier {
                    findings.add(.duplicateKey(in: tree, key, earlier))
                }
            }
            return
        }
        var seen: [ArraySlice<UInt8>: Int] = [:]
        for key in keys {
            if let earlier = seen[tree.bytes(key)] {
                findings.add(.duplicateKey(in: tree, key, earlier))
            } else {
                seen[tree.bytes(key)] = key
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func duplicateKey(
        in tree: NodeTree, _ key: Int, _ earlier: Int
    ) -> Diagnostic {
        Diagnostic(
            .duplicateKey,
            "a mapping has each key once, and \(quoted(tree.text(key))) is here twice",
            at: Label(tree.span(key), "the second"),
            also: [Label(tree.span(earlier), "the first")], help: "delete one of the two lines")
    }

    fileprivate static func tooDeep(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooDeep, "lists and mappings nest at most \(TreeBuilder.maxDepth) deep",
            at: Label(span, "this one is deeper"))
    }

    fileprivate static func unknownAlias(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badAlias, "alias \(quoted("*" + name)) refers to no anchor before it",
            at: Label(span, "YAML reads this as an alias"),
            help: "a name that begins with a star goes in single quotes: '*\(name)'",
            fixIts: [FixIt(span, "'*\(name)'", .maybeIncorrect)])
    }

    fileprivate static func aliasOfItself(
        _ name: String, at span: SourceSpan, anchor: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .badAlias, "alias \(quoted("*" + name)) stands inside what it stands for",
            at: Label(span), also: [Label(anchor, "the anchor is here")])
    }

    fileprivate static func aliasesTooLarge(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badAlias,
            "aliases stand for at most \(TreeBuilder.maxAliasedNodes) values in all",
            at: Label(span, "one too many with this"))
    }
}
