import Glibc
import Runtime

/// The admin address of a running router, and the key to present there.
struct RouterAdmin {
    let address: ListenAddress
    let key: [UInt8]?

    /// Reads the key, or says why not and ends the command.
    init(_ address: ListenAddress, keyFile: String?) throws {
        self.address = address
        key = try keyFile.map { try RouterAdmin.readKey($0) }
    }

    /// The answer to what was asked; ends the command, and says why, where it is no or cannot be
    /// had.
    func ask(
        _ method: AdminClient.Method, _ path: String, as format: Check.Format = .text
    ) throws -> String {
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
            return text
        // Refused: the table, or whoever asks.
        case 401, 403, 422:
            if format == .json { Output.data(text) } else { Output.talk("error: \(text)") }
            throw ExitStatus.no
        default:
            Output.talk("error: \(address) answered with status \(answer.status): \(text)")
            throw ExitStatus.unknown
        }
    }

    /// A key in a file, without its line end: in the arguments others could see it.
    private static func readKey(_ path: String) throws -> [UInt8] {
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
