import ArgumentParser
import Runtime

/// `routerc endpoint`: what operators order about endpoints of a running router.
struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Take an endpoint of a running router out of service, or put it back.",
        discussion: """
            Examples:
              routerc endpoint list --admin 127.0.0.1:9901
              routerc endpoint drain gpu2 --for 2h --admin 127.0.0.1:9901
              routerc endpoint resume gpu2 --admin 127.0.0.1:9901
            """,
        subcommands: [List.self, Drain.self, Resume.self])

    /// `routerc endpoint list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the endpoints: pools, health, breaker, requests under way, drain.",
            discussion: """
                Examples:
                  routerc endpoint list --admin 127.0.0.1:9901
                  routerc endpoint list --admin unix:/run/routerc/admin.sock --format json

                Exit status: 0 it answered; 1 the key may not do this; 3 it could not be reached.
                """)

        @OptionGroup var options: AdminOptions

        func run() throws {
            try options.ask(.get, "/endpoints")
        }
    }

    /// `routerc endpoint drain`.
    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an endpoint no new requests; its running answers end.",
            discussion: """
                It holds for the running process, over swaps of its table, and ends by itself. \
                The spec stays as it is: what it says otherwise is shown as drift.

                Examples:
                  routerc endpoint drain gpu2 --admin 127.0.0.1:9901
                  routerc endpoint drain gpu2 --for 2h --admin 127.0.0.1:9901
                  routerc endpoint drain gpu2 --for none --admin unix:/run/routerc/admin.sock

                Exit status: 0 it drains; 1 there is no such endpoint, or the key may not do \
                this; 3 the router could not be reached.
                """)

        @Argument(help: "The name of the endpoint; its URL where it has none.")
        var name: String

        @Option(name: .customLong("for"), help: "How long: 90s, 2h, or none until it is resumed.")
        var time = "1h"

        @OptionGroup var options: AdminOptions

        func validate() throws {
            if DrainTime(time) == nil {
                throw ValidationError("--for wants \(DrainTime.rule), and '\(time)' is not")
            }
        }

        func run() throws {
            let query = "endpoint=\(QueryText.encoded(name))&for=\(QueryText.encoded(time))"
            try options.ask(.post, "/-/endpoint/drain?\(query)")
        }
    }

    /// `routerc endpoint resume`.
    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an endpoint requests again that was drained at run time.",
            discussion: """
                Examples:
                  routerc endpoint resume gpu2 --admin 127.0.0.1:9901

                Exit status: 0 it may get requests; 1 the spec drains it, there is no such \
                endpoint, or the key may not do this; 3 the router could not be reached.
                """)

        @Argument(help: "The name of the endpoint; its URL where it has none.")
        var name: String

        @OptionGroup var options: AdminOptions

        func run() throws {
            try options.ask(.post, "/-/endpoint/resume?endpoint=\(QueryText.encoded(name))")
        }
    }
}
