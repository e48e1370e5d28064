import ArgumentParser
import Routing
import Runtime
import TableFormat

/// `routerc inspect`: a table in short, and what it would move.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show a table in short, and how many sessions it moves against another one.",
        discussion: """
            What is in the table, or in the table that a spec would give: counts, who has which \
            share of sessions, the biggest sections. With --against, which share of the sessions \
            of each sticky pool would lead to another endpoint, and of each split to another \
            pool, and why. Counted over all sessions there can be, with all endpoints up; nothing \
            is asked or sampled.

            Examples:
              routerc inspect router.table
              routerc inspect team.yaml --against router.table
              routerc inspect new.yaml --against old.yaml --max-moved 30%     # for CI
              routerc inspect new.yaml --against old.yaml --format json | jq .against.most

            Exit status: 0 shown; 1 the spec has errors, or more moves than --max-moved; 3 a file \
            that cannot be read.
            """)

    @Argument(help: "A table or a spec.", completion: .file())
    var input: String

    @Option(
        help: "The table or spec that is in force: shows what would move.", completion: .file())
    var against: String?

    @Option(
        help: ArgumentHelp(
            "With --against: exit status 1 where more of a pool or a split moves.",
            valueName: "percent%"))
    var maxMoved: Percentage?

    @Option(help: "How it is shown.")
    var format = Check.Format.text

    func validate() throws {
        if maxMoved != nil, against == nil { throw ValidationError("--max-moved wants --against") }
    }

    func run() throws {
        let new = try SpecInput.open(input)
        let summary = new.withView { TableSummary($0) }
        guard let against else { return show(summary, nil) }
        let old = try SpecInput.open(against)
        let report = new.withView { new in
            old.withView { old in
                MovesReport(moves: SessionMoves(from: old, to: new), against: old.digest.hex)
            }
        }
        show(summary, report)
        guard let maxMoved else { return }
        let excess = report.excess(over: maxMoved)
        for line in excess { Output.talk("error: \(line)") }
        if !excess.isEmpty { throw ExitStatus.no }
    }

    private func show(_ summary: TableSummary, _ report: MovesReport?) {
        switch format {
        case .text:
            Output.data(summary.text + (report.map { "\n\n\($0.text)" } ?? ""))
        case .json:
            let moves = report.map { [("against", $0.json)] } ?? []
            Output.data(JSONValue.object(summary.members + moves).encoded)
        }
    }
}
