import Testing

@testable import SpecCompiler

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("250ms", 250), ("2s", 2_000), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000),
            ("0s", 0), ("007ms", 7),
        ] as [(String, UInt64)])
    func durationsAreRead(text: String, milliseconds: UInt64) {
        #expect(QuantityText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: ["", "2", "s", "2 s", "-2s", "1.5s", "2S", "1h30m", "2sec", "٢s", "none"])
    func otherTextsAreNoDurations(text: String) {
        #expect(QuantityText.milliseconds(text) == nil)
    }

    @Test func hugeQuantitiesDoNotOverflow() {
        #expect(QuantityText.milliseconds("99999999999999999999d") == .max)
        #expect(QuantityText.milliseconds("18446744073709551615d") == .max)
        #expect(QuantityText.bytes("18446744073709551615GiB") == .max)
    }

    @Test(
        arguments: [
            ("10MiB", 10 << 20), ("32KiB", 32 << 10), ("1GiB", 1 << 30), ("1kB", 1_000),
            ("2MB", 2_000_000), ("1GB", 1_000_000_000), ("4096", 4096),
        ] as [(String, UInt64)])
    func sizesAreRead(text: String, bytes: UInt64) {
        #expect(QuantityText.bytes(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "10 MiB", "10mib", "10KB", "1.5GiB", "10B"])
    func otherTextsAreNoSizes(text: String) {
        #expect(QuantityText.bytes(text) == nil)
    }

    @Test func quantitiesAreWrittenInTheLargestUnit() {
        #expect(QuantityText.duration(90_000) == "90s")
        #expect(QuantityText.duration(86_400_000) == "1d")
        #expect(QuantityText.size(1 << 30) == "1GiB")
        #expect(QuantityText.size(1_000) == "1000")
    }

    @Test(
        arguments: [
            ("1970-01-01", 86_400), ("2027-01-01", 1_798_848_000), ("2024-02-29", 1_709_251_200),
            ("2000-02-29T00:00:00Z", 951_782_400), ("2027-01-01T00:00:00Z", 1_798_761_600),
            ("2027-01-01t01:30:00+01:30", 1_798_761_600),
            ("2026-12-31T23:00:00-01:00", 1_798_761_600),
            ("2027-01-01T00:00:00.000Z", 1_798_761_600), ("2027-01-01T00:00:00.25Z", 1_798_761_601),
        ] as [(String, Int64)])
    func endsAreRead(text: String, seconds: Int64) {
        #expect(DateText.end(text) == seconds)
    }

    @Test(arguments: [
        "", "2027", "2027-1-1", "2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01",
        "2027-01-00", "1969-12-31", "2027-01-01T", "2027-01-01T24:00:00Z", "2027-01-01T00:00:60Z",
        "2027-01-01T00:00:00", "2027-01-01 00:00:00Z", "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00+1:00", "2027-01-01T00:00Z",
    ])
    func otherTextsAreNoEnds(text: String) {
        #expect(DateText.end(text) == nil)
    }
}
