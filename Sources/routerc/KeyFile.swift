import Glibc
import SpecCompiler

/// A file with one key in it, which is given as a file so that no argument holds a secret.
enum KeyFile {
    /// Bytes of a file that are read: no key is longer.
    private static let bytesMax = 64 << 10

    /// The key in a file, or in the standard input where `path` is `-`, without the line end behind
    /// it; says why, and ends the command, where there is none.
    static func read(_ path: String) throws -> String {
        let content =
            path == "-"
            ? SpecInput.contents(ofDescriptor: 0, limit: bytesMax)
            : SpecInput.contents(of: path, limit: bytesMax)
        guard var bytes = content else { throw SpecInput.unreadable(path) }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            Output.talk("error: '\(path)' holds no key: one line without spaces, of ASCII only")
            throw ExitStatus.usage
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
