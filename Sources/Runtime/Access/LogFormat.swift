internal import Glibc
package import Logging
internal import Synchronization
internal import TableFormat

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, message, values.
    case text
    /// For machines: one JSON object a line.
    case json
}

/// Makes lines and writes each with one call, so that lines of several threads do not mix.
package struct LogLine: Sendable {
    private var bytes: [UInt8] = []
    private let format: LogFormat
    private var isFirst = true

    package init(_ format: LogFormat, milliseconds: Int64, level: String, message: String) {
        self.format = format
        bytes.reserveCapacity(320)
        let time = LogLine.timestamp(milliseconds)
        switch format {
        case .text:
            append("\(time) \(level.uppercased()) \(message)")
        case .json:
            append("{\"time\":\"\(time)\",\"level\":\"\(level)\",\"message\":")
            appendQuoted(message)
        }
    }

    /// A text.
    package mutating func add(_ name: String, _ value: String) {
        switch format {
        case .text:
            append(" \(name)=")
            if LogLine.isPlain(value) { append(value) } else { appendQuoted(value) }
        case .json:
            append(",\"\(name)\":")
            appendQuoted(value)
        }
    }

    /// A number.
    package mutating func add(_ name: String, number: some BinaryInteger) {
        append(format == .text ? " \(name)=\(number)" : ",\"\(name)\":\(number)")
    }

    /// The bytes with their line end.
    package consuming func finished() -> [UInt8] {
        if format == .json { append("}") }
        append("\n")
        return bytes
    }

    /// Whether a value can stand without quotes.
    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }
    }

    private mutating func append(_ text: String) {
        bytes += text.utf8
    }

    /// In quotes, control characters escaped: no value can begin a line of its own.
    private mutating func appendQuoted(_ text: String) {
        append(JSONText.quoted(text))
    }

    /// RFC 3339 in UTC with milliseconds.
    static func timestamp(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        func pad(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
        let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
        return "\(year)-\(pad(month, 2))-\(pad(day, 2))"
            + "T\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2))"
            + ".\(pad(milliseconds % 1000, 3))Z"
    }

    /// Milliseconds since the epoch.
    package static func wallMilliseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// A write to a pipe is whole up to 4 KiB only (pipe(7)): lines of two threads would mix.
    private static let writing = Mutex(())

    /// Writes bytes to standard error; what the system does not take is lost.
    package static func write(_ bytes: [UInt8]) {
        writing.withLock { _ in writeWhole(bytes) }
    }

    private static func writeWhole(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(2, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// swift-log's back end: lines on standard error.
package struct StandardErrorLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: LogFormat

    package init(format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LogLine(
            format, milliseconds: LogLine.wallMilliseconds(), level: event.level.rawValue,
            message: event.message.description)
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            if case .stringConvertible(let number as any BinaryInteger) = value {
                line.add(name, number: number)
            } else {
                line.add(name, value.description)
            }
        }
        LogLine.write(line.finished())
    }
}
