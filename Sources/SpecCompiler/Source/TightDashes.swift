/// Dashes without a space behind them where YAML reads a text and a list was meant.
///
/// `-a` below `endpoints:` is the text "-a", and a line `- b` below it goes on with that text. So
/// under a key of the language that has a list, a text that begins like this is repaired.
enum TightDashes {
    /// One finding for each line that lacks the space.
    static func find(in tree: NodeTree) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let lines = LineTexts(bytes: tree.source.bytes, file: tree.file)
        for index in tree.nodes.indices.dropFirst() {
            let node = tree.nodes[index]
            guard node.kind == .scalar, node.style == .plain, !node.isRepaired,
                node.start < node.end, tree.source.bytes[Int(node.start)] == UInt8(ascii: "-"),
                isValueOfList(index, in: tree), lines.isFirst(Int(node.start))
            else {
                continue
            }
            // A model may be called so, but not over two lines.
            let isText = tree.bytes(index - 1).elementsEqual("match".utf8)
            if isText, Int(node.end) <= lines.end(of: Int(node.start)) { continue }
            var line: Int? = lines.start(of: Int(node.start))
            while let current = line, current < Int(node.end) {
                if let dash = lines.tightDash(current) { found.append(.tightDash(at: dash)) }
                line = lines.contentLine(after: current)
            }
            // Others are found when this is repaired.
            if !found.isEmpty { return found }
        }
        return found
    }

    /// Whether a node is the value of a key that has a list.
    private static func isValueOfList(_ index: Int, in tree: NodeTree) -> Bool {
        let key = tree.nodes[index - 1]
        guard key.kind == .scalar, key.end <= tree.nodes[index].start else { return false }
        var between = tree.source.bytes[Int(key.end)..<Int(tree.nodes[index].start)]
        between = between.drop { $0 <= 0x20 }
        guard between.first == UInt8(ascii: ":"),
            between.dropFirst().allSatisfy({ $0 <= 0x20 })
        else {
            return false
        }
        return keys.contains(tree.text(index - 1))
    }

    private static let keys = Set(
        SpecKeys.all.filter { $0.type.hasPrefix("list of") }.map(\.name) + ["match", "servers"])
}

extension LineTexts {
    /// The dash that a line begins with, where a word or a value follows it at once.
    func tightDash(_ line: Int) -> SourceSpan? {
        let dash = line + indentation(line)
        guard byte(dash) == UInt8(ascii: "-"), let next = byte(dash + 1) else { return nil }
        let isValue = isLetter(next) || isDigit(next) || "\"'{[*_".utf8.contains(next)
        return isValue ? span(dash, dash + 1) : nil
    }
}

extension Diagnostic {
    /// A dash that begins a text, and was meant to begin an entry of a list.
    static func tightDash(at span: SourceSpan) -> Diagnostic {
        var behind = span
        behind.start = span.end
        return Diagnostic(
            .syntax, "this is not YAML: a space is missing after the dash",
            at: Label(span, "this one"), help: "write a space between the dash and the value",
            fixIts: [FixIt(behind, " ", .maybeIncorrect)])
    }
}
