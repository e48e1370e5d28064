internal import Glibc

/// Reads what a sample holds from `/proc`, `/sys` and the system's calls.
///
/// Confined to the sampler's thread. What does not change while a system runs is read once: to tell
/// of the processors costs the kernel an interrupt on each of them.
package struct HostReader: Sendable {
    private let proc: String
    private let sys: String
    private let disk: String
    private let processor: String?
    private var cores: (logical: Int, physical: Int?)?
    private var earlier: CPUTimes?
    private var cpuPercent: Double?

    /// Of this host; tests have folders of their own.
    package init(proc: String = "/proc", sys: String = "/sys", disk: String = "/") {
        self.proc = proc
        self.sys = sys
        self.disk = disk
        processor = readSmallText(proc + "/cpuinfo").flatMap(ProcText.processorName)
    }

    /// All figures, each by itself: what cannot be read is missing, and spoils no other.
    package mutating func sample(now: UInt64) -> HostSample {
        var sample = HostSample(wallMilliseconds: LogLine.wallMilliseconds(), takenAt: now)
        sample.names = HostReader.names()
        sample.processor = processor
        sample.uptimeSeconds = text("uptime").flatMap(ProcText.uptimeSeconds)
        sample.cpuPercent = measureCPU()
        sample.load = text("loadavg").flatMap(LoadAverage.init)
        sample.logicalCores = countCores()?.logical
        sample.physicalCores = cores?.physical
        if let info = text("meminfo").map(MemoryInfo.init) {
            let pageBytes = UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
            sample.memory = MemoryFigures(info, pageBytes: pageBytes) { text("zoneinfo") }
            sample.swap = SwapFigures(info)
        }
        sample.disk = diskFigures()
        sample.network = text("net/dev").flatMap(NetworkFigures.init)
        sample.processCount = countProcesses()
        return sample
    }

    private func text(_ name: String) -> String? { readSmallText("\(proc)/\(name)") }

    // MARK: - Processors

    /// How busy they were since the last time.
    private mutating func measureCPU() -> Double? {
        guard let times = text("stat").flatMap(CPUTimes.init) else {
            earlier = nil
            cpuPercent = nil
            return nil
        }
        if let earlier {
            // Between two ticks nothing is known, but what was known is still true.
            cpuPercent = times.usagePercent(since: earlier) ?? cpuPercent
        }
        earlier = times
        return cpuPercent
    }

    /// Looks at the topology anew only when processors have come or gone.
    private mutating func countCores() -> (logical: Int, physical: Int?)? {
        let logical = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        guard logical > 0 else {
            cores = nil
            return nil
        }
        if cores?.logical != logical {
            cores = (logical, physicalCores())
        }
        return cores
    }

    /// Threads of one core have one list of siblings: as many lists, as many cores.
    private func physicalCores() -> Int? {
        let folder = sys + "/devices/system/cpu"
        let processors = names(in: folder) { name in
            name.hasPrefix("cpu") && isNumber(name.dropFirst(3))
        }
        for file in ["core_cpus_list", "thread_siblings_list"] {
            let lists = processors.compactMap {
                readSmallText("\(folder)/\($0)/topology/\(file)")
            }
            if !lists.isEmpty { return Set(lists).count }
        }
        return text("cpuinfo").flatMap(ProcText.coreCount)
    }

    // MARK: - The rest

    private static func names() -> HostSample.Names? {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return nil }
        return HostSample.Names(
            platform: text(of: names.sysname), release: text(of: names.release),
            version: text(of: names.version), hostname: text(of: names.nodename),
            architecture: text(of: names.machine))
    }

    /// The bytes of a C array before its first zero.
    private static func text<Value>(of array: Value) -> String {
        unsafe withUnsafeBytes(of: array) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private func diskFigures() -> HostSample.DiskFigures? {
        var status = statvfs()
        guard unsafe statvfs(disk, &status) == 0 else { return nil }
        return HostSample.DiskFigures(
            blocks: UInt64(status.f_blocks), free: UInt64(status.f_bfree),
            available: UInt64(status.f_bavail), blockBytes: UInt64(status.f_frsize))
    }

    private func countProcesses() -> Int? {
        let count = names(in: proc) { isNumber($0[...]) }.count
        // This process at least is there.
        return count > 0 ? count : nil
    }

    /// The names in a folder that are wanted; none where it cannot be read.
    private func names(in folder: String, _ isWanted: (String) -> Bool) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var found: [String] = []
        while let entry = unsafe readdir(stream) {
            // In place: an entry may be shorter than the array that it is declared with.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 1) {
                    unsafe String(cString: $0)
                }
            }
            if isWanted(name) { found.append(name) }
        }
        return found
    }
}

private func isNumber(_ name: Substring) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
}
