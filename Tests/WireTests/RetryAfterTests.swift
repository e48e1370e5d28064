import Testing
import Wire

struct RetryAfterTests {
    private func read(_ text: String) -> RetryAfter? {
        let bytes = Array(text.utf8)
        return RetryAfter(bytes.raw)
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("120", 120), ("0000000000007", 7),
        ("18446744073709551615", UInt64.max), ("99999999999999999999999", .max),
    ])
    func readsSeconds(text: String, seconds: UInt64) {
        #expect(read(text) == .seconds(seconds))
    }

    /// The same moment in the three forms of RFC 9110, 5.6.7.
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    func readsDates(text: String) {
        #expect(read(text) == .date(784_111_777))
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Tue, 01 Mar 2044 00:00:00 GMT", 2_340_403_200),
        ("Friday, 31-Dec-99 23:59:59 GMT", 946_684_799),
        ("Wednesday, 31-Dec-69 23:59:60 GMT", 3_155_760_000),
    ])
    func knowsTheCalendar(text: String, second: Int64) {
        #expect(read(text) == .date(second))
    }

    @Test(arguments: [
        "", "soon", "-1", "+1", "1.5", "1s", "1, 2", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 8:49 GMT", "Sun, 06 Nov -994 08:49:37 GMT", "\u{E9}\u{E9}",
        "Sun, 06 Nov 1994 08:49:37 GMT and so on and on",
    ])
    func refusesWhatIsNeither(text: String) {
        #expect(read(text) == nil)
    }

    @Test func hasALimit() {
        let hour: UInt64 = 3_600_000
        #expect(RetryAfter.seconds(7).milliseconds(now: 0, limit: hour) == 7_000)
        #expect(RetryAfter.seconds(.max).milliseconds(now: 0, limit: hour) == hour)
        #expect(RetryAfter.date(107).milliseconds(now: 100, limit: hour) == 7_000)
        #expect(RetryAfter.date(100).milliseconds(now: 107, limit: hour) == 0)
        #expect(RetryAfter.date(.max).milliseconds(now: 100, limit: hour) == hour)
    }
}

struct EventTailTests {
    @Test(arguments: [
        ("", true), ("a\n\n", true), ("a\r\n\r\n", true), ("a\r\r", true), ("a\n\r\n", true),
        ("\n\n", true), ("a", false), ("a\n", false), ("a\r\n", false), ("a\n\nb", false),
        ("data: x\n\ndata: y\n", false), ("data: a long line of it\n\n", true),
    ])
    func knowsWhereEventsEnd(text: String, isBetween: Bool) {
        let bytes = Array(text.utf8)
        for size in 1...12 {
            var tail = EventTail()
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                tail.follow(piece.raw)
            }
            #expect(tail.isBetweenEvents(behindChunk: false) == isBetween, "\(size)")
        }
    }

    @Test(arguments: [
        ("3\r\na\n\n\r\n", true), ("1\r\na\r\n", false),
        // Nobody can say, so that a line too many comes rather than one too few.
        ("2\r\na\n\r\n1\r\n\n\r\n", false), ("2\r\nab\r\n1\r\n\n\r\n", false),
        ("2\r\nab\r\n2\r\n\r\n\r\n", false),
        ("6\r\na\r\n\r\n\r\n", true), ("", true),
    ])
    func looksInFrontOfTheEndOfAChunk(text: String, isBetween: Bool) {
        let bytes = Array(text.utf8)
        var tail = EventTail()
        tail.follow(bytes.raw)
        #expect(tail.isBetweenEvents(behindChunk: true) == isBetween)
    }

    @Test(arguments: [
        ("text/event-stream", true), ("Text/Event-Stream; charset=utf-8", true),
        ("text/event-stream ;a=b", true), ("text/event-streams", false), ("text/event", false),
        ("text/plain", false), ("", false),
    ])
    func knowsTheTypeOfStreams(text: String, isStream: Bool) {
        let bytes = Array(text.utf8)
        let found = MediaType.isEventStream(bytes.raw)
        #expect(found == isStream)
    }
}
