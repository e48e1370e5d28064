import Glibc
import SpecCompiler

/// A running router, known by the number of its process.
///
/// `SIGHUP` ends whatever does not expect it, so nothing is sent to a process that was not looked
/// at.
struct RouterProcess {
    let number: pid_t

    /// Ends the command, and says why, where it is no router that can be told to reload.
    init(_ number: pid_t) throws {
        self.number = number
        if let fault = RouterProcess.fault(number) {
            Output.talk("error: \(fault)")
            throw ExitStatus.usage
        }
    }

    /// Asks it to reload; what comes of it stands in its log.
    func reload() throws {
        guard kill(number, SIGHUP) == 0 else {
            Output.talk(
                "error: cannot signal process \(number): "
                    + "\(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unknown
        }
    }

    private static func fault(_ number: pid_t) -> String? {
        let code = kill(number, 0) == 0 ? 0 : errno
        guard code != ESRCH, let name = line("comm", of: number) else {
            return "there is no process \(number)"
        }
        guard name == "routerc" || executable(of: number) == "routerc" else {
            return "process \(number) is not routerc but \(name)"
        }
        guard code == 0 else {
            return "process \(number) is not ours to signal: "
                + "\(unsafe String(cString: strerror(code)))"
        }
        return expectsReload(number)
            ? nil : "process \(number) is routerc, but serves nothing: SIGHUP would end it"
    }

    /// The text of a file of the process, without the line end; nil where there is no such process.
    private static func line(_ file: String, of number: pid_t) -> String? {
        guard var bytes = SpecInput.contents(of: "/proc/\(number)/\(file)") else { return nil }
        if bytes.last == 0x0A { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The name of the file it runs; nil where that is not ours to know.
    private static func executable(of number: pid_t) -> String? {
        guard let path = unsafe realpath("/proc/\(number)/exe", nil) else { return nil }
        defer { unsafe free(path) }
        return unsafe String(cString: path).split(separator: "/").last.map(String.init)
    }

    /// Whether it waits for `SIGHUP` as `serve` does: all its threads block the signal.
    ///
    /// The one that waits in `sigtimedwait` does not look so meanwhile; the event loops do.
    private static func expectsReload(_ number: pid_t) -> Bool {
        let threads = (try? DiskFolder(of: "/proc/\(number)/task/.").entries(of: "")) ?? []
        return threads.contains { blocksReload(thread: $0.name, of: number) }
    }

    private static func blocksReload(thread: String, of number: pid_t) -> Bool {
        let status = line("task/\(thread)/status", of: number)?.split(separator: "\n") ?? []
        guard let mask = status.first(where: { $0.hasPrefix("SigBlk:") }) else { return false }
        // Bit 0 is signal 1, SIGHUP.
        return UInt64(mask.dropFirst(7).drop { $0 == "\t" }, radix: 16).map { $0 & 1 == 1 } ?? false
    }
}
