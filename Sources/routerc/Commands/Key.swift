import ArgumentParser
import Digest
import Glibc

/// `routerc key`: secrets for clients.
struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make a key for a client, or the line that stands for one in a spec.",
        discussion: """
            Examples:
              routerc key new
              routerc key hash < key.txt
            """,
        subcommands: [New.self, Hash.self])

    /// `routerc key new`.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Make a key, and print it with the line that stands for it in a spec.",
            discussion: """
                The first line is the key: give it to its holder and keep it nowhere. The second \
                is what a spec holds; the key cannot be found from it.

                Examples:
                  routerc key new
                """)

        func run() throws {
            let key = "sk-" + New.randomText(count: 43)
            Output.data("\(key)\n\(Key.line(for: Array(key.utf8)))")
        }

        /// Letters and digits from the system's random numbers; 43 of them hold 256 bits.
        static func randomText(count: Int) -> String {
            let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
            var generator = SystemRandomNumberGenerator()
            return String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "0" })
        }
    }

    /// `routerc key hash`.
    struct Hash: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hash",
            abstract: "Read a key from standard input, and print the line that stands for it.",
            discussion: """
                The key never stands in the arguments, where others could see it.

                Examples:
                  routerc key hash < key.txt
                  printf %s "$KEY" | routerc key hash
                """)

        func run() throws {
            if isatty(0) == 1 {
                Output.talk("Type the key, then Enter and Ctrl-D:")
            }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while bytes.count < 1 << 16 {
                let count = unsafe read(0, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                bytes += buffer[..<count]
            }
            while let last = bytes.last, last == 0x0A || last == 0x0D {
                bytes.removeLast()
            }
            guard !bytes.isEmpty else {
                Output.talk("error: no key on standard input")
                throw ExitStatus.usage
            }
            guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                Output.talk(
                    "error: a key is one line without spaces, of ASCII only; nobody could present"
                        + " this one")
                throw ExitStatus.usage
            }
            Output.data(Key.line(for: bytes))
        }
    }

    /// `sha256:` and 64 hexadecimal digits.
    static func line(for key: [UInt8]) -> String {
        let digits = Digest.sha256(key).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return "sha256:" + digits.joined()
    }
}
