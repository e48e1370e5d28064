/// The repairs of one source on the way to a text that YAML can read, and what is said of them.
struct Repairs {
    /// What is read next.
    private(set) var text: RepairedText
    /// One for each mistake, in the order in which they were met.
    private(set) var findings: [Diagnostic] = []
    /// What was repaired: it counts as what was meant.
    private(set) var places: [SourceSpan] = []
    /// From where each mistake began to where it was noticed.
    private(set) var doubts: [SourceSpan] = []
    private let lines: LineTexts

    /// Conflicts of a merge are taken out at once: no other repair would lead past them.
    init(_ source: SourceFile, file: Int) {
        text = RepairedText(source)
        lines = LineTexts(bytes: source.bytes, file: file)
        let conflicts = MergeConflict.find(in: lines)
        guard !conflicts.isEmpty, let repaired = text.applying(conflicts.flatMap(\.deletions))
        else {
            return
        }
        text = repaired
        for conflict in conflicts {
            findings.append(conflict.diagnostic)
            doubts.append(conflict.diagnostic.extent)
        }
    }

    /// Repairs a fault, or dashes where there is none, and reads again; nil where that leads
    /// nowhere.
    mutating func next(
        _ fault: Diagnostic?, _ dashes: [Diagnostic],
        _ read: (RepairedText, Int) -> YAMLReader.Attempt
    ) -> YAMLReader.Attempt? {
        let shown = fault.map { [text.original($0)] } ?? dashes
        let fixes = fault?.fixIts ?? dashes.flatMap(\.fixIts).map(text.copied)
        guard !fixes.isEmpty, let repaired = text.applying(fixes) else { return nil }
        let next = read(repaired, lines.file)
        if let second = next.fault {
            let start = repaired.original(second.primary.span).start
            let end = shown.flatMap(\.fixIts).map(\.span.end).min() ?? 0
            guard start >= end else { return nil }
        }
        for finding in shown {
            if !isFollowUp(finding) { findings.append(finding) }
            places += finding.repairedPlaces
            doubts.append(finding.extent)
        }
        text = repaired
        return next
    }

    /// Says where reading stopped.
    mutating func end(at fault: Diagnostic) {
        var shown = text.original(fault)
        doubts.append(shown.extent)
        if shown.code == .syntax { shown.fixIts = [] }
        let isLast = lines.contentLine(after: lines.start(of: shown.extent.end)) == nil
        let note = "reading stopped there: nothing else of this file was checked"
        if shown.code == .syntax, isFollowUp(shown) {
            // What is said of its place already is said once.
            findings[findings.count - 1].notes.append(note)
            return
        }
        if !isLast || shown.code != .syntax { shown.notes.append(note) }
        findings.append(shown)
    }

    /// Whether the repair before was made right there: one mistake, one finding.
    private func isFollowUp(_ finding: Diagnostic) -> Bool {
        guard let last = findings.last, last.code == .syntax else { return false }
        let span = finding.primary.span
        return ([last.primary.span] + last.fixIts.map(\.span)).contains {
            $0.start <= span.start && span.start <= $0.end
        }
    }
}

extension Diagnostic {
    /// From the first to the last place of a syntax error.
    fileprivate var extent: SourceSpan {
        let spans = [primary.span] + secondary.map(\.span) + fixIts.map(\.span)
        return spans.reduce(primary.span) { whole, span in
            SourceSpan(
                file: whole.file, start: min(whole.start, span.start),
                end: max(whole.end, span.end))
        }
    }

    /// The values that the fix-its of a syntax error changed: a quote or a bracket that closes
    /// stands for all from the error to it; a comma, a colon or a space changes no value.
    fileprivate var repairedPlaces: [SourceSpan] {
        guard let fix = fixIts.first, fixIts.count == 1 else {
            return fixIts.map(\.span).filter { $0.start < $0.end }
        }
        let isClosing = fix.replacement.contains { "\"'])}".contains($0) }
        guard isClosing || fix.span.start < fix.span.end else { return [] }
        var start = min(primary.span.start, fix.span.start)
        if isClosing, fix.span.start == fix.span.end {
            start = secondary.map(\.span.start).reduce(start, min)
        }
        return [SourceSpan(file: fix.span.file, start: start, end: fix.span.end)]
    }
}
