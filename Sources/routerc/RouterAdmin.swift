import Glibc
import Runtime

/// The admin address of a running router, and the key to present there.
struct RouterAdmin {
    let address: ListenAddress
    let key: String?

    /// Reads the key, or says why not and ends the command.
    init(_ address: ListenAddress, keyFile: String?) throws {
        self.address = address
        key = try keyFile.map { try KeyFile.read($0) }
    }

    /// The answer to what was asked; ends the command, and says why, where it is no or cannot be
    /// had.
    func ask(
        _ method: AdminClient.Method, _ path: String, as format: Check.Format = .text
    ) throws -> String {
        let joint = path.contains("?") ? "&" : "?"
        let target = format == .text ? "\(path)\(joint)format=text" : path
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
        // Refused: the table, what was ordered, or whoever asks.
        case 401, 403, 422:
            if format == .json { Output.data(text) } else { Output.talk("error: \(text)") }
            throw ExitStatus.no
        default:
            Output.talk("error: \(address) answered with status \(answer.status): \(text)")
            throw ExitStatus.unknown
        }
    }
}
