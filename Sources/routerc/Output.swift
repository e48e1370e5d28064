import Glibc

/// Data on standard output, talk on standard error.
enum Output {
    /// A line, or several, of what was asked for; ends the process where it cannot be written.
    ///
    /// A reader that has gone is no failure: it has seen what it wanted.
    static func data(_ text: String) {
        guard !write(text, to: 1), errno != EPIPE else { return }
        talk("error: cannot write: \(unsafe String(cString: strerror(errno)))")
        exit(ExitStatus.unknown.rawValue)
    }

    /// Text as it is, without a line end of ours.
    static func raw(_ bytes: [UInt8]) {
        _ = write(bytes, to: 1)
    }

    /// A line, or several, about what is going on.
    static func talk(_ text: String) {
        _ = write(text, to: 2)
    }

    /// Whether talk may be colored: a terminal, and nobody has asked for none (no-color.org).
    static var talkIsColored: Bool {
        unsafe isatty(2) == 1 && getenv("NO_COLOR") == nil
    }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: descriptor)
    }

    /// False, with `errno`, where not all of it was taken.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(
                    descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
