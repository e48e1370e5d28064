import ArgumentParser
import Runtime

/// What the commands that talk to a running router have in common.
struct AdminOptions: ParsableArguments {
    @Option(help: "The router's admin address: HOST:PORT or unix:/PATH.")
    var admin: String

    @Option(
        help: "A file with a key that has 'admin' in the spec; needed beyond this machine.",
        completion: .file())
    var keyFile: String?

    @Option(help: "How the answer is shown: text or json.")
    var format = Check.Format.text

    func validate() throws {
        if ListenAddress(text: admin) == nil {
            throw ValidationError(
                "--admin wants HOST:PORT or unix:/PATH, and '\(admin)' is neither")
        }
    }

    /// Asks, shows the answer, and ends the command where it is no or cannot be had.
    func ask(_ method: AdminClient.Method, _ path: String) throws {
        guard let address = ListenAddress(text: admin) else { throw ExitStatus.usage }
        let router = try RouterAdmin(address, keyFile: keyFile)
        Output.data(try router.ask(method, path, as: format))
    }
}
