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
    private let isCutOff: Bool

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
        forEachText { text, _ in
            if wanted.contains(text) { counts[text, default: 0] += 1 }
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

    /// Whether a text of the sources is `word`.
    func hold(_ word: String) -> Bool {
        var isFound = false
        forEachText { text, _ in isFound = isFound || text.elementsEqual(word.utf8) }
        return isFound
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
