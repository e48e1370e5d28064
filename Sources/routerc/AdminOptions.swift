import ArgumentParser
import Glibc
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
        let key = try keyFile.map { try readKey($0) }
        let target = format == .text ? path + "?format=text" : path
        let answer: AdminClient.Answer
        do throws(AdminFault) {
            answer = try AdminClient.ask(address, method, target, key: key)
        } catch {
            Output.talk("error: \(error)")
            throw ExitStatus.unknown
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        switch answer.status {
        case 200:
            Output.data(text)
        // Refused: the table, or whoever asks.
        case 401, 403, 422:
            if format == .json { Output.data(text) } else { Output.talk("error: \(text)") }
            throw ExitStatus.no
        default:
            Output.talk("error: \(admin) answered with status \(answer.status): \(text)")
            throw ExitStatus.unknown
        }
    }

    /// A key in a file, without its line end: in the arguments others could see it.
    private func readKey(_ path: String) throws -> [UInt8] {
        guard var key = SpecInput.contents(of: path, limit: 64 << 10) else {
            Output.talk("error: cannot read '\(path)': \(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unknown
        }
        while let last = key.last, last == 0x0A || last == 0x0D {
            key.removeLast()
        }
        guard !key.isEmpty, key.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            Output.talk("error: '\(path)' holds no key: one line without spaces, of ASCII only")
            throw ExitStatus.usage
        }
        return key
    }
}
