package import TableFormat

/// Writes what `GET /stats` answers: one JSON object with the sections that a filter shows.
///
/// What could not be found out is `null`: a client finds every name that it may see, and no word of
/// why one has no value.
package struct StatsText {
    private let sample: HostSample
    private let filter: StatsFilter
    private var parts: [String] = []

    /// The object, on one line.
    package static func body(_ sample: HostSample, _ filter: StatsFilter) -> String {
        var text = StatsText(sample: sample, filter: filter)
        for section in StatsSection.allCases where filter.shows(section) {
            text.parts.append("\(JSONText.quoted(section.name)):\(text.value(of: section))")
        }
        return "{\(text.parts.joined(separator: ","))}"
    }

    private init(sample: HostSample, filter: StatsFilter) {
        self.sample = sample
        self.filter = filter
    }

    private func value(of section: StatsSection) -> String {
        switch section {
        case .timestamp: StatsText.timestamp(sample.wallMilliseconds)
        case .system: object(SystemField.self, system)
        case .cpu: object(CPUField.self, cpu)
        case .memory:
            sample.memory.map { memory in
                object(MemoryField.self) { StatsText.memory($0, memory) }
            } ?? "null"
        case .swap:
            sample.swap.map { swap in
                object(SwapField.self) { StatsText.swap($0, swap) }
            } ?? "null"
        case .disk:
            sample.disk.map { disk in
                object(DiskField.self) { StatsText.disk($0, disk) }
            } ?? "null"
        case .network:
            sample.network.map { network in
                object(NetworkField.self) { StatsText.network($0, network) }
            } ?? "null"
        case .processes: object(ProcessesField.self) { _ in StatsText.whole(sample.processCount) }
        }
    }

    /// The fields of a section that are shown.
    private func object<Field: StatsField>(
        _: Field.Type, _ value: (Field) -> String
    ) -> String {
        let mask = filter.fields(of: Field.section)
        let members = Field.allCases.enumerated()
            .filter { mask & (1 << UInt32($0.offset)) != 0 }
            .map { "\"\($0.element.rawValue)\":\(value($0.element))" }
        return "{\(members.joined(separator: ","))}"
    }

    // MARK: - Sections

    private func system(_ field: SystemField) -> String {
        let names = sample.names
        return switch field {
        case .platform: StatsText.text(names?.platform)
        case .platformRelease: StatsText.text(names?.release)
        case .platformVersion: StatsText.text(names?.version)
        case .hostname: StatsText.text(names?.hostname)
        case .architecture: StatsText.text(names?.architecture)
        case .processor: StatsText.text(sample.processor)
        case .uptimeSeconds: StatsText.whole(sample.uptimeSeconds.map { UInt64($0) })
        case .uptimeHuman: StatsText.text(sample.uptimeSeconds.map(StatsText.human))
        }
    }

    private func cpu(_ field: CPUField) -> String {
        switch field {
        case .usagePercent: StatsText.decimal(sample.cpuPercent)
        case .loadAverage:
            sample.load.map { load in
                let (one, five, fifteen) = load.overMinutes
                return "{\"1min\":\(StatsText.decimal(one)),\"5min\":\(StatsText.decimal(five)),"
                    + "\"15min\":\(StatsText.decimal(fifteen))}"
            } ?? "null"
        case .coreCount: StatsText.whole(sample.physicalCores)
        case .coreCountLogical: StatsText.whole(sample.logicalCores)
        }
    }

    private static func memory(_ field: MemoryField, _ figures: MemoryFigures) -> String {
        switch field {
        case .total: whole(figures.total)
        case .available: whole(figures.available)
        case .used: whole(figures.used)
        case .free: whole(figures.free)
        case .percent: decimal(share(figures.used, of: figures.total))
        case .totalGB: gigabytes(figures.total)
        case .availableGB: gigabytes(figures.available)
        case .usedGB: gigabytes(figures.used)
        case .freeGB: gigabytes(figures.free)
        }
    }

    private static func swap(_ field: SwapField, _ figures: SwapFigures) -> String {
        switch field {
        case .total: whole(figures.total)
        case .used: whole(figures.used)
        case .free: whole(figures.free)
        case .percent: decimal(share(figures.used, of: figures.total))
        case .totalGB: gigabytes(figures.total)
        case .usedGB: gigabytes(figures.used)
        case .freeGB: gigabytes(figures.free)
        }
    }

    private static func disk(_ field: DiskField, _ figures: HostSample.DiskFigures) -> String {
        switch field {
        case .total: whole(figures.total)
        case .used: whole(figures.used)
        case .free: whole(figures.free)
        case .percent: decimal(figures.percent)
        case .totalGB: gigabytes(figures.total)
        case .usedGB: gigabytes(figures.used)
        case .freeGB: gigabytes(figures.free)
        }
    }

    private static func network(_ field: NetworkField, _ figures: NetworkFigures) -> String {
        switch field {
        case .bytesSent: whole(figures.bytesSent)
        case .bytesReceived: whole(figures.bytesReceived)
        case .packetsSent: whole(figures.packetsSent)
        case .packetsReceived: whole(figures.packetsReceived)
        case .errorsIn: whole(figures.errorsIn)
        case .errorsOut: whole(figures.errorsOut)
        case .dropsIn: whole(figures.dropsIn)
        case .dropsOut: whole(figures.dropsOut)
        }
    }

    // MARK: - Values

    private static func text(_ value: String?) -> String {
        value.map(JSONText.quoted) ?? "null"
    }

    private static func whole(_ value: (some BinaryInteger)?) -> String {
        value.map { "\($0)" } ?? "null"
    }

    /// Two decimals.
    private static func decimal(_ value: Double?) -> String {
        value.map { "\(($0 * 100).rounded() / 100)" } ?? "null"
    }

    /// In units of 1024^3 bytes, as the name of the field has always meant.
    private static func gigabytes(_ bytes: UInt64) -> String {
        decimal(Double(bytes) / Double(1 << 30))
    }

    /// Days, hours and minutes.
    private static func human(_ seconds: Double) -> String {
        let minutes = UInt64(seconds) / 60
        return "\(minutes / 1440)d \(minutes / 60 % 24)h \(minutes % 60)m"
    }

    /// RFC 3339 in UTC with whole seconds.
    private static func timestamp(_ milliseconds: Int64) -> String {
        "\"\(LogLine.timestamp(milliseconds).prefix(19))Z\""
    }
}
