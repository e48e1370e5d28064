import Routing
import Testing

@testable import Runtime

@Suite struct MetricsTextTests {
    private func lines(_ text: MetricsText) -> [String] {
        String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [
        (0, "0"), (1, "0.000001"), (5_000, "0.005"), (25_000, "0.025"), (1_000_000, "1"),
        (2_500_000, "2.5"), (600_000_000, "600"), (1_000_001, "1.000001"),
    ])
    func microsecondsAreSeconds(microseconds: UInt64, text: String) {
        #expect(MetricsText.seconds(microseconds) == text)
    }

    @Test func labelsAreEscaped() {
        #expect(MetricsText.label("pool", "a\"b\\c\nd") == #"pool="a\"b\\c\nd""#)
    }

    @Test func bucketsAreCumulative() {
        var counts = [UInt64](repeating: 0, count: Buckets.count)
        counts[0] = 2
        counts[3] = 1
        counts[Buckets.count - 1] = 4
        var text = MetricsText()
        text.begin("x_seconds", .histogram, "Of something.")
        text.add(labels: "pool=\"a\"", Histogram(sumMicroseconds: 1_500_000, counts: counts[...]))
        let lines = lines(text)
        #expect(lines[0] == "# HELP x_seconds Of something.")
        #expect(lines[1] == "# TYPE x_seconds histogram")
        #expect(lines[2] == #"x_seconds_bucket{pool="a",le="0.005"} 2"#)
        #expect(lines[5] == #"x_seconds_bucket{pool="a",le="0.05"} 3"#)
        #expect(lines[17] == #"x_seconds_bucket{pool="a",le="600"} 3"#)
        #expect(lines[18] == #"x_seconds_bucket{pool="a",le="+Inf"} 7"#)
        #expect(lines[19] == #"x_seconds_sum{pool="a"} 1.5"#)
        #expect(lines[20] == #"x_seconds_count{pool="a"} 7"#)
        #expect(lines.count == 21)
    }

    @Test func poolsThatAreGoneAreShownIfTheyHadRequests() {
        let directory = PoolDirectory()
        let slots = directory.acquire(["used", "idle", "here"])
        var metrics = PoolMetrics()
        metrics.reserve(slots: directory.naming.pools.count)
        metrics.began(slot: slots[0])
        metrics.ended(ExchangeSample(slot: slots[0], status: 200))
        directory.release(Array(slots[0...1]))
        var text = MetricsText()
        PoolSamples(directory.naming, metrics, inFlight: 3).add(to: &text)
        let lines = lines(text)
        #expect(lines.contains(#"routerc_requests_total{pool="used",status_class="2xx"} 1"#))
        #expect(lines.contains(#"routerc_requests_total{pool="here",status_class="2xx"} 0"#))
        #expect(lines.contains(#"routerc_requests_in_flight{pool=""} 3"#))
        #expect(lines.contains(#"routerc_errors_total{pool="here",code="upstream_closed"} 0"#))
        #expect(lines.contains(#"routerc_errors_total{pool="",code="invalid_api_key"} 0"#))
        #expect(!lines.contains { $0.contains("pool=\"idle\"") || $0.contains("(gone)") })
        #expect(!lines.contains { $0.contains("pool=\"here\",code=\"invalid_api_key\"") })
    }

    @Test func everyCodeOfAnErrorHasAPlace() {
        let directory = PoolDirectory()
        let slots = directory.acquire(["p"])
        for error in ProxyError.allCases {
            for slot in [PoolDirectory.noPool, slots[0]] {
                var metrics = PoolMetrics()
                metrics.reserve(slots: directory.naming.pools.count)
                metrics.ended(ExchangeSample(slot: slot, status: error.status, error: error))
                var text = MetricsText()
                PoolSamples(directory.naming, metrics, inFlight: 0).add(to: &text)
                let pool = slot == slots[0] ? "p" : ""
                let label = "{pool=\"\(pool)\",code=\"\(error.code)\"}"
                #expect(lines(text).contains("routerc_errors_total\(label) 1"), "\(error)")
            }
        }
    }

    /// So that the text is never copied while it grows.
    @Test func theGuessHoldsAThousandPools() {
        let directory = PoolDirectory()
        _ = directory.acquire((0..<1_000).map { "pool-number-\($0)" })
        var metrics = PoolMetrics()
        metrics.reserve(slots: directory.naming.pools.count)
        let samples = PoolSamples(directory.naming, metrics, inFlight: 0)
        var text = MetricsText(capacity: samples.byteCountGuess)
        samples.add(to: &text)
        #expect(lines(text).count > 40_000)
        #expect(text.bytes.count <= samples.byteCountGuess)
    }

    @Test func theKernelsLineIsReadWhateverTheNameOfTheProgram() throws {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 4 18 1000 4096 7 20"
        let numbers = try #require(
            ProcessNumbers(
                stat: "42 (a) b (c)) \(fields)", ticksPerSecond: 100, pageBytes: 4096,
                bootSeconds: 1_000))
        #expect(numbers.cpuMicroseconds == 3_000_000)
        #expect(numbers.threadCount == 4)
        #expect(numbers.startMicroseconds == 1_010_000_000)
        #expect(numbers.virtualBytes == 4096)
        #expect(numbers.residentBytes == 7 * 4096)
        #expect(
            ProcessNumbers(
                stat: "no parenthesis", ticksPerSecond: 100, pageBytes: 1, bootSeconds: 1) == nil)
        #expect(
            ProcessNumbers(
                stat: "1 (a) S 1 2", ticksPerSecond: 100, pageBytes: 1, bootSeconds: 1) == nil)
        let own = try #require(ProcessNumbers.read())
        #expect(own.residentBytes > 1 << 20)
        #expect(own.startMicroseconds > 1_600_000_000_000_000)
    }
}
