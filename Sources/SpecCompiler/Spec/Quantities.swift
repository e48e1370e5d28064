/// Durations and sizes: a whole number and a unit, without space.
extension SpecDecoder {
    /// A duration within `range` of milliseconds; `none` only where `allowsNone`.
    mutating func duration(
        _ node: Int, _ what: String, _ range: ClosedRange<UInt64>, allowsNone: Bool
    ) -> SpecDocument.Limit? {
        guard let text = text(node, what) else { return nil }
        if text.value == "none" {
            if allowsNone { return SpecDocument.Limit.none }
            findings.add(.noneNotAllowed(what, text, range))
            return nil
        }
        guard let milliseconds = QuantityText.milliseconds(text.value) else {
            findings.add(.notDuration(what, text, range, allowsNone: allowsNone))
            return nil
        }
        guard range.contains(milliseconds), let count = UInt32(exactly: milliseconds) else {
            findings.add(
                .durationOutOfRange(what, text, milliseconds, range, allowsNone: allowsNone))
            return nil
        }
        return .milliseconds(count)
    }

    /// A duration that a key of `owner` gives, in milliseconds; nil where there is none.
    mutating func milliseconds(
        _ fields: Fields, _ name: String, of owner: String, _ range: ClosedRange<UInt32>
    ) -> UInt32? {
        let range = UInt64(range.lowerBound)...UInt64(range.upperBound)
        return fields[name].flatMap {
            duration($0, "\(owner).\(name)", range, allowsNone: false)?.milliseconds
        }
    }

    /// Whether a value that is a mapping or `none` is the latter.
    ///
    /// Nil for a mapping, or what could not be read. `standard` is the mapping of the defaults.
    mutating func isNone(_ node: Int, _ what: String, standard: String) -> Bool? {
        guard tree.kind(node) == .scalar, !isNull(node), let text = text(node, what) else {
            return nil
        }
        if text.value != "none" { findings.add(.neitherMappingNorNone(what, text, standard)) }
        return text.value == "none"
    }

    /// A size within `range` of bytes.
    mutating func size(_ node: Int, _ what: String, _ range: ClosedRange<UInt64>) -> UInt64? {
        guard let text = text(node, what) else { return nil }
        guard let bytes = QuantityText.bytes(text.value) else {
            findings.add(.notSize(what, text))
            return nil
        }
        guard range.contains(bytes) else {
            findings.add(.sizeOutOfRange(what, text, range))
            return nil
        }
        return bytes
    }
}

/// The units of the language.
enum QuantityText {
    /// From the largest, for writing a quantity in the largest unit that fits.
    static let durationUnits: [(name: String, milliseconds: UInt64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    /// Binary units first: they are what is written back.
    static let sizeUnits: [(name: String, bytes: UInt64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("", 1),
    ]

    /// "250ms" -> 250; nil where it is no duration, the largest number where it is a huge one.
    static func milliseconds(_ text: String) -> UInt64? {
        read(text, durationUnits.map { ($0.name, $0.milliseconds) })
    }

    /// What other notations of a duration are here: `10`, `10 m`, `5min`, `60sec`.
    static func meantDuration(_ text: String, allowsNone: Bool) -> String? {
        let digits = text.utf8.prefix(while: isDigit)
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
        let number = text.prefix(digits.count)
        switch unit {
        case "": return number.allSatisfy { $0 == "0" } && allowsNone ? "none" : "\(number)s"
        case "ms", "msec", "msecs", "millis", "millisecond", "milliseconds": return "\(number)ms"
        case "s", "sec", "secs", "second", "seconds": return "\(number)s"
        case "m", "min", "mins", "minute", "minutes": return "\(number)m"
        case "h", "hr", "hrs", "hour", "hours": return "\(number)h"
        case "d", "day", "days": return "\(number)d"
        default: return nil
        }
    }

    /// "10MiB" -> 10485760; nil where it is no size, the largest number where it is a huge one.
    static func bytes(_ text: String) -> UInt64? {
        read(text, sizeUnits.map { ($0.name, $0.bytes) })
    }

    /// `milliseconds` in the largest unit that needs no fraction.
    static func duration(_ milliseconds: UInt64) -> String {
        write(milliseconds, durationUnits.map { ($0.name, $0.milliseconds) }, zero: "0s")
    }

    /// `bytes` in the largest binary unit that needs no fraction.
    static func size(_ bytes: UInt64) -> String {
        write(bytes, sizeUnits.prefix(3).map { ($0.name, $0.bytes) }, zero: "0")
    }

    private static func read(_ text: String, _ units: [(String, UInt64)]) -> UInt64? {
        let digits = text.utf8.prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        let name = String(text.dropFirst(digits.count))
        guard let unit = units.first(where: { $0.0 == name }) else { return nil }
        guard let number = UInt64(String(text.prefix(digits.count))) else { return .max }
        let product = number.multipliedReportingOverflow(by: unit.1)
        return product.overflow ? .max : product.partialValue
    }

    private static func write(
        _ value: UInt64, _ units: [(String, UInt64)], zero: String
    ) -> String {
        guard value > 0 else { return zero }
        for (name, factor) in units where value % factor == 0 {
            return "\(value / factor)\(name)"
        }
        return String(value)
    }
}

extension Diagnostic {
    fileprivate static func neitherMappingNorNone(
        _ what: String, _ text: Spanned<String>, _ standard: String
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice, "\(what) is a mapping or none, not \(quoted(text.value))",
            at: Label(text.span), help: "\(standard) is the default")
        if ["off", "false", "no", "never", "disabled"].contains(text.value.lowercased()) {
            diagnostic.help = "write none"
            diagnostic.fixIts = [FixIt(text.span, "none", .machineApplicable)]
        } else if text.value.hasPrefix("/"), what == "health" {
            diagnostic.help = "did you mean { path: \(text.value) }?"
            diagnostic.fixIts = [FixIt(text.span, "{ path: \(text.value) }", .maybeIncorrect)]
        } else if text.value.lowercased().hasPrefix("header:"), what == "sticky" {
            diagnostic.help = "did you mean { by: [\"\(text.value)\"] }?"
            diagnostic.fixIts = [
                FixIt(text.span, "{ by: [\"\(text.value)\"] }", .maybeIncorrect)
            ]
        }
        return diagnostic
    }

    fileprivate static func noneNotAllowed(
        _ what: String, _ text: Spanned<String>, _ range: ClosedRange<UInt64>
    ) -> Diagnostic {
        let most = QuantityText.duration(range.upperBound)
        return Diagnostic(
            .badDuration, "\(what) is a duration and cannot be 'none'", at: Label(text.span),
            help: "\(most) is the longest; without the line the default counts")
    }

    fileprivate static func notDuration(
        _ what: String, _ text: Spanned<String>, _ range: ClosedRange<UInt64>, allowsNone: Bool
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badDuration, "\(what) is a duration such as 2s, not \(quoted(text.value))",
            at: Label(text.span),
            help: "a whole number and one of ms, s, m, h, d" + (allowsNone ? ", or none" : ""))
        if text.value.utf8.allSatisfy(isDigit) {
            diagnostic.primary.text = "the unit is missing"
        }
        var meant = QuantityText.meantDuration(text.value, allowsNone: allowsNone)
        // A number that is too many seconds is one of milliseconds.
        if let count = UInt64(text.value), range.contains(count), count > range.upperBound / 1_000 {
            meant = "\(count)ms"
        }
        if let meant {
            diagnostic.help = "did you mean \(meant)?"
            diagnostic.fixIts = [FixIt(text.span, meant, .maybeIncorrect)]
        }
        return diagnostic
    }

    fileprivate static func durationOutOfRange(
        _ what: String, _ text: Spanned<String>, _ value: UInt64, _ range: ClosedRange<UInt64>,
        allowsNone: Bool
    ) -> Diagnostic {
        let least = QuantityText.duration(range.lowerBound)
        let most = QuantityText.duration(range.upperBound)
        let bound =
            value < range.lowerBound ? "\(least) is the shortest" : "\(most) is the longest"
        return Diagnostic(
            .badDuration, "\(what) is between \(least) and \(most), not \(quoted(text.value))",
            at: Label(text.span), help: allowsNone ? "\(bound); none is without end" : bound)
    }

    fileprivate static func notSize(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badSize, "\(what) is a size such as 10MiB, not \(quoted(text.value))",
            at: Label(text.span),
            help: "a whole number and one of KiB, MiB, GiB, kB, MB, GB; bytes without a unit")
        let digits = text.value.prefix { $0.isASCII && $0.isNumber }
        let unit = text.value.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        let names = ["k": "k", "m": "M", "g": "G"]
        let isUnit = ["", "b", "i", "ib"].contains(unit.dropFirst())
        if !digits.isEmpty, isUnit, let letter = names[String(unit.prefix(1))] {
            let binary = "\(digits)\(letter.uppercased())iB"
            diagnostic.help = "write \(binary), or \(digits)\(letter)B for the decimal unit"
            diagnostic.fixIts = [FixIt(text.span, binary, .maybeIncorrect)]
        }
        return diagnostic
    }

    fileprivate static func sizeOutOfRange(
        _ what: String, _ text: Spanned<String>, _ range: ClosedRange<UInt64>
    ) -> Diagnostic {
        let least = QuantityText.size(range.lowerBound)
        let most = QuantityText.size(range.upperBound)
        return Diagnostic(
            .badSize, "\(what) is between \(least) and \(most), not \(quoted(text.value))",
            at: Label(text.span))
    }
}
