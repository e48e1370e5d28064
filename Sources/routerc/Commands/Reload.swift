import ArgumentParser
import Runtime

/// `routerc reload`: the running router takes over the table that is there now.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have a running router take over its table anew, and say what came of it.",
        discussion: """
            The same as SIGHUP, with an answer: it comes when every request follows the new table, \
            or with the reason why the old one stays.

            Examples:
              routerc reload --admin 127.0.0.1:9901
              routerc reload --admin unix:/run/routerc/admin.sock --format json
              routerc reload --admin router.lan:9901 --key-file /run/secrets/ops

            Exit status: 0 the table is in service; 1 it was refused, or the key may not do this; \
            3 the router could not be reached.
            """)

    @OptionGroup var options: AdminOptions

    func run() throws {
        try options.ask(.post, "/-/reload")
    }
}
