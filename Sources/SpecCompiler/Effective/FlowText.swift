internal import TableFormat

/// Values as the language writes them on one line, without their secrets.
struct FlowText {
    private let tree: NodeTree
    /// Ascending and apart.
    private let secrets: [Range<Int>]

    init(_ tree: NodeTree) {
        self.tree = tree
        secrets = SecretPlaces(of: tree).ranges
    }

    /// A node of the tree in flow style.
    func text(_ node: Int) -> String {
        switch tree.kind(node) {
        case .scalar:
            return holdsSecret(tree.span(node))
                ? FlowText.scalar(maskedPrefix(tree.text(node)) + "...")
                : FlowText.scalar(FlowText.shortened(withoutTokens(tree.text(node))))
        case .sequence:
            return "[\(tree.children(of: node).map { text($0) }.joined(separator: ", "))]"
        case .mapping:
            let entries = tree.entries(of: node).map { "\(text($0.key)): \(text($0.value))" }
            return entries.isEmpty ? "{}" : "{ \(entries.joined(separator: ", ")) }"
        case .alias:
            return text(tree.resolved(node))
        }
    }

    /// A text as it stands in a list: in quotes only where it needs them.
    static func scalar(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return "\"\"" }
        let isPlain =
            bytes.allSatisfy { isLetter($0) || isDigit($0) || "_-./+@:*%".utf8.contains($0) }
            && (isLetter(first) || isDigit(first) || first == UInt8(ascii: "/"))
            && last != UInt8(ascii: ":")
            && !["null", "Null", "NULL"].contains(text)
        return isPlain ? text : JSONText.quoted(text)
    }

    /// A digest cut after its first digits, which tell it from others.
    static func shortened(_ text: String) -> String {
        let isDigest = text.hasPrefix("sha256:") && text.utf8.count == 71
        return isDigest ? String(text.prefix(15)) + "..." : text
    }

    private func holdsSecret(_ span: SourceSpan) -> Bool {
        let next = secrets.partitioningIndex { $0.upperBound > span.start }
        return next < secrets.count && secrets[next].lowerBound < span.end
    }
}
