import ArgumentParser
import Glibc
import SpecCompiler

/// `routerc register`: a server and its key into a folder of Traefik mappings.
struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Write a Traefik mapping for a server and its key, and retire the earlier ones.",
        discussion: """
            Does what routheon's create-mapping.sh does: writes SERVICE.yml into the folder of \
            mappings, and renames other files that hold the same key to *.bak.DATE-TIME, so that \
            one server has the key. All of it or nothing: where the spec does not compile with the \
            new file, everything is as it was. Meant to run before the server starts.

            The key is read from a file or from standard input; it stands in no argument and in no \
            file name. The mapping can be read by its owner and group only.

            Examples:
              routerc register --port 8011 --service llama3 --key-file /run/secrets/llama3 \\
                --mappings /etc/routerc/mappings --spec /etc/routerc/router.yaml \\
                --output /run/routerc/router.table
              routerc register --port 8011 --service Org/Model:Q4 --key-file - < key.txt

            Exit status: 0 registered; 1 the spec does not compile with it, or a file with the key \
            holds other keys too; 2 usage; 3 a file that cannot be read or written.
            """)

    @Option(help: "The port of the server.")
    var port: UInt16

    @Option(help: "Its name, of router, service and file; _ stands for what a name cannot hold.")
    var service: String

    @Option(
        help: "The file that holds the key, or - for standard input.", completion: .file())
    var keyFile: String

    @Option(help: "Where the server is, with its scheme.")
    var host = "http://127.0.0.1"

    @Option(help: "The folder of mappings.", completion: .directory)
    var mappings = "/etc/routerc/mappings"

    @Option(
        help: "A spec that includes the folder: checked with the new file.",
        completion: .file(extensions: ["yaml", "yml"]))
    var spec: String?

    @Option(
        name: .shortAndLong, help: "With --spec: where to put the compiled table.",
        completion: .file())
    var output: String?

    @Option(help: "A process to send SIGHUP when the table is there.")
    var reload: Int32?

    @Option(name: .customLong("api_key"), help: .hidden)
    var apiKey: String?

    func validate() throws {
        if apiKey != nil {
            throw ValidationError(
                "a key among the arguments can be seen by everybody; give it by --key-file")
        }
        if output != nil, spec == nil {
            throw ValidationError("--output wants --spec, which says what to compile")
        }
        if port == 0 { throw ValidationError("--port wants a port between 1 and 65535") }
        if let reload, reload <= 1 {
            throw ValidationError("--reload wants the number of a process")
        }
    }

    func run() throws {
        let key = try readKey()
        let name = TraefikMapping.serviceName(service)
        let text = try mapping(name, key)
        let target = try output.map { try OutputFile.resolve($0, besides: spec ?? "") }
        let folder = try MappingFolder(mappings)
        var change = try folder.register(Array(text.utf8), as: "\(name).yml", key: key)
        Output.talk("wrote \(mappings)/\(name).yml for \(host):\(port)")
        for (old, new) in change.retired {
            Output.talk("retired \(mappings)/\(old), now \(new)")
        }
        do {
            try compile(to: target)
        } catch {
            change.undo()
            Output.talk("error: nothing was registered; the folder is as it was")
            throw error
        }
        if let reload, kill(reload, SIGHUP) != 0 {
            Output.talk(
                "error: cannot signal process \(reload): "
                    + "\(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unknown
        }
    }

    /// The key without the end of its line.
    private func readKey() throws -> String {
        let bytes =
            keyFile == "-"
            ? SpecInput.contents(ofDescriptor: 0, limit: 1 << 16)
            : SpecInput.contents(of: keyFile, limit: 1 << 16)
        guard var bytes else {
            Output.talk(
                "error: cannot read '\(keyFile)': \(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unknown
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        guard let key = String(validating: bytes, as: UTF8.self), !key.isEmpty else {
            Output.talk("error: '\(keyFile)' holds no key")
            throw ExitStatus.usage
        }
        return key
    }

    private func mapping(_ name: String, _ key: String) throws -> String {
        let base = host.hasSuffix("/") ? String(host.dropLast()) : host
        do throws(TraefikMapping.Fault) {
            return try TraefikMapping.text(service: name, url: "\(base):\(port)", key: key)
        } catch {
            switch error {
            case .unsendableKey:
                Output.talk(
                    "error: the key is one line of ASCII without spaces, at most 1024 bytes and "
                        + "not with both kinds of quotes ` and \"")
            case .badName(let name):
                Output.talk(
                    "error: '\(name)' cannot name a pool: at most 63 bytes, no reserved word")
            case .badURL(let url):
                Output.talk("error: '\(url)' is no URL; --host wants a scheme and a host")
            }
            throw ExitStatus.usage
        }
    }

    /// Checks the spec, and puts its table where that was asked for.
    private func compile(to target: String?) throws {
        guard let spec else { return }
        let source = try SpecInput.readSpec(spec)
        let compilation = Compiler.compile(source, in: DiskFolder(of: spec))
        try SpecInput.report(compilation)
        guard let target, let table = compilation.table else { return }
        do throws(TableFile.Failure) {
            try TableFile.publish(table, to: target)
        } catch {
            Output.talk("error: \(error)")
            throw ExitStatus.unknown
        }
        Output.data(TableFile.digest(of: table))
    }
}
