import ArgumentParser
import Glibc
import Pattern
import Routing
import Runtime
import SpecCompiler
import TableFormat

/// `routerc route`: one request's decision, step by step, by the functions that serve.
struct RouteCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "route",
        abstract: "Show where a request would go, and which line of the spec says so.",
        discussion: """
            Decides with the functions and the table that serve. Keys are named, never shown.

            Examples:
              routerc route router.table --key-name alice --model llama3
              routerc route team.yaml --model llama3            # without a key
              routerc route team.yaml --key-name ops --method GET --path /slots
              routerc route team.yaml --key-name alice --model llama3 --format json | jq .endpoint
              routerc route team.yaml --model llama3 --given down=gpu1 --given in_flight=gpu2:3
              routerc route team.yaml --model llama3 --header 'x-session-id: 4711' --user ann

            Exit status: 0 it goes somewhere; 1 it is refused.
            """)

    @Argument(help: "A table or a spec.", completion: .file())
    var input: String

    @Option(help: "The name of the key that the request presents; without it, no key.")
    var keyName: String?

    @Option(help: "The model it asks for.")
    var model: String?

    @Option(help: "Its path.")
    var path = "/v1/chat/completions"

    @Option(help: "Its method.")
    var method = "POST"

    @Option(help: "The time to decide at, in seconds since 1970; by default keys have not expired.")
    var at: Int64?

    @Option(help: "Which turn of the pool's ring is taken.")
    var ticket: UInt32 = 0

    @Option(
        help: ArgumentHelp(
            "A header that may name its session. May be repeated.", valueName: "name: value"))
    var header: [String] = []

    @Option(help: "The member 'user' of its body.")
    var user: String?

    @Option(help: "The member 'prompt_cache_key' of its body.")
    var promptCacheKey: String?

    @Option(
        help: ArgumentHelp(
            "How an endpoint is; all are up and idle without. May be repeated.",
            discussion: GivenState.forms, valueName: "fact"))
    var given: [String] = []

    @Option(help: "How the decision is shown.")
    var format = Format.text

    func validate() throws {
        if method.isEmpty || !method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) {
            throw ValidationError("--method wants a method such as POST, and '\(method)' is none")
        }
        if path.contains("#") || !path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw ValidationError("--path wants a path as it stands in a request")
        }
        if let wrong = header.first(where: { !$0.dropFirst().contains(":") }) {
            throw ValidationError("--header wants 'name: value', not '\(wrong)'")
        }
    }

    private var session: GivenSession {
        let headers = header.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.dropFirst().first ?? ""
            return (
                name: parts[0].lowercased(),
                value: RouteCommand.trimmed(value)
            )
        }
        return GivenSession(headers: headers, user: user, promptCacheKey: promptCacheKey)
    }

    private static func trimmed(_ value: Substring) -> String {
        let start = value.drop { $0 == " " || $0 == "\t" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" }
        return end.map { String(start[...$0]) } ?? ""
    }

    func run() throws {
        let table = try SpecInput.open(input)
        let decision = try table.withView { view in
            try RouteDecision.decide(
                RouteDecision.Question(
                    keyName: keyName, model: model,
                    path: String(path.prefix { $0 != "?" }), method: method,
                    now: at ?? .min, ticket: ticket, session: session,
                    given: GivenState(given, in: view)),
                in: view)
        }
        switch format {
        case .text: Output.data(decision.text)
        case .json: Output.data(decision.json)
        }
        if decision.error != nil {
            throw ExitStatus.no
        }
    }
}
