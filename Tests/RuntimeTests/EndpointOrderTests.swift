import Runtime
import Testing

/// How orders about endpoints are written.
@Suite struct EndpointOrderTests {
    @Test(
        arguments: [
            ("1s", 1_000), ("1000ms", 1_000), ("90s", 90_000), ("5m", 300_000),
            ("2h", 7_200_000), ("30d", 2_592_000_000), ("none", nil),
        ] as [(String, UInt64?)])
    func timesOfDrains(text: String, milliseconds: UInt64?) {
        let time = DrainTime(text)
        #expect(time != nil && time?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "", "s", "1", "999ms", "0s", "31d", "-1s", "+1s", "1 s", "1.5h", "1h30m", "None", "1S",
            "\u{661}s", "99999999999999999999s", "18446744073709551615d",
        ])
    func whatIsNoTimeOfADrain(text: String) {
        #expect(DrainTime(text) == nil)
    }

    @Test(
        arguments: [
            ("gpu-1.a_b~", "gpu-1.a_b~"), ("a:b", "a%3Ab"), ("a b&c=d", "a%20b%26c%3Dd"),
            ("http://h:1/v1", "http%3A%2F%2Fh%3A1%2Fv1"), ("\u{E4}%", "%C3%A4%25"), ("", ""),
            ("\n\u{1}", "%0A%01"),
        ])
    func namesInAQuery(text: String, encoded: String) {
        #expect(QueryText.encoded(text) == encoded)
        #expect(QueryText.decoded(encoded) == text)
    }

    @Test(arguments: ["%", "%1", "a%zz", "%4", "%-1", "%C3", "%FF%FE", "%ed%a0%80"])
    func whatIsNoTextInAQuery(text: String) {
        #expect(QueryText.decoded(text) == nil)
    }

    @Test func bothCasesOfDigitsAreRead() {
        #expect(QueryText.decoded("%c3%A4") == "\u{E4}")
        #expect(QueryText.decoded("a+b") == "a+b", "a plus is a plus")
    }
}
