import Foundation
import Glibc
import Runtime
import Synchronization
import TableFormat
import Testing

/// Reading the host, and the thread that does it.
@Suite struct StatsSamplerTests {
    // MARK: - Reading

    @Test func thisHostTellsEverything() {
        var reader = HostReader()
        _ = reader.sample(now: 1)
        let sample = reader.sample(now: 2)
        #expect(sample.takenAt == 2)
        #expect(sample.names?.platform == "Linux")
        #expect(sample.uptimeSeconds ?? 0 > 0)
        #expect(sample.load != nil)
        #expect(sample.memory?.total ?? 0 > 1 << 20)
        #expect(sample.swap != nil)
        #expect(sample.disk?.total ?? 0 > 1 << 20)
        #expect(sample.network != nil)
        #expect(sample.processCount ?? 0 > 0)
        let logical = sample.logicalCores ?? 0
        #expect(logical > 0)
        // Some machines do not say, in a sandbox say; none has more cores than threads.
        #expect(sample.physicalCores ?? 1 <= logical)
    }

    /// A folder for a test, removed at its end.
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "routerc-stats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func write(_ text: String, _ folder: URL, _ path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    @Test func whatCannotBeReadIsMissing() throws {
        try withFolder { folder in
            var reader = HostReader(
                proc: folder.path, sys: folder.path, disk: folder.path + "/absent")
            for _ in 0..<2 {
                let sample = reader.sample(now: 1)
                #expect(sample.processor == nil && sample.uptimeSeconds == nil)
                #expect(sample.cpuPercent == nil && sample.load == nil)
                #expect(sample.physicalCores == nil && sample.processCount == nil)
                #expect(sample.memory == nil && sample.swap == nil)
                #expect(sample.disk == nil && sample.network == nil)
                let text = StatsText.body(sample, .everything)
                #expect(!text.contains(folder.path) && !text.contains("rror"))
            }
        }
    }

    /// One bad text spoils its own figures only.
    @Test func eachTextIsReadByItself() throws {
        try withFolder { folder in
            try write("cpu  1 1 1 1\n", folder, "stat")
            try write("no figures at all\n", folder, "meminfo")
            try write("10.5 1\n", folder, "uptime")
            try write("", folder, "loadavg")
            try write("1\n", folder, "17/stat")
            try write("1\n", folder, "18/stat")
            try write("1\n", folder, "self/stat")
            var reader = HostReader(proc: folder.path, sys: folder.path, disk: folder.path)
            #expect(reader.sample(now: 1).cpuPercent == nil)
            try write("cpu  2 1 1 4\n", folder, "stat")
            let sample = reader.sample(now: 2)
            #expect(sample.cpuPercent == 25)
            #expect(sample.memory == nil && sample.load == nil)
            #expect(sample.uptimeSeconds == 10.5)
            #expect(sample.processCount == 2)
            #expect(sample.disk != nil)
            // Between two ticks the last figure stays; where there are none, none does.
            #expect(reader.sample(now: 3).cpuPercent == 25)
            try write("gone\n", folder, "stat")
            #expect(reader.sample(now: 4).cpuPercent == nil)
            try write("cpu  9 1 1 9\n", folder, "stat")
            #expect(reader.sample(now: 5).cpuPercent == nil)
        }
    }

    /// Threads of one core share a list; folders beside `cpu0` and the like are no processors.
    @Test(arguments: ["core_cpus_list", "thread_siblings_list"])
    func coresAreListsOfSiblings(file: String) throws {
        try withFolder { folder in
            for (number, list) in ["0,2", "1,3", "0,2", "1,3"].enumerated() {
                let path = "devices/system/cpu/cpu\(number)/topology/\(file)"
                try write(list + "\n", folder, path)
            }
            try write("9\n", folder, "devices/system/cpu/cpufreq/topology/\(file)")
            try write("9\n", folder, "devices/system/cpu/cpu/topology/\(file)")
            var reader = HostReader(proc: folder.path, sys: folder.path, disk: "/")
            #expect(reader.sample(now: 1).physicalCores == 2)
        }
    }

    // MARK: - Sampling

    /// Waits for something that a thread does; false after some seconds.
    private func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<1_000 {
            if condition() { return true }
            usleep(5_000)
        }
        return condition()
    }

    private final class Told: Sendable {
        let samples = Mutex<[HostSample]>([])

        var count: Int { samples.withLock { $0.count } }

        func tell(_ sample: HostSample) {
            samples.withLock { $0.append(sample) }
        }
    }

    @Test func theFirstWhoAskWaitAndTheRestDoNot() {
        let sampler = HostSampler()
        let told = Told()
        #expect(sampler.ask(orLater: told.tell) == nil)
        #expect(sampler.ask(orLater: told.tell) == nil)
        sampler.start()
        #expect(eventually { told.count == 2 })
        #expect(sampler.ask(orLater: told.tell) != nil)
        #expect(told.count == 2)
        sampler.stop()
    }

    @Test func samplesAreTakenWhileSomebodyAsks() {
        var times = HostSampler.Times()
        times.interval = 20
        times.firstInterval = 5
        let sampler = HostSampler(times)
        sampler.start()
        var seen: Set<UInt64> = []
        let isFresh = eventually {
            if let sample = sampler.ask(orLater: { _ in }) { seen.insert(sample.takenAt) }
            return seen.count >= 4
        }
        #expect(isFresh)
        #expect(!sampler.isAsleep)
        sampler.stop()
    }

    @Test func nobodyIsToldOfLongAgo() {
        var times = HostSampler.Times()
        times.interval = 10
        times.firstInterval = 5
        times.fresh = 40
        times.patience = 60
        let sampler = HostSampler(times)
        sampler.start()
        #expect(eventually { sampler.isAsleep })
        usleep(100_000)
        let told = Told()
        #expect(sampler.ask(orLater: told.tell) == nil, "the last sample is too old")
        #expect(eventually { told.count == 1 })
        #expect(eventually { sampler.isAsleep }, "and it sleeps again")
        sampler.stop()
    }

    /// Many threads at once: each is answered exactly once, at once or later.
    @Test func everyQuestionIsAnsweredOnce() async {
        var times = HostSampler.Times()
        times.interval = 1
        times.firstInterval = 1
        times.fresh = 3
        times.patience = 5
        let sampler = HostSampler(times)
        sampler.start()
        let told = Told()
        let atOnce = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var answers = 0
                    for round in 0..<200 {
                        if sampler.ask(orLater: told.tell) != nil { answers += 1 }
                        if (round + task) % 40 == 0 { usleep(12_000) }
                    }
                    return answers
                }
            }
            return await group.reduce(0, +)
        }
        #expect(eventually { atOnce + told.count == 1_600 }, "\(atOnce) and \(told.count)")
        sampler.stop()
    }
}
