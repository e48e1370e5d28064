import ArgumentParser
import Glibc
import Runtime
import SpecCompiler

/// `routerc register`: a server and its key into a folder of Traefik mappings.
struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Write a Traefik mapping for a server and its key, and retire the earlier ones.",
        discussion: """
            Does what routheon's create-mapping.sh does: writes SERVICE.yml into the folder of \
            mappings, and renames other files that hold the same key to *.bak.DATE-TIME, so that \
            one server has the key. Meant to run before the server starts.

            Where SERVICE.yml is there with another key, it is kept as *.bak.DATE-TIME too. Two \
            names that make one file are two services: the second is refused.

            With --spec the spec is compiled with the new file first. Where it has errors, or does \
            not read the file, or its table cannot be written, the folder is put back as it was. \
            Without --spec nothing tells whether a router reads the file.

            A reload comes last, and where it fails nothing is undone: a router that refuses the \
            table keeps its earlier one, and the files stay as they were written. Of --reload only \
            the router's log says what came of it.

            The key is read from a file or from standard input; it stands in no argument and in no \
            file name. The mapping can be read by its owner and group only.

            Examples:
              routerc register --port 8011 --service llama3 --key-file /run/secrets/llama3 \\
                --mappings /etc/routerc/mappings --spec /etc/routerc/router.yaml \\
                --output /run/routerc/router.table --reload-admin 127.0.0.1:9901
              routerc register --port 8011 --service Org/Model:Q4 --key-file - < key.txt

            Exit status: 0 registered; 1 the spec does not compile with it or does not read it, a \
            file with the key holds other keys too, the file is another service's, or the router \
            refused the table; 2 usage; 3 a file that cannot be read or written, or a router that \
            cannot be reached.
            """)

    @Option(help: "The port of the server.")
    var port: UInt16

    @Option(help: "Its name, of router, service and file; _ stands for what a name cannot hold.")
    var service: String

    @Option(
        help: "The file that holds the key, or - for standard input.", completion: .file())
    var keyFile: String

    @Option(help: "Where the server is: a scheme and a host, no port and no path.")
    var host = "http://127.0.0.1"

    @Option(help: "The folder of mappings.", completion: .directory)
    var mappings = "/etc/routerc/mappings"

    @Option(
        help: "The spec that includes the folder: compiled with the new file, which it must read.",
        completion: .file(extensions: ["yaml", "yml"]))
    var spec: String?

    @Option(
        name: .shortAndLong, help: "With --spec: where to put the compiled table.",
        completion: .file())
    var output: String?

    @Option(
        help: "The admin address of a router to reload last: HOST:PORT or unix:/PATH.")
    var reloadAdmin: String?

    @Option(
        help: "With --reload-admin: a file with a key that has 'admin' in the spec.",
        completion: .file())
    var reloadKeyFile: String?

    @Option(help: "In the place of --reload-admin: the process of a router, which gets SIGHUP.")
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
        if let reloadAdmin, ListenAddress(text: reloadAdmin) == nil {
            throw ValidationError(
                "--reload-admin wants HOST:PORT or unix:/PATH, and '\(reloadAdmin)' is neither")
        }
        if reload != nil, reloadAdmin != nil {
            throw ValidationError("--reload and --reload-admin are two ways to one end; give one")
        }
        if reloadKeyFile != nil, reloadAdmin == nil {
            throw ValidationError("--reload-key-file wants --reload-admin, where the key is shown")
        }
    }

    func run() throws {
        let key = try KeyFile.read(keyFile)
        let name = TraefikMapping.serviceName(service)
        let (url, text) = try mapping(key)
        let target = try output.map { try OutputFile.resolve($0, besides: spec ?? "") }
        // What can be known to fail fails before anything is changed.
        let process = try reload.map { try RouterProcess($0) }
        let admin = try reloadAdmin.flatMap { ListenAddress(text: $0) }
            .map { try RouterAdmin($0, keyFile: reloadKeyFile) }
        try write(text, as: "\(name).yml", url, key, to: target)
        do {
            try process?.reload()
            if let admin { Output.talk(try admin.ask(.post, "/-/reload")) }
        } catch {
            Output.talk("no reload is confirmed; what was written and retired stays so")
            throw error
        }
    }

    /// Changes the folder and the table, or neither.
    private func write(
        _ text: String, as name: String, _ url: String, _ key: String, to target: String?
    ) throws {
        let folder = try MappingFolder(mappings)
        let change = try folder.register(Array(text.utf8), as: name, for: service, key: key)
        change.tell(of: url)
        do {
            try compile(with: "\(mappings)/\(name)", to: target)
        } catch {
            throw change.takeBack(because: error)
        }
        change.settle()
    }

    /// The URL of the server and the text of its mapping.
    private func mapping(_ key: String) throws -> (url: String, text: String) {
        do throws(TraefikMapping.Fault) {
            let url = try TraefikMapping.url(host: host, port: port)
            return (url, try TraefikMapping.text(service: service, url: url, key: key))
        } catch {
            switch error {
            case .unsendableKey:
                Output.talk(
                    "error: the key is one line of ASCII without spaces, at most 1024 bytes and "
                        + "not with both kinds of quotes ` and \"")
            case .badName(let name):
                Output.talk("error: '\(name)' cannot name a pool: 1 to 63 bytes, no reserved word")
            case .badHost:
                Output.talk("error: --host is scheme and host only, as in http://127.0.0.1")
            case .hostHasPort:
                Output.talk("error: --host is scheme and host only; the port comes from --port")
            }
            throw ExitStatus.usage
        }
    }

    /// Whether one of the files that a compilation read is this one, by whatever path.
    private static func didRead(_ path: String, _ sources: [SourceFile]) -> Bool {
        var file = stat()
        guard unsafe stat(path, &file) == 0 else { return false }
        return sources.contains { source in
            var status = stat()
            return unsafe stat(source.name, &status) == 0 && status.st_dev == file.st_dev
                && status.st_ino == file.st_ino
        }
    }

    /// Checks that the spec is right and reads the file, and puts its table where that was asked
    /// for.
    private func compile(with file: String, to target: String?) throws {
        guard let spec else { return }
        let source = try SpecInput.readSpec(spec)
        let compilation = Compiler.compile(source, in: DiskFolder(of: spec))
        try SpecInput.report(compilation)
        guard Register.didRead(file, compilation.sources) else {
            Output.talk(
                "error: the spec does not read \(file): no include finds it, or skip.files leaves "
                    + "it out")
            throw ExitStatus.no
        }
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
