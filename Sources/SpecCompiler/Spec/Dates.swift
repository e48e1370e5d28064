/// Dates and times: when a key or secret ends.
extension SpecDecoder {
    /// Unix seconds of the first second at which something works no more.
    mutating func expiry(_ node: Int, _ what: String) -> Int64? {
        guard let text = text(node, what) else { return nil }
        guard let seconds = DateText.end(text.value) else {
            findings.add(.notDate(what, text))
            return nil
        }
        return seconds
    }
}

/// Reads `2027-01-01` and RFC 3339 times, in the proleptic Gregorian calendar.
enum DateText {
    /// The first Unix second after the day, in UTC, or at or after the time.
    static func end(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard let day = day(bytes.prefix(10)) else { return nil }
        if bytes.count == 10 { return (day + 1) * 86_400 }
        guard let time = time(Array(bytes.dropFirst(10))) else { return nil }
        return day * 86_400 + time
    }

    /// Days since 1970-01-01 of `YYYY-MM-DD`.
    private static func day(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let (year, month, day) = parts(bytes), year >= 1970, (1...12).contains(month),
            (1...daysInMonth(year, month)).contains(day)
        else {
            return nil
        }
        // Howard Hinnant's days_from_civil: years begin in March, so that leap days come last.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func parts(
        _ bytes: ArraySlice<UInt8>
    ) -> (year: Int64, month: Int64, day: Int64)? {
        let bytes = Array(bytes)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10])
        else {
            return nil
        }
        return (year, month, day)
    }

    /// What is wrong with a date that has the right form.
    fileprivate static func calendarFault(_ text: String) -> String? {
        guard let (year, month, day) = parts(Array(text.utf8).prefix(10)) else { return nil }
        if !(1...12).contains(month) { return "there is no month \(month)" }
        let last = daysInMonth(year, month)
        if day < 1 || day > last {
            return "month \(month) of \(year) has \(last) days, not \(day)"
        }
        return year < 1970 ? "years begin with 1970 here" : nil
    }

    /// Seconds since midnight UTC of `THH:MM:SS[.fraction](Z|+HH:MM)`, fractions rounded up.
    private static func time(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count >= 10, bytes[0] == UInt8(ascii: "T") || bytes[0] == UInt8(ascii: "t"),
            bytes[3] == UInt8(ascii: ":"), bytes[6] == UInt8(ascii: ":"),
            let hour = number(bytes[1..<3]), let minute = number(bytes[4..<6]),
            let second = number(bytes[7..<9]), hour < 24, minute < 60, second < 60
        else {
            return nil
        }
        var rest = bytes[9...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: isDigit)
            guard !digits.isEmpty else { return nil }
            fraction = digits.contains { $0 != UInt8(ascii: "0") } ? 1 : 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(Array(rest)) else { return nil }
        return hour * 3_600 + minute * 60 + second + fraction - offset
    }

    private static func offset(_ bytes: [UInt8]) -> Int64? {
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            let hour = number(bytes[1..<3]), let minute = number(bytes[4..<6]), hour < 24,
            minute < 60
        else {
            return nil
        }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hour * 3_600 + minute * 60
        case UInt8(ascii: "-"): return -(hour * 3_600 + minute * 60)
        default: return nil
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Diagnostic {
    fileprivate static func notDate(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        let shown = quoted(text.value)
        let fault = DateText.calendarFault(text.value)
        return Diagnostic(
            .badDate,
            fault == nil
                ? "\(what) is a date such as 2027-01-31, not \(shown)"
                : "\(what) is a day of the calendar, and \(shown) is none",
            at: Label(text.span, fault ?? ""),
            help: "a key works to the end of that day, UTC; an exact time is written "
                + "2027-01-31T12:00:00Z")
    }
}
