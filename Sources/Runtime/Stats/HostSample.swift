/// What the host was like at one moment; nil where it could not be found out.
package struct HostSample: Sendable {
    /// Milliseconds since the epoch.
    package var wallMilliseconds: Int64
    /// Milliseconds of the monotonic clock.
    package var takenAt: UInt64
    package var names: Names?
    package var processor: String?
    package var uptimeSeconds: Double?
    /// Since the sample before this one; nil for the first.
    package var cpuPercent: Double?
    package var load: LoadAverage?
    /// Cores, not threads.
    package var physicalCores: Int?
    package var logicalCores: Int?
    package var memory: MemoryFigures?
    package var swap: SwapFigures?
    package var disk: DiskFigures?
    package var network: NetworkFigures?
    package var processCount: Int?

    /// What uname(2) says.
    package struct Names: Sendable, Equatable {
        package var platform: String
        package var release: String
        package var version: String
        package var hostname: String
        package var architecture: String

        package init(
            platform: String, release: String, version: String, hostname: String,
            architecture: String
        ) {
            self.platform = platform
            self.release = release
            self.version = version
            self.hostname = hostname
            self.architecture = architecture
        }
    }

    /// The file system of `/`, in bytes.
    package struct DiskFigures: Sendable, Equatable {
        package let total: UInt64
        package let used: UInt64
        /// What is left for others than root.
        package let free: UInt64

        /// From the blocks of statvfs(3); nil where they contradict each other.
        package init?(blocks: UInt64, free: UInt64, available: UInt64, blockBytes: UInt64) {
            guard free <= blocks else { return nil }
            total = blocks &* blockBytes
            used = (blocks - free) &* blockBytes
            self.free = available &* blockBytes
        }

        /// The part of what others than root may use that is in use.
        package var percent: Double { share(used, of: used &+ free) }
    }

    /// A sample without any figure.
    package init(wallMilliseconds: Int64, takenAt: UInt64) {
        self.wallMilliseconds = wallMilliseconds
        self.takenAt = takenAt
    }
}

/// `part` in percent of `whole`; 0 of nothing.
package func share(_ part: UInt64, of whole: UInt64) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole) * 100
}
