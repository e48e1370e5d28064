import ArgumentParser
import Digest
import Glibc
import Logging
import Runtime
import SpecCompiler

/// `routerc demo`: two small model servers, a spec, the router.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run two small model servers and a router before them, with curl lines to try.",
        discussion: """
            Everything listens on the loopback address. Ctrl-C ends it.

            Examples:
              routerc demo
              routerc demo --once             # one streamed answer, then the end
              routerc demo --port 9000
            """)

    @Flag(help: "Stream one answer through the router and leave.")
    var once = false

    @Option(help: "The router's port; 0 takes any that is free.")
    var port: UInt16 = 0

    func run() throws {
        Signals.block()
        let first: DemoModelServer
        let second: DemoModelServer
        do {
            first = try DemoModelServer(name: "parrot")
            second = try DemoModelServer(name: "magpie")
        } catch {
            Output.talk("error: cannot run model servers on the loopback address: \(error)")
            throw ExitStatus.unknown
        }
        defer {
            first.close()
            second.close()
        }
        let key = "sk-demo-" + Key.New.randomText(count: 24)
        let spec = Demo.spec(
            port: port, first: first.port, second: second.port,
            secret: Key.line(for: Array(key.utf8)))
        let outcome = DemoOutcome()
        var options = ServerOptions(name: "demo.yaml")
        options.recordsAccess = !once
        options.whenListening = { bound in
            guard let bound else { return }
            Output.data(Demo.tour(spec, port: bound, key: key))
            if once {
                outcome.start(port: bound, key: key)
            } else {
                Output.data("# Ctrl-C ends it.")
            }
        }
        let bytes = Compiler.compile(SourceFile(name: "demo.yaml", text: spec)).table
        guard let bytes else { throw ExitStatus.bug }
        try Serve.run(
            { () throws(LoadFault) in .bytes(bytes) }, options,
            Serve.logger(options.logFormat, once ? .warning : .info))
        if once, !outcome.succeeded {
            Output.talk("error: the streamed answer did not arrive whole")
            throw ExitStatus.unknown
        }
    }

    private static func spec(port: UInt16, first: Int, second: Int, secret: String) -> String {
        """
        version: 1
        listen: { address: 127.0.0.1:\(port) }
        pools:
          - name: birds
            models: ["bird-*"]
            endpoints:
              - { url: "http://127.0.0.1:\(first)", weight: 2 }
              - { url: "http://127.0.0.1:\(second)" }
        models:
          - { match: bird-small, pool: birds, about: { context: 8192 } }
        keys:
          - { name: you, secret: "\(secret)", models: ["bird-*"] }

        """
    }

    private static func tour(_ spec: String, port: Int, key: String) -> String {
        """
        # the spec
        \(spec)
        # try:
        curl -s http://127.0.0.1:\(port)/v1/models -H 'Authorization: Bearer \(key)'
        curl -sN http://127.0.0.1:\(port)/v1/chat/completions \\
          -H 'Authorization: Bearer \(key)' -H 'Content-Type: application/json' \\
          -d '{"model":"bird-small","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
        """
    }
}

/// The one request of `demo --once`, on a thread of its own; it ends the process's serving.
private final class DemoOutcome: Sendable {
    private let state = AtomicFlag()

    var succeeded: Bool { state.isSet }

    func start(port: Int, key: String) {
        let body =
            #"{"model":"bird-small","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
        let request = """
            POST /v1/chat/completions HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Authorization: Bearer \(key)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            Connection: close\r
            \r
            \(body)
            """
        Output.data("\n# the second of them, as it comes:\n")
        BackgroundThread.start { [state] in
            if DemoClient.send(request, port: port, show: { Output.raw($0) }) {
                state.set()
            }
            kill(getpid(), SIGTERM)
        }
    }
}
