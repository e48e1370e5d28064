import ArgumentParser
import Runtime

/// `routerc status`: what a running router is doing.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running router is doing: its table, requests, connections.",
        discussion: """
            Examples:
              routerc status --admin 127.0.0.1:9901
              routerc status --admin unix:/run/routerc/admin.sock --format json | jq .table
              routerc status --admin router.lan:9901 --key-file /run/secrets/prometheus

            Exit status: 0 it answered; 1 the key may not do this; 3 it could not be reached.
            """)

    @OptionGroup var options: AdminOptions

    func run() throws {
        try options.ask(.get, "/status")
    }
}
