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
        addSample("", labels, String(value))
    }

    /// A sample in seconds.
    mutating func add(labels: String = "", microseconds: UInt64) {
        addSample("", labels, MetricsText.seconds(microseconds))
    }

    /// The samples of a histogram: its buckets, each with those below it, its sum and its count.
    mutating func add(labels: String, _ histogram: Histogram) {
        var total: UInt64 = 0
        for (bound, count) in zip(MetricsText.bounds, histogram.counts) {
            total += count
            addSample("_bucket", "\(labels),le=\"\(bound)\"", String(total))
        }
        addSample("_sum", labels, MetricsText.seconds(histogram.sumMicroseconds))
        addSample("_count", labels, String(total))
    }

    private mutating func addSample(_ suffix: String, _ labels: String, _ value: String) {
        bytes += name.utf8
        bytes += suffix.utf8
        if !labels.isEmpty {
            bytes.append(0x7B)
            bytes += labels.utf8
            bytes.append(0x7D)
        }
        bytes.append(0x20)
        bytes += value.utf8
        bytes.append(0x0A)
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
