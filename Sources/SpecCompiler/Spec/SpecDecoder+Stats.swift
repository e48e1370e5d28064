internal import TableFormat

/// `stats`: which sections and fields of `/stats` are shown.
extension SpecDecoder {
    /// What `/stats` shows; nil where the spec does not say.
    mutating func stats(_ node: Int?) -> StatsFilter? {
        guard let node, let fields = fields(of: node, as: SpecShapes.stats, "stats") else {
            return nil
        }
        var filter = StatsFilter.everything
        var hiding: SourceSpan?
        if let enabled = fields["enabled_sections"] {
            let sections = each(enabled, "stats.enabled_sections") { $0.statsSection($1)?.value }
            filter.keep(sections: sections)
            // Where a name could not be read, nobody knows what is hidden.
            let isRead =
                tree.kind(enabled) == .sequence
                && tree.children(of: enabled).count == sections.count
            if isRead { hiding = tree.span(enabled) }
        }
        guard let chosen = fields["enabled_fields"] else { return filter }
        guard tree.kind(chosen) == .mapping else {
            findings.add(
                isNull(chosen)
                    ? .emptyMapping("stats.enabled_fields", at: tree.span(chosen))
                    : .fieldsNotMapping(at: tree.span(chosen)))
            return filter
        }
        for (key, value) in tree.entries(of: chosen) {
            guard let section = statsSection(key) else { continue }
            filter.keep(fields: statsFields(value, of: section), of: section.value)
            if let hiding, !filter.shows(section.value) {
                findings.add(.fieldsOfHidden(section, enabled: hiding))
            }
        }
        return filter
    }

    private mutating func statsSection(_ node: Int) -> Spanned<StatsSection>? {
        guard let text = text(node, "a section of /stats") else { return nil }
        guard let section = StatsSection.allCases.first(where: { $0.name == text.value }) else {
            findings.add(.unknownSection(text))
            return nil
        }
        return Spanned(section, at: text.span)
    }

    /// The fields of a list that the section has.
    private mutating func statsFields(
        _ node: Int, of section: Spanned<StatsSection>
    ) -> [String] {
        let known = section.value.fields
        guard !known.isEmpty else {
            findings.add(.noFields(section))
            return []
        }
        return each(node, "stats.enabled_fields.\(section.value.name)") { decoder, node in
            guard let text = decoder.text(node, "a field of \(section.value.name)") else {
                return nil
            }
            guard known.contains(text.value) else {
                decoder.findings.add(.unknownField(text, of: section.value))
                return nil
            }
            return text.value
        }
    }
}

extension Diagnostic {
    fileprivate static func unknownSection(_ text: Spanned<String>) -> Diagnostic {
        let names = StatsSection.allCases.map(\.name)
        var diagnostic = Diagnostic(
            .unknownStatistic, "/stats has no section \(quoted(text.value))",
            at: Label(text.span, "unknown section"), help: "it has \(listed(names))")
        let first = text.value.split(separator: ".").first.map { String($0) } ?? ""
        if names.contains(first) {
            diagnostic.help = "fields are chosen in stats.enabled_fields: { \(first): [...] }"
        }
        diagnostic.suggest(NearestName.nearest(to: text.value, among: names), at: text.span)
        return diagnostic
    }

    fileprivate static func unknownField(
        _ text: Spanned<String>, of section: StatsSection
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownStatistic,
            "section \(section.name) of /stats has no field \(quoted(text.value))",
            at: Label(text.span, "unknown field"), help: "it has \(listed(section.fields))")
        // Only whole fields are chosen: `load_average.1min` stands for `load_average`.
        let whole = text.value.split(separator: ".").first.map { String($0) } ?? ""
        let near =
            section.fields.contains(whole)
            ? whole : NearestName.nearest(to: text.value, among: section.fields)
        let others = StatsSection.allCases.filter { $0.fields.contains(text.value) }
        if near == nil, !others.isEmpty {
            let places = listed(others.map(\.name), last: "or")
            diagnostic.help = "\(quoted(text.value)) is a field of \(places)"
        }
        diagnostic.suggest(near, at: text.span)
        return diagnostic
    }

    /// Proposes a name in the place of the one that was written.
    private mutating func suggest(_ name: String?, at span: SourceSpan) {
        guard let name else { return }
        help = "did you mean '\(name)'?"
        fixIts = [FixIt(span, name, .maybeIncorrect)]
    }

    fileprivate static func noFields(_ section: Spanned<StatsSection>) -> Diagnostic {
        Diagnostic(
            .unknownStatistic,
            "section \(section.value.name) of /stats has no fields to choose from",
            at: Label(section.span, "a plain value"),
            help: "stats.enabled_sections shows or hides it")
    }

    fileprivate static func fieldsOfHidden(
        _ section: Spanned<StatsSection>, enabled: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .contradiction,
            "fields are chosen of sections that are shown, and \(section.value.name) is not",
            at: Label(section.span, "this would show nothing"),
            also: [Label(enabled, "\(section.value.name) is not here")],
            help: "add it to stats.enabled_sections, or delete its fields")
    }

    fileprivate static func fieldsNotMapping(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "stats.enabled_fields is a mapping of section to fields",
            at: Label(span, "this is no mapping"), help: "{ memory: [percent, free_gb] }")
    }
}
