/// A section of `/stats`, with the names of its fields.
///
/// The compiler reads specs by this list and the server fills it, so that they cannot drift apart.
/// The number of a section is its bit in a table: a new one is appended.
public enum StatsSection: UInt32, CaseIterable, Sendable {
    case timestamp
    case system
    case cpu
    case memory
    case swap
    case disk
    case network
    case processes

    /// What the language and the answer call it.
    public var name: String { "\(self)" }

    /// The names of its fields; none where it is a plain value.
    ///
    /// The place of a field is its bit in a table.
    public var fields: [String] {
        switch self {
        case .timestamp: []
        case .system: SystemField.allCases.map(\.rawValue)
        case .cpu: CPUField.allCases.map(\.rawValue)
        case .memory: MemoryField.allCases.map(\.rawValue)
        case .swap: SwapField.allCases.map(\.rawValue)
        case .disk: DiskField.allCases.map(\.rawValue)
        case .network: NetworkField.allCases.map(\.rawValue)
        case .processes: ProcessesField.allCases.map(\.rawValue)
        }
    }

    /// Its bit in a mask of sections.
    public var bit: UInt32 { 1 << rawValue }

    /// The mask of all its fields.
    public var allFields: UInt32 { (1 << UInt32(fields.count)) - 1 }

    /// The mask of all sections.
    public static var all: UInt32 { allCases.reduce(0) { $0 | $1.bit } }
}

/// The fields of one section, in the order of the answer; a new one is appended.
public protocol StatsField: CaseIterable, RawRepresentable, Sendable where RawValue == String {
    /// Where they stand.
    static var section: StatsSection { get }
}

/// Fields of the section `system`.
public enum SystemField: String, StatsField {
    case platform
    case platformRelease = "platform_release"
    case platformVersion = "platform_version"
    case hostname
    case architecture
    case processor
    case uptimeSeconds = "uptime_seconds"
    case uptimeHuman = "uptime_human"

    /// Where they stand.
    public static var section: StatsSection { .system }
}

/// Fields of the section `cpu`.
public enum CPUField: String, StatsField {
    case usagePercent = "usage_percent"
    case loadAverage = "load_average"
    case coreCount = "core_count"
    case coreCountLogical = "core_count_logical"

    /// Where they stand.
    public static var section: StatsSection { .cpu }
}

/// Fields of the section `memory`.
public enum MemoryField: String, StatsField {
    case total
    case available
    case used
    case free
    case percent
    case totalGB = "total_gb"
    case availableGB = "available_gb"
    case usedGB = "used_gb"
    case freeGB = "free_gb"

    /// Where they stand.
    public static var section: StatsSection { .memory }
}

/// Fields of the section `swap`.
public enum SwapField: String, StatsField {
    case total
    case used
    case free
    case percent
    case totalGB = "total_gb"
    case usedGB = "used_gb"
    case freeGB = "free_gb"

    /// Where they stand.
    public static var section: StatsSection { .swap }
}

/// Fields of the section `disk`.
public enum DiskField: String, StatsField {
    case total
    case used
    case free
    case percent
    case totalGB = "total_gb"
    case usedGB = "used_gb"
    case freeGB = "free_gb"

    /// Where they stand.
    public static var section: StatsSection { .disk }
}

/// Fields of the section `network`.
public enum NetworkField: String, StatsField {
    case bytesSent = "bytes_sent"
    case bytesReceived = "bytes_recv"
    case packetsSent = "packets_sent"
    case packetsReceived = "packets_recv"
    case errorsIn = "errin"
    case errorsOut = "errout"
    case dropsIn = "dropin"
    case dropsOut = "dropout"

    /// Where they stand.
    public static var section: StatsSection { .network }
}

/// Fields of the section `processes`.
public enum ProcessesField: String, StatsField {
    case count

    /// Where they stand.
    public static var section: StatsSection { .processes }
}
