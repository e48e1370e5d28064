import ArgumentParser
import Glibc
import SpecCompiler

/// The command line.
///
/// One file a command below `Commands/`.
@main
struct Routerc: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routerc",
        abstract: "A compiled router for OpenAI-compatible traffic.",
        discussion: """
            A spec says which keys and models go to which servers. It is checked, compiled into a \
            frozen table, and served:

              routerc check team.yaml
              routerc compile team.yaml -o router.table
              routerc serve router.table

            Examples:
              routerc demo --once             # two model servers, a router, a streamed answer
              routerc route team.yaml --key-name alice --model llama3
              routerc reload --admin 127.0.0.1:9901   # take over the table that is there now

            Exit status: 0 yes or done; 1 the answer is no; 2 usage; 3 could not find out (a file, \
            the network); 4 a mistake of routerc's own.
            """,
        version: "routerc \(RoutercVersion.current)",
        subcommands: [
            Check.self, Compile.self, Serve.self, Dump.self, RouteCommand.self, Key.self,
            Register.self, Reload.self, Status.self, EndpointCommand.self, Demo.self, Inspect.self,
        ])

    static func main() {
        // A limit on the size of files is an error to report, not an end without a word.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let status as ExitStatus {
            Glibc.exit(status.rawValue)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                Output.data(message)
                Glibc.exit(0)
            }
            Output.talk(message)
            // ArgumentParser says 64 (EX_USAGE) for usage; 2 is what users of compilers expect.
            Glibc.exit(
                code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.bug.rawValue)
        }
    }
}

/// What a command leaves with, when it is not 0.
enum ExitStatus: CInt, Error {
    /// The answer is no: a spec has errors, a request is refused.
    case no = 1
    case usage = 2
    /// It could not be found out: a file or the network failed.
    case unknown = 3
    case bug = 4
}
