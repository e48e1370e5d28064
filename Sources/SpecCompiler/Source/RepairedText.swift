internal import TableFormat

/// A source, a copy of it in which mistakes of YAML are repaired, and the way back.
///
/// Places in the copy are known in the source byte by byte, but for what a repair wrote: that
/// stands for the bytes which it replaced, as a whole.
struct RepairedText {
    let source: SourceFile
    private var bytes: [UInt8]
    /// Ascending and apart.
    private var edits: [Edit] = []

    private struct Edit {
        /// What is replaced of the source.
        let place: Range<Int>
        /// Where the replacement begins in the copy.
        var start: Int
        let count: Int

        var end: Int { start + count }
    }

    init(_ source: SourceFile) {
        self.source = source
        bytes = source.bytes
    }

    /// What libyaml reads.
    var copy: SourceFile { SourceFile(name: source.name, bytes: bytes) }

    /// Writes `fixes`, which have places of the copy; nil where one touches an earlier repair.
    func applying(_ fixes: [Diagnostic.FixIt]) -> RepairedText? {
        var result = self
        // From the last to the first, so that their places stay what they are.
        for fix in fixes.sorted(by: { $0.span.start > $1.span.start }) {
            let range = fix.span.start..<fix.span.end
            guard range.upperBound <= result.bytes.count, !result.touches(range) else {
                return nil
            }
            result.write(Array(fix.replacement.utf8), over: range)
        }
        return result
    }

    private mutating func write(_ text: [UInt8], over range: Range<Int>) {
        let start = originalStart(range.lowerBound)
        let end = range.isEmpty ? start : max(start, originalEnd(range.upperBound))
        let index = edits.partitioningIndex { $0.end > range.lowerBound }
        for later in edits[index...].indices {
            edits[later].start += text.count - range.count
        }
        edits.insert(
            Edit(place: start..<end, start: range.lowerBound, count: text.count), at: index)
        bytes.replaceSubrange(range, with: text)
    }

    /// Whether a repair was made inside a part of the copy.
    func touches(_ range: Range<Int>) -> Bool {
        let next = edits.partitioningIndex { $0.start >= range.upperBound }
        return next > 0 && edits[next - 1].end > range.lowerBound
    }

    /// A fix of the source as one of the copy; what it changes was not repaired.
    func copied(_ fix: Diagnostic.FixIt) -> Diagnostic.FixIt {
        var fix = fix
        fix.span.start = copied(fix.span.start)
        fix.span.end = copied(fix.span.end)
        return fix
    }

    private func copied(_ offset: Int) -> Int {
        let index = edits.partitioningIndex { $0.place.upperBound > offset }
        guard index > 0 else { return offset }
        return edits[index - 1].end + offset - edits[index - 1].place.upperBound
    }

    // MARK: - The way back

    /// The places of a diagnostic in the source.
    func original(_ diagnostic: Diagnostic) -> Diagnostic {
        if edits.isEmpty { return diagnostic }
        var moved = diagnostic
        moved.primary.span = original(moved.primary.span)
        for index in moved.secondary.indices {
            moved.secondary[index].span = original(moved.secondary[index].span)
        }
        for index in moved.fixIts.indices {
            moved.fixIts[index].span = original(moved.fixIts[index].span)
        }
        return moved
    }

    /// The place in the source of a part of the copy.
    func original(_ span: SourceSpan) -> SourceSpan {
        if edits.isEmpty { return span }
        let start = originalStart(span.start)
        let end = span.end == span.start ? start : originalEnd(span.end)
        return SourceSpan(file: span.file, start: min(start, end), end: max(start, end))
    }

    /// What begins in the copy behind something deleted begins behind it in the source too.
    private func originalStart(_ offset: Int) -> Int {
        original(offset, after: edits.partitioningIndex { $0.start > offset })
    }

    private func originalEnd(_ offset: Int) -> Int {
        original(offset, after: edits.partitioningIndex { $0.start >= offset })
    }

    private func original(_ offset: Int, after index: Int) -> Int {
        guard index > 0 else { return offset }
        let edit = edits[index - 1]
        return offset < edit.end
            ? edit.place.lowerBound : offset - edit.end + edit.place.upperBound
    }
}
