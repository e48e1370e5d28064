import Foundation
import Runtime
import TableFormat
import Testing

/// What of a sample an answer shows.
@Suite struct StatsTextTests {
    /// A sample in which everything is known.
    static func whole() throws -> HostSample {
        var sample = HostSample(wallMilliseconds: 1_795_229_999_999, takenAt: 0)
        sample.names = HostSample.Names(
            platform: "Linux", release: "6.1", version: "#1 \"SMP\"", hostname: "höst",
            architecture: "x86_64")
        sample.processor = "Example CPU"
        sample.uptimeSeconds = 183_784.9
        sample.cpuPercent = 12.345_6
        sample.load = LoadAverage(loadavg: "0.50 1 10.25 1/1 1")
        sample.physicalCores = 2
        sample.logicalCores = 4
        let info = MemoryInfo(
            meminfo: """
                MemTotal: 8388608 kB
                MemFree: 1048576 kB
                MemAvailable: 6291456 kB
                SwapTotal: 3 kB
                SwapFree: 2 kB
                """)
        sample.memory = MemoryFigures(info, pageBytes: 4096) { nil }
        sample.swap = SwapFigures(info)
        sample.disk = HostSample.DiskFigures(
            blocks: 1 << 22, free: 1 << 20, available: 1 << 20, blockBytes: 1024)
        let header = "Inter-| Receive | Transmit\n face |bytes packets\n"
        sample.network = NetworkFigures(netDev: header + "lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n")
        sample.processCount = 99
        return sample
    }

    private func object(
        _ sample: HostSample, _ filter: StatsFilter = .everything
    ) throws -> [String: Any] {
        let data = Data(StatsText.body(sample, filter).utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func everythingIsThisText() throws {
        let text = """
            {"timestamp":"2026-11-21T02:59:59Z",\
            "system":{"platform":"Linux","platform_release":"6.1",\
            "platform_version":"#1 \\"SMP\\"","hostname":"höst","architecture":"x86_64",\
            "processor":"Example CPU","uptime_seconds":183784,"uptime_human":"2d 3h 3m"},\
            "cpu":{"usage_percent":12.35,"load_average":{"1min":0.5,"5min":1.0,"15min":10.25},\
            "core_count":2,"core_count_logical":4},\
            "memory":{"total":8589934592,"available":6442450944,"used":2147483648,\
            "free":1073741824,"percent":25.0,"total_gb":8.0,"available_gb":6.0,"used_gb":2.0,\
            "free_gb":1.0},\
            "swap":{"total":3072,"used":1024,"free":2048,"percent":33.33,"total_gb":0.0,\
            "used_gb":0.0,"free_gb":0.0},\
            "disk":{"total":4294967296,"used":3221225472,"free":1073741824,"percent":75.0,\
            "total_gb":4.0,"used_gb":3.0,"free_gb":1.0},\
            "network":{"bytes_sent":5,"bytes_recv":1,"packets_sent":6,"packets_recv":2,\
            "errin":3,"errout":7,"dropin":4,"dropout":8},\
            "processes":{"count":99}}
            """
        #expect(StatsText.body(try StatsTextTests.whole(), .everything) == text)
    }

    /// Whatever cannot be known is null, and says nothing of why.
    @Test func nothingKnownIsNull() throws {
        let empty = try object(HostSample(wallMilliseconds: 0, takenAt: 0))
        #expect(empty["timestamp"] as? String == "1970-01-01T00:00:00Z")
        for section in ["memory", "swap", "disk", "network"] {
            #expect(empty[section] is NSNull)
        }
        for section in [StatsSection.system, .cpu, .processes] {
            let fields = try #require(empty[section.name] as? [String: Any])
            #expect(Set(fields.keys) == Set(section.fields))
            #expect(fields.values.allSatisfy { $0 is NSNull })
        }
    }

    @Test func everySectionIsShownAlone() throws {
        let sample = try StatsTextTests.whole()
        for section in StatsSection.allCases {
            var filter = StatsFilter.everything
            filter.keep(sections: [section])
            let shown = try object(sample, filter)
            #expect(Array(shown.keys) == [section.name])
            if let fields = shown[section.name] as? [String: Any] {
                #expect(Set(fields.keys) == Set(section.fields))
            }
        }
    }

    @Test func everyFieldIsShownAlone() throws {
        let sample = try StatsTextTests.whole()
        let whole = try object(sample)
        for section in StatsSection.allCases {
            for field in section.fields {
                var filter = StatsFilter.everything
                filter.keep(fields: [field], of: section)
                let shown = try object(sample, filter)
                #expect(shown.count == whole.count)
                let fields = try #require(shown[section.name] as? [String: Any])
                #expect(Array(fields.keys) == [field])
            }
        }
    }

    @Test func nothingIsNothing() throws {
        let sample = try StatsTextTests.whole()
        #expect(StatsText.body(sample, .nothing) == "{}")
        var filter = StatsFilter.everything
        filter.keep(sections: [])
        #expect(filter == .nothing)
        #expect(StatsText.body(sample, filter) == "{}")
        filter = .everything
        filter.keep(fields: [], of: .memory)
        filter.keep(sections: [.memory])
        #expect(StatsText.body(sample, filter) == "{\"memory\":{}}")
    }

    /// A filter only ever takes away, in whatever order it is made.
    @Test func filtersFailClosed() throws {
        var filter = StatsFilter.everything
        filter.keep(sections: [.memory])
        filter.keep(sections: [.memory, .system])
        #expect(!filter.shows(.system))
        filter.keep(fields: ["percent", "no_such_field", "hostname"], of: .memory)
        filter.keep(fields: ["hostname"], of: .system)
        #expect(filter.fields(of: .system) == 0)
        filter.keep(fields: ["total", "percent"], of: .memory)
        let sample = try StatsTextTests.whole()
        #expect(StatsText.body(sample, filter) == "{\"memory\":{\"percent\":25.0}}")
    }
}
