import ArgumentParser
import Runtime
import SpecCompiler
import TableFormat

/// `routerc dump`: what is in a table, or in force by a spec, as text.
struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Show what is in a table, or what is in force by a spec and which line says so.",
        discussion: """
            Without --effective: what is in a table, or in the table that a spec would give. Keys \
            are shown by name and the first bytes of a salted fingerprint.

            With --effective: each value that is in force, as the language writes it, with the \
            file and line of its key, or 'default'. A pool's line may come from 'defaults'. \
            Secrets are references or cut short.

            Examples:
              routerc dump router.table
              diff <(routerc dump old.table) <(routerc dump team.yaml)
              routerc dump --effective team.yaml
              routerc dump --effective team.yaml pools.chat listen.timeouts
              routerc dump --effective team.yaml | grep -v 'default$'
              routerc dump --effective --format json team.yaml | jq '.values[] | select(.line)'

            Exit status: 0 shown; 1 the spec has errors, or nothing is at a path; 3 a file that \
            cannot be read.
            """)

    @Argument(help: "A table or a spec.", completion: .file())
    var input: String

    @Argument(help: "With --effective: show only what is at or below these paths.")
    var paths: [String] = []

    @Flag(help: "Show the values in force by a spec, each with the line it came from.")
    var effective = false

    @Option(help: "With --effective: how values are shown.")
    var format = Check.Format.text

    func validate() throws {
        guard !effective else { return }
        if !paths.isEmpty { throw ValidationError("paths want --effective") }
        if format != .text { throw ValidationError("--format \(format) wants --effective") }
    }

    func run() throws {
        if effective { return try showEffective() }
        let table = try SpecInput.open(input)
        table.withView { view in
            Output.data(TableDump.lines(view).joined(separator: "\n"))
        }
    }

    private func showEffective() throws {
        guard case .spec(let source) = try SpecInput.given(input) else {
            Output.talk("error: --effective wants a spec; '\(input)' is a table, without lines")
            throw ExitStatus.usage
        }
        let (compilation, all) = Compiler.effective(source, in: DiskFolder(of: input))
        try SpecInput.report(compilation)
        let values = paths.isEmpty ? all : all.filter { value in paths.contains(where: value.isAt) }
        switch format {
        case .text where values.isEmpty: break
        case .text: Output.data(EffectiveValue.text(values))
        case .json: Output.data(EffectiveValue.json(values))
        }
        let missing = paths.filter { path in !all.contains { $0.isAt(path) } }
        for path in missing {
            Output.talk("error: nothing is in force at '\(path)'")
        }
        if !missing.isEmpty { throw ExitStatus.no }
    }
}
