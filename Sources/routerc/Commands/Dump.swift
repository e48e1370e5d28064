import ArgumentParser
import Runtime
import TableFormat

/// `routerc dump`: what is in a table, as text.
struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Show what is in a table, or in the table a spec would give.",
        discussion: """
            Holds no secret: keys are shown by name and the first bytes of a salted fingerprint.

            Examples:
              routerc dump router.table
              diff <(routerc dump old.table) <(routerc dump team.yaml)
            """)

    @Argument(help: "A table or a spec.", completion: .file())
    var input: String

    func run() throws {
        let table = try SpecInput.open(input)
        table.withView { view in
            Output.data(TableDump.lines(view).joined(separator: "\n"))
        }
    }
}
