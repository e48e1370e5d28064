import ArgumentParser
import Glibc
import Logging
import Runtime
import SpecCompiler

/// `routerc serve`: the runtime.
struct Serve: ParsableCommand {
    /// swift-log's levels, under its names.
    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case trace, debug, info, notice, warning, error, critical

        var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }

    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a table, or a spec that is compiled anew at every SIGHUP.",
        discussion: """
            SIGHUP takes over the table that is there now; if it is refused, the old one stays and \
            the log says why. SIGTERM and SIGINT let running answers end; a second one does not \
            wait.

            Examples:
              routerc serve router.table
              routerc serve team.yaml --listen 127.0.0.1:8080
              routerc serve router.table --log-format json --log-level warning
            """)

    @Argument(help: "A table or a spec.", completion: .file())
    var input: String

    @Option(help: "Listen here and not where the spec says: HOST:PORT or unix:/PATH.")
    var listen: String?

    @Option(help: "How log lines look: text or json.")
    var logFormat = LogFormat.text

    @Option(help: "The least grave log lines shown; requests are at info.")
    var logLevel = LogLevel.info

    @Option(help: "Event loops; by default one a core.")
    var loops = 0

    func validate() throws {
        if let listen, ListenAddress(text: listen) == nil {
            throw ValidationError(
                "--listen wants HOST:PORT or unix:/PATH, and '\(listen)' is neither")
        }
        if loops < 0 || loops > 256 {
            throw ValidationError("--loops wants a number from 0 to 256")
        }
    }

    func run() throws {
        Signals.block()
        var options = ServerOptions(name: input)
        options.listen = listen.flatMap { ListenAddress(text: $0) }
        options.logFormat = logFormat
        options.recordsAccess = logLevel.level <= .info
        options.loopCount = loops
        let logger = Serve.logger(logFormat, logLevel.level)
        let source = SpecInput.source(input) { compilation in
            switch logFormat {
            case .text: Output.talk(SpecInput.text(of: compilation))
            case .json: Serve.log(compilation, to: logger)
            }
        }
        try Serve.run(source, options, logger)
    }

    static func logger(_ format: LogFormat, _ level: Logger.Level) -> Logger {
        Logger(label: "routerc") { _ in StandardErrorLogHandler(format: format, level: level) }
    }

    /// A record for each finding of a spec that is refused.
    private static func log(_ compilation: Compilation, to logger: Logger) {
        for finding in FindingList(compilation).findings {
            logger.log(
                level: finding.severity == .error ? .error : .warning, "\(finding.message)",
                metadata: [
                    "code": "\(finding.code.rawValue)",
                    "severity": "\(finding.severity.rawValue)", "file": "\(finding.file)",
                    "line": .stringConvertible(finding.line),
                ])
        }
    }

    /// Runs a server to its end.
    static func run(
        _ source: @escaping TableSource, _ options: ServerOptions, _ logger: Logger
    ) throws {
        var options = options
        options.version = RoutercVersion.current
        let server: Server
        do throws(LoadFault) {
            server = try Server(source: source, options: options, logger: logger)
        } catch {
            logger.critical("cannot serve", metadata: ["reason": "\(error)"])
            switch error {
            case .spec: throw ExitStatus.no
            default: throw ExitStatus.unknown
            }
        }
        server.run()
    }
}

extension LogFormat: ExpressibleByArgument {}

extension ListenAddress {
    /// `HOST:PORT`, `[IPv6]:PORT` or `unix:/PATH`.
    init?(text: String) {
        if text.hasPrefix("unix:/") {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: host, port: port)
    }
}
