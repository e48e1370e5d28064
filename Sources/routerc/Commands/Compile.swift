import ArgumentParser
import Runtime
import SpecCompiler

/// `routerc compile`: a spec into a table.
struct Compile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile a spec into a frozen table and print its digest.",
        discussion: """
            The same spec gives the same bytes on every machine. The table replaces the old one \
            in one step; on errors the old one stays. A file that is no table is never replaced.

            Examples:
              routerc compile team.yaml -o router.table
              routerc compile team.yaml -o router.table
              routerc reload --admin 127.0.0.1:9901    # where the spec has 'admin'
            """)

    @Argument(help: "The spec.", completion: .file(extensions: ["yaml", "yml"]))
    var spec: String

    @Option(name: .shortAndLong, help: "Where to put the table.", completion: .file())
    var output: String

    func run() throws {
        let source = try SpecInput.readSpec(spec)
        let target = try OutputFile.resolve(output, besides: spec)
        let compilation = Compiler.compile(source, in: DiskFolder(of: spec))
        try SpecInput.report(compilation)
        guard let bytes = compilation.table else {
            throw ExitStatus.bug
        }
        do throws(TableFile.Failure) {
            try TableFile.publish(bytes, to: target)
        } catch {
            Output.talk("error: \(error)")
            throw ExitStatus.unknown
        }
        Output.data(TableFile.digest(of: bytes))
    }
}
