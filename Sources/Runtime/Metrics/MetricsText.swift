/// Metrics in the text format of Prometheus, version 0.0.4.
///
/// One family after the other: `# HELP`, `# TYPE`, then its samples.
struct MetricsText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var bytes: [UInt8] = []
    /// The name that the next samples have.
    private var name = ""

    init(capacity: Int = 8 << 10) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins a family; `help` is one sentence on one line, without backslashes.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    /// A sample of the family; `labels` stand between the braces.
    mutating func add(labels: String = "", _ value: some BinaryInteger) {
        addName("", labels)
        bytes += String(value).utf8
        bytes.append(0x0A)
    }

    /// A sample in seconds.
    mutating func add(labels: String = "", microseconds: UInt64) {
        addName("", labels)
        bytes += MetricsText.seconds(microseconds).utf8
        bytes.append(0x0A)
    }

    /// The samples of a histogram: its buckets, each with those below it, its sum and its count.
    mutating func add(labels: String, _ histogram: Histogram) {
        var total: UInt64 = 0
        for (bound, count) in zip(MetricsText.bounds, histogram.counts) {
            total += count
            addName("_bucket", "\(labels),le=\"\(bound)\"")
            bytes += String(total).utf8
            bytes.append(0x0A)
        }
        addName("_sum", labels)
        bytes += MetricsText.seconds(histogram.sumMicroseconds).utf8
        bytes.append(0x0A)
        addName("_count", labels)
        bytes += String(total).utf8
        bytes.append(0x0A)
    }

    private mutating func addName(_ suffix: String, _ labels: String) {
        bytes += name.utf8
        bytes += suffix.utf8
        if !labels.isEmpty {
            bytes.append(0x7B)
            bytes += labels.utf8
            bytes.append(0x7D)
        }
        bytes.append(0x20)
    }

    /// A label with its value, escaped.
    static func label(_ name: String, _ value: String) -> String {
        var text = "\(name)=\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// The bounds of the buckets as labels have them.
    private static let bounds = Buckets.boundsMicroseconds.map(MetricsText.seconds) + ["+Inf"]

    /// Microseconds in seconds, without zeros at the end.
    static func seconds(_ microseconds: UInt64) -> String {
        let whole = String(microseconds / 1_000_000)
        guard microseconds % 1_000_000 > 0 else { return whole }
        // Six digits, with their zeros in front.
        var digits = Array(String(1_000_000 + microseconds % 1_000_000).utf8.dropFirst())
        while digits.last == 0x30 {
            digits.removeLast()
        }
        return whole + "." + String(decoding: digits, as: UTF8.self)
    }
}
