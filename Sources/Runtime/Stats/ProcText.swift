// What the texts of `/proc` say (proc(5)); each initializer is nil where a text has another form.
//
// Nothing here reads a file or knows a clock, so that tests can give recorded texts. The formulas
// of memory, swap and processor time are those of psutil 7.2 and of procps' `free`, so that the
// figures agree with what people see elsewhere.

/// What the processors have done since the start of the system, in ticks: `/proc/stat`.
package struct CPUTimes: Sendable, Equatable {
    /// User, nice, system, idle, iowait, irq, softirq, steal.
    ///
    /// What guests used stands in the first two already.
    private let ticks: [UInt64]

    /// From the first line, that of all processors together.
    package init?(stat text: String) {
        guard let line = text.split(separator: "\n").first else { return nil }
        let words = line.split(separator: " ")
        guard words.first == "cpu", words.count >= 5 else { return nil }
        var ticks: [UInt64] = []
        for word in words.dropFirst().prefix(8) {
            guard let count = UInt64(word) else { return nil }
            ticks.append(count)
        }
        self.ticks = ticks
    }

    /// The part of the time since `earlier` in which processors were busy; nil where none passed.
    ///
    /// A counter that has gone back, as iowait may, counts as one that stood still.
    package func usagePercent(since earlier: CPUTimes) -> Double? {
        let spent = zip(earlier.ticks, ticks).map { Double($1 > $0 ? $1 - $0 : 0) }
        let total = spent.reduce(0, +)
        guard total > 0 else { return nil }
        let idle = spent[3] + (spent.count > 4 ? spent[4] : 0)
        return (total - idle) / total * 100
    }
}

/// The lines of `/proc/meminfo`, in bytes by their names.
package struct MemoryInfo: Sendable {
    private let bytes: [Substring: UInt64]

    /// From the whole text.
    package init(meminfo text: String) {
        var bytes: [Substring: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let word = parts[1].split(separator: " ").first,
                let count = UInt64(word)
            else { continue }
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: 1024)
            if !isTooLarge { bytes[parts[0]] = product }
        }
        self.bytes = bytes
    }

    package subscript(name: Substring) -> UInt64? { bytes[name] }
}

/// Memory of the host, in bytes.
package struct MemoryFigures: Sendable, Equatable {
    package let total: UInt64
    /// What programs could get without swapping.
    package let available: UInt64
    package let free: UInt64

    /// What is not available.
    package var used: UInt64 { total - available }

    /// `zoneinfo` is the text of `/proc/zoneinfo`, which a kernel without `MemAvailable` needs.
    package init?(_ info: MemoryInfo, pageBytes: UInt64, zoneinfo: () -> String?) {
        guard let total = info["MemTotal"], let free = info["MemFree"], free <= total else {
            return nil
        }
        self.total = total
        self.free = free
        var available = info["MemAvailable"] ?? 0
        if available == 0 {
            available = MemoryFigures.estimate(info, free, pageBytes, zoneinfo())
        }
        // In a container that sees its host's figures in part, only `free` can be relied on.
        self.available = available > total ? free : available
    }

    /// What the kernel would say (its commit 34e431b0ae39), where it does not.
    private static func estimate(
        _ info: MemoryInfo, _ free: UInt64, _ pageBytes: UInt64, _ zoneinfo: String?
    ) -> UInt64 {
        guard let active = info["Active(file)"], let inactive = info["Inactive(file)"],
            let slab = info["SReclaimable"], let zoneinfo
        else {
            return free &+ (info["Cached"] ?? 0)
        }
        var low = 0.0
        for line in zoneinfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "low" else { continue }
            low += (Double(words[1]) ?? 0) * Double(pageBytes)
        }
        let cache = Double(active) + Double(inactive)
        let kept = cache - min(cache / 2, low) + Double(slab) - min(Double(slab) / 2, low)
        return UInt64(exactly: max(0, Double(free) - low + kept).rounded(.down)) ?? free
    }
}

/// Swap space of the host, in bytes.
package struct SwapFigures: Sendable, Equatable {
    package let total: UInt64
    package let free: UInt64

    package var used: UInt64 { total - free }

    package init?(_ info: MemoryInfo) {
        guard let total = info["SwapTotal"], let free = info["SwapFree"], free <= total else {
            return nil
        }
        self.total = total
        self.free = free
    }
}

/// Totals of all network interfaces, the loopback too: `/proc/net/dev`.
package struct NetworkFigures: Sendable, Equatable {
    package private(set) var bytesReceived: UInt64 = 0
    package private(set) var packetsReceived: UInt64 = 0
    package private(set) var errorsIn: UInt64 = 0
    package private(set) var dropsIn: UInt64 = 0
    package private(set) var bytesSent: UInt64 = 0
    package private(set) var packetsSent: UInt64 = 0
    package private(set) var errorsOut: UInt64 = 0
    package private(set) var dropsOut: UInt64 = 0

    /// A line that cannot be read spoils the sum, so that there is none.
    package init?(netDev text: String) {
        let lines = text.split(separator: "\n")
        guard lines.count >= 2, lines[1].contains("bytes") else { return nil }
        for line in lines.dropFirst(2) {
            // The name of an alias holds a colon itself.
            guard let colon = line.lastIndex(of: ":") else { return nil }
            let counts = line[line.index(after: colon)...].split(separator: " ").map { UInt64($0) }
            guard counts.count >= 16, !counts.contains(nil) else { return nil }
            let known = counts.compactMap { $0 }
            bytesReceived &+= known[0]
            packetsReceived &+= known[1]
            errorsIn &+= known[2]
            dropsIn &+= known[3]
            bytesSent &+= known[8]
            packetsSent &+= known[9]
            errorsOut &+= known[10]
            dropsOut &+= known[11]
        }
    }
}

/// How many threads ran or waited to, on average over 1, 5 and 15 minutes: `/proc/loadavg`.
package struct LoadAverage: Sendable, Equatable {
    package let overMinutes: (one: Double, five: Double, fifteen: Double)

    package init?(loadavg text: String) {
        let numbers = text.split(separator: " ").prefix(3).compactMap { finite($0) }
        guard numbers.count == 3 else { return nil }
        overMinutes = (numbers[0], numbers[1], numbers[2])
    }

    package static func == (left: LoadAverage, right: LoadAverage) -> Bool {
        left.overMinutes == right.overMinutes
    }
}

/// Small texts of one value each.
package enum ProcText {
    /// Seconds since the start of the system, sleep included: `/proc/uptime`.
    package static func uptimeSeconds(_ text: String) -> Double? {
        text.split(separator: " ").first.flatMap { finite($0) }
    }

    /// What the first processor calls itself in `/proc/cpuinfo`; not all architectures say.
    package static func processorName(_ cpuinfo: String) -> String? {
        for line in cpuinfo.split(separator: "\n") {
            if let (name, value) = entry(line), name == "model name" { return String(value) }
        }
        return nil
    }

    /// The cores of all sockets that `/proc/cpuinfo` names; nil where it names none.
    ///
    /// For kernels that do not show the topology below `/sys`.
    package static func coreCount(_ cpuinfo: String) -> Int? {
        var cores: [Substring: Int] = [:]
        var socket: Substring?
        for line in cpuinfo.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let (name, value) = entry(line) else {
                socket = nil
                continue
            }
            if name == "physical id" { socket = value }
            if name == "cpu cores", let socket, let count = Int(value) { cores[socket] = count }
        }
        let sum = cores.values.reduce(0, +)
        return sum > 0 ? sum : nil
    }

    /// `name : value`; nil for a line without a colon.
    private static func entry(_ line: Substring) -> (name: Substring, value: Substring)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

/// A number that can be one of these: not below zero, not infinite, and no larger than any clock.
private func finite(_ word: Substring) -> Double? {
    Double(word).flatMap { $0 >= 0 && $0 < 1e15 ? $0 : nil }
}
