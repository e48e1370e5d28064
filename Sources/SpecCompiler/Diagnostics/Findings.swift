/// The diagnostics of a run while it goes on: all of them counted, the first thousands kept.
///
/// A spec of a million keys can hold a million mistakes; nobody reads them all.
struct Findings {
    private(set) var kept: [Diagnostic] = []
    private(set) var errorCount = 0
    private(set) var warningCount = 0

    /// How many of each severity are kept until the end of the run.
    static let maxKept = 2_000
    /// How many are shown.
    static let maxShown = 200

    /// Whether further errors are only counted, so that suggestions for them are wasted work.
    var isFull: Bool { errorCount >= Findings.maxKept }

    /// Whether further warnings are only counted, so that their texts are wasted work.
    var countsOnlyWarnings: Bool { warningCount >= Findings.maxKept }

    /// Counts an error that would not be kept.
    mutating func countError() {
        precondition(isFull, "there is room for this")
        errorCount += 1
    }

    /// Counts warnings that would not be kept.
    mutating func countWarnings(_ count: Int) {
        precondition(countsOnlyWarnings, "there is room for these")
        warningCount += count
    }

    /// Counts `diagnostic` and keeps it while there is room.
    mutating func add(_ diagnostic: Diagnostic) {
        switch diagnostic.severity {
        case .error: errorCount += 1
        case .warning: warningCount += 1
        }
        let count = diagnostic.severity == .error ? errorCount : warningCount
        if count <= Findings.maxKept {
            kept.append(diagnostic)
        }
    }

    /// Adds what another stage found, with what it only counted.
    mutating func add(contentsOf other: Findings) {
        let errorsLeft = other.errorCount - other.kept.count { $0.severity == .error }
        let warningsLeft = other.warningCount - other.kept.count { $0.severity == .warning }
        for diagnostic in other.kept { add(diagnostic) }
        errorCount += errorsLeft
        warningCount += warningsLeft
    }

    /// Takes back the findings of which `isNone` is true.
    mutating func remove(where isNone: (Diagnostic) -> Bool) {
        for diagnostic in kept where isNone(diagnostic) {
            switch diagnostic.severity {
            case .error: errorCount -= 1
            case .warning: warningCount -= 1
            }
        }
        kept.removeAll(where: isNone)
    }

    /// Changes the texts of the findings that are kept.
    mutating func change(_ body: (inout Diagnostic) -> Void) {
        for index in kept.indices { body(&kept[index]) }
    }

    /// Takes back what is said of values that the reader of a tree repaired: the syntax error says
    /// all that is known of them.
    mutating func removeFollowUps(of trees: [NodeTree]) {
        var repairs: [Int: [SourceSpan]] = [:]
        for tree in trees where !tree.repairs.isEmpty { repairs[tree.file] = tree.repairs }
        if repairs.isEmpty { return }
        remove { finding in
            let span = finding.primary.span
            guard finding.code != .syntax, let places = repairs[span.file] else { return false }
            return places.contains {
                $0.start <= span.start && span.start < max($0.end, $0.start + 1)
            }
        }
    }

    /// Sorted by file, position and code, each once, errors before warnings where there are too
    /// many; the last one says how many are not shown.
    func shown() -> [Diagnostic] {
        var unique: [Diagnostic] = []
        for diagnostic in kept.sorted(by: Findings.isBefore) where unique.last != diagnostic {
            unique.append(diagnostic)
        }
        let repeated = kept.count - unique.count
        let total = errorCount + warningCount - repeated
        guard unique.count > Findings.maxShown else { return unique }
        let errors = unique.filter { $0.severity == .error }.prefix(Findings.maxShown)
        let warnings = unique.filter { $0.severity == .warning }
            .prefix(Findings.maxShown - errors.count)
        var shown = (Array(errors) + Array(warnings)).sorted(by: Findings.isBefore)
        shown[shown.count - 1].notes.append(Findings.restNote(total - shown.count))
        return shown
    }

    private static func isBefore(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        let (leftSpan, rightSpan) = (left.primary.span, right.primary.span)
        return (leftSpan.file, leftSpan.start, left.code.rawValue, leftSpan.end, left.message)
            < (rightSpan.file, rightSpan.start, right.code.rawValue, rightSpan.end, right.message)
    }

    private static func restNote(_ count: Int) -> String {
        count == 1 ? "1 more finding is not shown" : "\(count) more findings are not shown"
    }
}
