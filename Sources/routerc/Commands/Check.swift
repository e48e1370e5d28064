import ArgumentParser
import SpecCompiler

/// `routerc check`: every mistake in one run.
struct Check: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find every mistake of a spec in one run.",
        discussion: """
            Reads no network and no clock: what is right here is right in CI.

            Examples:
              routerc check team.yaml
              routerc check --format json team.yaml | jq '.diagnostics[].code'
              routerc check --deny-warnings specs/*.yaml

            Exit status: 0 no errors; 1 errors, or warnings with --deny-warnings; 3 a file that \
            cannot be read.
            """)

    @Argument(help: "The specs to check.", completion: .file(extensions: ["yaml", "yml"]))
    var specs: [String]

    @Option(help: "How findings are shown: text on standard error, or json on standard output.")
    var format = Format.text

    @Flag(help: "Warnings count as errors.")
    var denyWarnings = false

    func run() throws {
        var compilations: [Compilation] = []
        var isUnread = false
        for path in specs {
            guard let source = try? SpecInput.readSpec(path) else {
                isUnread = true
                continue
            }
            let compilation = Compiler.check(source, in: DiskFolder(of: path))
            if format == .text { show(compilation, path) }
            compilations.append(compilation)
        }
        if format == .json { show(Compilation(joining: compilations)) }
        if isUnread {
            throw ExitStatus.unknown
        }
        let isRefused = compilations.contains { compilation in
            compilation.hasErrors || (denyWarnings && !compilation.diagnostics.isEmpty)
        }
        if isRefused {
            throw ExitStatus.no
        }
    }

    /// One document, however many specs there are.
    private func show(_ compilation: Compilation) {
        Output.data(JSONRenderer(sources: compilation.sources).render(compilation.diagnostics))
    }

    private func show(_ compilation: Compilation, _ path: String) {
        let text = SpecInput.text(of: compilation)
        Output.talk(text.isEmpty ? "\(path): no findings" : text)
    }
}
