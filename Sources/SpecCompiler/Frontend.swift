/// The front half of the compiler: from the bytes of a spec to what it means.
///
/// Each stage takes a value, returns what it could make of it and adds what it found.
package struct Frontend {
    /// What the spec means; nil if there are errors.
    package private(set) var spec: ResolvedSpec?
    /// What all files say together, as far as it could be read.
    private(set) var document: SpecDocument?
    /// What was written, of each source that could be read as text.
    private(set) var trees: [NodeTree] = []
    /// What was read, the root first.
    package private(set) var sources: [SourceFile]
    /// In order of place.
    package private(set) var diagnostics: [Diagnostic] = []

    /// Reads `root` and what it includes of `folder`.
    package init(_ root: SourceFile, in folder: any SpecFolder = EmptySpecFolder()) {
        sources = [root]
        var findings = Findings()
        let read = read(root, folder, &findings)
        diagnostics = findings.shown()
        spec = findings.errorCount == 0 ? read : nil
    }

    private mutating func read(
        _ root: SourceFile, _ folder: any SpecFolder, _ findings: inout Findings
    ) -> ResolvedSpec? {
        if let refusal = root.refusal(file: 0, total: root.bytes.count) {
            findings.add(refusal)
            return nil
        }
        let tree = YAMLReader.read(root, file: 0, findings: &findings)
        trees = [tree]
        defer {
            findings.removeFollowUps(of: trees)
            findings.nameTypographicQuotes(in: trees)
            // Who shows what was found has to know what not to show.
            if !findings.kept.isEmpty {
                for tree in trees { sources[tree.file].keepSecrets(of: tree) }
            }
        }
        guard tree.isComplete else { return nil }
        guard var document = SpecDecoder.decode(tree, findings: &findings) else { return nil }
        IncludeReader.read(
            into: &document, from: folder, sources: &sources, trees: &trees, findings: &findings)
        self.document = document
        // Beyond this point YAML is only asked where something stands.
        let spec = Resolver.resolve(document, findings: &findings)
        // Beyond this point every name refers to something, or an error says that it does not.
        let input = CheckInput(document: document, spec: spec, trees: trees)
        CheckRegistry.run(input, findings: &findings)
        for tree in trees where tree.isComplete {
            Silencing.apply(tree, &findings)
        }
        return spec
    }
}
