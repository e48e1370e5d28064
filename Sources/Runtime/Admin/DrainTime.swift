/// How long an operator takes an endpoint out of service.
package struct DrainTime: Sendable, Equatable {
    /// Nil is until another order.
    package var milliseconds: UInt64?

    /// Without another word: longer than a restart takes, and not for ever.
    package static let usual = DrainTime(milliseconds: 3_600_000)

    /// What it may be, in words.
    package static let rule = "a duration from 1s to 30d, such as 90s or 2h, or none"

    private static let range: ClosedRange<UInt64> = 1_000...30 * 86_400_000

    private init(milliseconds: UInt64?) {
        self.milliseconds = milliseconds
    }

    /// From a text as a spec has durations, `2h`, or `none`; nil for any other.
    package init?(_ text: String) {
        guard text != "none" else {
            milliseconds = nil
            return
        }
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        let units: [String: UInt64] = [
            "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
        ]
        guard !digits.isEmpty, let number = UInt64(String(text.prefix(digits.count))),
            let unit = units[String(text.dropFirst(digits.count))]
        else { return nil }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        guard !isTooLarge, DrainTime.range.contains(product) else { return nil }
        milliseconds = product
    }
}
