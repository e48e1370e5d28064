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

    /// Yes or no.
    package mutating func add(_ name: String, flag: Bool) {
        append(format == .text ? " \(name)=\(flag)" : ",\"\(name)\":\(flag)")
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

    /// Lines of two threads would mix without it; whether whoever reads has stopped to.
    private static let writing = Mutex(false)
    /// A pipe that has room takes as much at once without waiting (pipe(7), PIPE_BUF).
    private static let pieceBytesMax = 4096
    /// How long a line waits for a reader that has just stopped.
    private static let patienceMilliseconds: CInt = 100

    /// Writes a line to standard error; what is not taken is lost, and nobody waits for it: who
    /// does not read the log must not hold up a reload or the end.
    package static func write(_ line: [UInt8]) {
        writing.withLock { isStalled in
            var rest = line[...]
            while !rest.isEmpty {
                guard isReady(within: isStalled ? 0 : patienceMilliseconds) else {
                    isStalled = true
                    return
                }
                isStalled = false
                guard let count = writeSome(rest.prefix(pieceBytesMax)) else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Writes lines to standard error and waits for a reader that is slow, unless `isOver`.
    ///
    /// Lines of others go between these while it waits.
    package static func write(lines: [UInt8], unless isOver: () -> Bool) {
        var rest = lines[...]
        while !rest.isEmpty {
            guard isReady(within: patienceMilliseconds) else {
                if isOver() { return }
                continue
            }
            let count = writing.withLock { _ in
                isReady(within: 0) ? writeSome(piece(of: rest)) : 0
            }
            guard let count else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Whole lines, as many as are surely taken at once.
    private static func piece(of lines: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let most = lines.prefix(pieceBytesMax)
        guard most.count < lines.count, let end = most.lastIndex(of: 0x0A) else { return most }
        return lines[lines.startIndex...end]
    }

    /// Whether standard error takes something; a file always does.
    private static func isReady(within milliseconds: CInt) -> Bool {
        var descriptor = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        while true {
            let count = unsafe poll(&descriptor, 1, milliseconds)
            if count < 0, errno == EINTR { continue }
            return count != 0
        }
    }

    /// How much was taken; nil where nobody will take any more.
    private static func writeSome(_ bytes: ArraySlice<UInt8>) -> Int? {
        while true {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(2, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            return count > 0 ? count : nil
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
            switch value {
            case .stringConvertible(let number as any BinaryInteger):
                line.add(name, number: number)
            case .stringConvertible(let flag as Bool): line.add(name, flag: flag)
            default: line.add(name, value.description)
            }
        }
        LogLine.write(line.finished())
    }
}
