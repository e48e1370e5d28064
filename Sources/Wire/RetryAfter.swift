/// What the value of `Retry-After` says (RFC 9110, 10.2.3).
public enum RetryAfter: Equatable, Sendable {
    /// In how many seconds.
    case seconds(UInt64)
    /// At which second since 1970.
    case date(Int64)

    /// Reads a value without blanks around it; nil where it is neither a number nor a date.
    public init?(_ value: RawSpan) {
        guard value.byteCount > 0, value.byteCount <= 40 else { return nil }
        var text = ""
        for offset in 0..<value.byteCount {
            text.unicodeScalars.append(Unicode.Scalar(value.byte(offset)))
        }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More than anybody waits.
            self = .seconds(UInt64(text) ?? .max)
            return
        }
        guard let date = RetryAfter.date(text) else { return nil }
        self = .date(date)
    }

    /// Milliseconds from `now`, in seconds since 1970; at most `limit`.
    public func milliseconds(now: Int64, limit: UInt64) -> UInt64 {
        let seconds =
            switch self {
            case .seconds(let count): count
            case .date(let moment): UInt64(clamping: moment &- now)
            }
        return seconds > limit / 1000 ? limit : seconds * 1000
    }

    /// The second of a date in one of the three forms (RFC 9110, 5.6.7).
    private static func date(_ text: String) -> Int64? {
        let parts = text.split { " ,-".contains($0) }
        // The last of them has the year at the end: Sun Nov  6 08:49:37 1994.
        let isAsctime = parts.count == 5
        guard isAsctime || parts.count == 6 && parts[5] == "GMT" else { return nil }
        let (dayText, monthText) = isAsctime ? (parts[2], parts[1]) : (parts[1], parts[2])
        let (timeText, yearText) = isAsctime ? (parts[3], parts[4]) : (parts[4], parts[3])
        guard [2, 4].contains(yearText.utf8.count), let year = number(yearText, 0...9999),
            let day = number(dayText, 1...31),
            let month = months.firstIndex(of: String(monthText))
        else { return nil }
        let time = timeText.split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3, let hour = number(time[0], 0...23),
            let minute = number(time[1], 0...59), let second = number(time[2], 0...60)
        else { return nil }
        // Two digits of a year are of the second form alone.
        let fullYear = yearText.utf8.count > 2 ? year : year + (year < 70 ? 2000 : 1900)
        let days = dayNumber(fullYear, Int64(month) + 1, day)
        return days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text),
            range.contains(number)
        else { return nil }
        return number
    }

    /// Days since 1970 of a date of the Gregorian calendar; years begin in March, so that the day
    /// that some have more is their last.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
