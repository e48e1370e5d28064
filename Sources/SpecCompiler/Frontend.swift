/// The front half of the compiler: from the bytes of a spec to what it means.
///
/// Each stage takes a value, returns what it could make of it and adds what it found.
package struct Frontend {
    /// What `source` means; nil if there are errors.
    ///
    /// Its diagnostics are added in order of place.
    package static func run(
        _ source: SourceFile, diagnostics: inout [Diagnostic]
    ) -> ResolvedSpec? {
        var findings = Findings()
        let spec = read(source, findings: &findings)
        diagnostics += findings.shown()
        return findings.errorCount == 0 ? spec : nil
    }

    private static func read(_ source: SourceFile, findings: inout Findings) -> ResolvedSpec? {
        if let refusal = source.refusal(file: 0) {
            findings.add(refusal)
            return nil
        }
        let tree = YAMLReader.read(source, file: 0, findings: &findings)
        guard tree.isComplete else { return nil }
        guard let document = SpecDecoder.decode(tree, findings: &findings) else { return nil }
        // Beyond this point there is no YAML.
        let spec = Resolver.resolve(document, findings: &findings)
        // Beyond this point every name refers to something, or an error says that it does not.
        CheckRegistry.run(CheckInput(document: document, spec: spec), findings: &findings)
        return spec
    }
}
