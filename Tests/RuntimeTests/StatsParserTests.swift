import Runtime
import Testing

/// Texts of `/proc` as they were recorded, and as they never should be.
@Suite struct StatsParserTests {
    // MARK: - Processors

    private static let stat = """
        cpu  1498218 619753 358107 2284345 9585 0 70719 2412 0 0
        cpu0 676597 327801 187165 1185810 1560 0 37841 1213 0 0
        intr 30918786 0 0

        """

    private func times(_ numbers: String) throws -> CPUTimes {
        try #require(CPUTimes(stat: "cpu  \(numbers)\ncpu0 1 2 3 4\n"))
    }

    @Test func busyIsWhatIsNeitherIdleNorWaiting() throws {
        let earlier = try #require(CPUTimes(stat: StatsParserTests.stat))
        //  +40 user, +10 nice, +20 system, +100 idle, +15 iowait, +5 softirq, +10 steal
        let later = try times("1498258 619763 358127 2284445 9600 0 70724 2422 0 0")
        #expect(later.usagePercent(since: earlier) == 85.0 / 200.0 * 100)
        #expect(try times("10 0 0 0").usagePercent(since: times("5 0 0 0")) == 100)
        #expect(try times("5 0 0 9").usagePercent(since: times("5 0 0 5")) == 0)
    }

    @Test func timeOfGuestsIsCountedOnce() throws {
        let earlier = try times("0 0 0 0 0 0 0 0 0 0")
        let later = try times("50 0 0 50 0 0 0 0 50 0")
        #expect(later.usagePercent(since: earlier) == 50)
    }

    /// The kernel says that iowait may decrease (proc(5)).
    @Test func aCounterThatGoesBackStandsStill() throws {
        let earlier = try times("10 0 0 10 50 0 0 0 0 0")
        let later = try times("20 0 0 40 20 0 0 0 0 0")
        #expect(later.usagePercent(since: earlier) == 25)
    }

    @Test func withoutTimeThereIsNoUsage() throws {
        let same = try times("10 0 0 10 50 0 0 0 0 0")
        #expect(same.usagePercent(since: same) == nil)
    }

    @Test(arguments: [
        "", "\n", "cpu", "cpu0 1 2 3 4\n", "cpu  1 2 3\n", "cpu 1 2 x 4\n", "cpu -1 2 3 4",
    ])
    func noTimesOfAnotherText(text: String) {
        #expect(CPUTimes(stat: text) == nil)
    }

    private static let cpuinfo = """
        processor\t: 0
        model name\t: Example CPU @ 2.00GHz
        physical id\t: 0
        siblings\t: 4
        cpu cores\t: 2

        processor\t: 1
        model name\t: Example CPU @ 2.00GHz
        physical id\t: 0
        cpu cores\t: 2

        processor\t: 2
        model name\t: Example CPU @ 2.00GHz
        physical id\t: 1
        cpu cores\t: 3

        """

    @Test func coresAreCountedOnceASocket() {
        #expect(ProcText.coreCount(StatsParserTests.cpuinfo) == 5)
        #expect(ProcText.processorName(StatsParserTests.cpuinfo) == "Example CPU @ 2.00GHz")
        let other = "processor\t: 0\nBogoMIPS\t: 50.00\nCPU architecture: 8\n"
        #expect(ProcText.coreCount(other) == nil)
        #expect(ProcText.processorName(other) == nil)
    }

    // MARK: - Memory

    private static let meminfo = """
        MemTotal:       24684092 kB
        MemFree:        22392620 kB
        MemAvailable:   23598264 kB
        Buffers:            5540 kB
        Cached:           689948 kB
        Active(file):     233508 kB
        Inactive(file):   453120 kB
        SwapTotal:       1000000 kB
        SwapFree:         250000 kB
        SReclaimable:     848340 kB
        HugePages_Total:       0

        """

    private func memory(_ text: String, zoneinfo: String? = nil) -> MemoryFigures? {
        MemoryFigures(MemoryInfo(meminfo: text), pageBytes: 4096) { zoneinfo }
    }

    /// `StatsParserTests.meminfo` with another value in a line, or without the line.
    private func meminfo(_ name: String, _ value: String?) -> String {
        let lines = StatsParserTests.meminfo.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(name + ":") else { return String(line) }
            return value.map { "\(name): \($0) kB" }
        }
        return lines.joined(separator: "\n")
    }

    @Test func memoryIsAsPsutilSaysIt() throws {
        let figures = try #require(memory(StatsParserTests.meminfo))
        #expect(figures.total == 24_684_092 * 1024)
        #expect(figures.available == 23_598_264 * 1024)
        #expect(figures.free == 22_392_620 * 1024)
        #expect(figures.used == (24_684_092 - 23_598_264) * 1024)
    }

    /// Without `MemAvailable`, or where it is 0, the kernel's own formula is used.
    @Test(arguments: [nil, "0"])
    func memoryIsEstimatedWhereTheKernelDoesNotSay(available: String?) throws {
        let text = meminfo("MemAvailable", available)
        let zones =
            "Node 0, zone DMA\n  pages free 100\n        min 9\n        low 1000\n"
            + "Node 0, zone Normal\n        low 4000\n        high 5000\n"
        let low: UInt64 = 5_000 * 4
        let cache: UInt64 = 233_508 + 453_120 - low
        let kilobytes = 22_392_620 - low + cache + 848_340 - low
        #expect(try #require(memory(text, zoneinfo: zones)).available == kilobytes * 1024)
        let simple = try #require(memory(text))
        #expect(simple.available == (22_392_620 + 689_948) * 1024, "free and cached")
    }

    @Test func moreAvailableThanThereIsCannotBe() throws {
        let figures = try #require(memory(meminfo("MemAvailable", "99999999")))
        #expect(figures.available == figures.free)
    }

    @Test(arguments: ["MemTotal", "MemFree"])
    func noMemoryWithoutItsTotals(name: String) {
        #expect(memory(meminfo(name, nil)) == nil)
        #expect(memory(meminfo(name, "x")) == nil)
        #expect(memory(meminfo(name, "99999999999999999999")) == nil)
    }

    @Test func impossibleTotalsAreNone() {
        #expect(memory(meminfo("MemFree", "24684093")) == nil)
        #expect(memory(meminfo("MemTotal", "18446744073709551615")) == nil, "not in bytes")
        #expect(memory("") == nil)
        #expect(SwapFigures(MemoryInfo(meminfo: meminfo("SwapFree", "1000001"))) == nil)
        #expect(SwapFigures(MemoryInfo(meminfo: meminfo("SwapTotal", nil))) == nil)
    }

    @Test func swapIsWhatIsTaken() throws {
        let figures = try #require(SwapFigures(MemoryInfo(meminfo: StatsParserTests.meminfo)))
        #expect(figures.total == 1_000_000 * 1024)
        #expect(figures.free == 250_000 * 1024)
        #expect(figures.used == 750_000 * 1024)
    }

    // MARK: - Network

    private static let netDev = """
        Inter-|   Receive                            |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
            lo:     100      10    1    2    0     0     0     0      100      10    3    4    0
          eth0: 4000000000   20    5    6    7     8     9    10     1000      30   11   12   13
        eth0:1:18446744073709551000 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0

        """

    /// Lines of 16 numbers: those above are cut for reading.
    private func netDev() -> String {
        StatsParserTests.netDev.split(separator: "\n").enumerated().map { index, line in
            index < 2 || line.hasPrefix("eth0:1") ? String(line) : line + " 0 0 0"
        }.joined(separator: "\n")
    }

    @Test func allInterfacesAreSummed() throws {
        let text = netDev()
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("eth0:1") }
        let sum = try #require(NetworkFigures(netDev: lines.joined(separator: "\n")))
        #expect(sum.bytesReceived == 4_000_000_100)
        #expect(sum.packetsReceived == 30)
        #expect((sum.errorsIn, sum.dropsIn) == (6, 8))
        #expect((sum.bytesSent, sum.packetsSent) == (1_100, 40))
        #expect((sum.errorsOut, sum.dropsOut) == (14, 16))
        let wrapped = try #require(NetworkFigures(netDev: text))
        #expect(wrapped.packetsReceived == 31, "the name of an alias holds a colon")
    }

    @Test func aLineThatCannotBeReadSpoilsTheSum() {
        let text = netDev()
        #expect(NetworkFigures(netDev: text + "\nwlan0: 1 2 3\n") == nil)
        #expect(NetworkFigures(netDev: text + "\nwlan0\n") == nil)
        let words = Array(repeating: "1", count: 15) + ["x"]
        #expect(NetworkFigures(netDev: text + "\nw: \(words.joined(separator: " "))\n") == nil)
        #expect(NetworkFigures(netDev: "") == nil)
    }

    // MARK: - Small texts

    @Test func loadAndUptime() throws {
        let load = try #require(LoadAverage(loadavg: "117.37 90.59 47.79 1/130 21820\n"))
        #expect(load.overMinutes == (117.37, 90.59, 47.79))
        #expect(ProcText.uptimeSeconds("24354.00 22843.45\n") == 24354)
        for text in ["", "a b c", "1.0 2.0", "nan nan nan 1/1 1", "-1 0 0", "inf 1 1", "1e300 1 1"]
        {
            #expect(LoadAverage(loadavg: text) == nil, "\(text)")
        }
        for text in ["", "x 1", "-5 1", "nan 1", "1e300 1"] {
            #expect(ProcText.uptimeSeconds(text) == nil, "\(text)")
        }
    }

    @Test func theDiskIsAsDfSaysIt() throws {
        let disk = try #require(
            HostSample.DiskFigures(blocks: 1000, free: 600, available: 550, blockBytes: 4096))
        #expect((disk.total, disk.used, disk.free) == (4_096_000, 1_638_400, 2_252_800))
        #expect(disk.percent == 400.0 / 950 * 100, "blocks of root are not there for others")
        #expect(
            HostSample.DiskFigures(blocks: 1, free: 2, available: 2, blockBytes: 1) == nil)
        let none = HostSample.DiskFigures(blocks: 0, free: 0, available: 0, blockBytes: 512)
        #expect(none?.percent == 0)
    }
}
