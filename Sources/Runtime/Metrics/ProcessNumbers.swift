internal import Glibc

/// What the kernel counts of this process, as every Prometheus client library shows it.
struct ProcessNumbers {
    var cpuMicroseconds: UInt64
    var residentBytes: UInt64
    var virtualBytes: UInt64
    var threadCount: UInt64
    /// Since the epoch.
    var startMicroseconds: UInt64

    /// From /proc; nil where it cannot be read.
    static func read() -> ProcessNumbers? {
        guard let stat = readSmallText("/proc/self/stat") else { return nil }
        return ProcessNumbers(
            stat: stat, ticksPerSecond: UInt64(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: UInt64(sysconf(Int32(_SC_PAGESIZE))), bootSeconds: bootSeconds)
    }

    /// From the text of /proc/self/stat (proc(5)): fields are counted behind the name of the
    /// program, which may hold anything.
    init?(stat: String, ticksPerSecond: UInt64, pageBytes: UInt64, bootSeconds: UInt64?) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        // The state of the process is field 3.
        func field(_ number: Int) -> UInt64? {
            fields.indices.contains(number - 3) ? UInt64(fields[number - 3]) : nil
        }
        guard ticksPerSecond > 0, let user = field(14), let system = field(15),
            let threads = field(20), let start = field(22), let size = field(23),
            let pages = field(24), let bootSeconds
        else { return nil }
        let microsecondsPerTick = 1_000_000 / ticksPerSecond
        cpuMicroseconds = (user + system) * microsecondsPerTick
        threadCount = threads
        startMicroseconds = bootSeconds * 1_000_000 + start * microsecondsPerTick
        virtualBytes = size
        residentBytes = pages * pageBytes
    }

    /// When the machine was started, since the epoch; it does not change.
    private static let bootSeconds: UInt64? = {
        let lines = readSmallText("/proc/stat")?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("btime ") }
        return line.flatMap { UInt64($0.dropFirst("btime ".count)) }
    }()
}
