/// A node of the YAML, in preorder: the nodes between it and `next` are its descendants.
struct Node {
    enum Kind: UInt8 {
        case scalar
        case sequence
        case mapping
        case alias
    }

    enum Style: UInt8 {
        case plain
        case singleQuoted
        case doubleQuoted
        /// A literal or folded block scalar.
        case block
        case flowCollection
        case blockCollection
    }

    var kind: Kind
    var style: Style
    /// Whether the text of the scalar stands in the source as it is; else it was copied.
    var isVerbatim: Bool
    /// Whether the reader repaired it, so that only the place of the whole is known.
    var isRepaired = false
    /// The place in the source, quotes and brackets included.
    var start: UInt32
    var end: UInt32
    /// The index of the first node that is no descendant.
    var next: UInt32
    /// Where the text of a scalar begins; the target of an alias.
    var textStart: UInt32
    var textCount: UInt32
}

/// The YAML of one file as one flat array of nodes, each with its place.
///
/// Text is kept as ranges into the source, or into one buffer where YAML's escapes and folding
/// made it differ; no node owns memory. Aliases are followed by `children` and `entries`.
struct NodeTree {
    let source: SourceFile
    let file: Int
    var nodes: [Node] = []
    /// The texts that differ from the source.
    var copies: [UInt8] = []
    /// Whether the whole file was read; false after a syntax error that could not be repaired.
    var isComplete = false
    /// What was repaired: it counts as what was meant, so nothing more is said of it.
    var repairs: [SourceSpan] = []
    /// From where each mistake of YAML began to where it was noticed.
    var doubts: [SourceSpan] = []

    /// The index of the root, where there is one.
    var root: Int? { nodes.isEmpty ? nil : resolved(0) }

    /// The node itself, or what the alias stands for.
    func resolved(_ index: Int) -> Int {
        var index = index
        while nodes[index].kind == .alias {
            index = Int(nodes[index].textStart)
        }
        return index
    }

    func kind(_ index: Int) -> Node.Kind { nodes[index].kind }

    func span(_ index: Int) -> SourceSpan {
        SourceSpan(file: file, start: Int(nodes[index].start), end: Int(nodes[index].end))
    }

    /// The bytes of a scalar's text.
    func bytes(_ index: Int) -> ArraySlice<UInt8> {
        let node = nodes[index]
        let range = Int(node.textStart)..<Int(node.textStart) + Int(node.textCount)
        return node.isVerbatim ? source.bytes[range] : copies[range]
    }

    /// The text of a scalar.
    func text(_ index: Int) -> String {
        String(decoding: bytes(index), as: UTF8.self)
    }

    /// Calls `body` with each child of a sequence, aliases followed.
    func forEachChild(of index: Int, _ body: (Int) -> Void) {
        var child = index + 1
        while child < Int(nodes[index].next) {
            body(resolved(child))
            child = Int(nodes[child].next)
        }
    }

    /// The children of a sequence, aliases followed.
    func children(of index: Int) -> [Int] {
        var result: [Int] = []
        forEachChild(of: index) { result.append($0) }
        return result
    }

    /// The keys and values of a mapping, aliases followed.
    func entries(of index: Int) -> [(key: Int, value: Int)] {
        var result: [(key: Int, value: Int)] = []
        var child = index + 1
        while child < Int(nodes[index].next) {
            let value = Int(nodes[child].next)
            guard value < Int(nodes[index].next) else { break }
            result.append((resolved(child), resolved(value)))
            child = Int(nodes[value].next)
        }
        return result
    }
}

// MARK: - Places inside a scalar

extension NodeTree {
    /// Where a node begins behind its tag and its anchor.
    func contentStart(of index: Int) -> Int {
        nodes[index].isRepaired ? span(index).start : source.contentStart(of: span(index))
    }

    /// The place of the text of a scalar, without its quotes.
    func innerSpan(_ index: Int) -> SourceSpan {
        let span = span(index)
        switch nodes[index].style {
        case .singleQuoted, .doubleQuoted:
            if nodes[index].isRepaired { return span }
            guard span.end >= span.start + 2 else { return span }
            return SourceSpan(file: file, start: span.start + 1, end: span.end - 1)
        default:
            return span
        }
    }

    /// The place of bytes of a scalar's text, or the whole scalar where YAML folded it.
    func span(_ index: Int, textRange: Range<Int>) -> SourceSpan {
        let inner = innerSpan(index)
        if nodes[index].isVerbatim {
            let start = min(inner.start + textRange.lowerBound, inner.end)
            let end = min(inner.start + textRange.upperBound, inner.end)
            return SourceSpan(file: file, start: start, end: max(start, end))
        }
        guard !nodes[index].isRepaired, let start = sourceOffset(index, textRange.lowerBound),
            let end = sourceOffset(index, textRange.upperBound)
        else {
            return span(index)
        }
        return SourceSpan(file: file, start: start, end: max(start, end))
    }

    /// Where byte `offset` of the text of a quoted scalar stands in the source.
    private func sourceOffset(_ index: Int, _ offset: Int) -> Int? {
        let inner = innerSpan(index)
        var position = inner.start
        var produced = 0
        while produced < offset, position < inner.end {
            let byte = source.bytes[position]
            switch (nodes[index].style, byte) {
            case (_, UInt8(ascii: "\n")), (.block, _), (.plain, _):
                return nil
            case (.singleQuoted, UInt8(ascii: "'")):
                position += 2
                produced += 1
            case (.doubleQuoted, UInt8(ascii: "\\")):
                guard let escape = escapeWidths(at: position) else { return nil }
                position += escape.source
                produced += escape.text
            default:
                position += 1
                produced += 1
            }
        }
        return position <= inner.end ? position : nil
    }

    /// How many bytes an escape takes in the source and in the text.
    private func escapeWidths(at position: Int) -> (source: Int, text: Int)? {
        let digits: Int
        switch source.bytes[position + 1] {
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        case UInt8(ascii: "N"), UInt8(ascii: "_"): return (2, 2)
        case UInt8(ascii: "L"), UInt8(ascii: "P"): return (2, 3)
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return nil
        default: return (2, 1)
        }
        let hex = source.bytes[(position + 2)...].prefix(digits)
        guard let value = UInt32(String(decoding: hex, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
        else {
            return nil
        }
        return (2 + digits, String(Character(scalar)).utf8.count)
    }
}
