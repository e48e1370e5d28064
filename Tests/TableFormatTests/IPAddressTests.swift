import RandomNumbers
import TableFormat
import Testing

@Suite struct IPAddressTests {
    private func address(_ text: String) -> IPAddress? {
        let bytes = Array(text.utf8)
        return IPAddress(bytes.rawSpan)
    }

    @Test(
        arguments: [
            ("1.2.3.4", "1.2.3.4"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("FD00::A", "fd00::a"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("0:0:0:0:0:0:0:0", "::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:10.1.2.3", "10.1.2.3"), ("::FFFF:0a01:0203", "10.1.2.3"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ])
    func addressesAreRead(text: String, shown: String) throws {
        let found = try #require(address(text))
        #expect(found.text == shown)
        #expect(address(found.groupText) == found)
        #expect(address(shown) == found)
    }

    @Test(
        arguments: [
            "", ":", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.",
            ".1.2.3", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.4/8", "1.2.3.4:5",
            ":::", "1:::2", "1::2::3", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "[::1]", "fe80::1%eth0",
            "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "::01.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
            "\u{661}.2.3.4", "unknown", "::\u{0}",
        ])
    func whatIsNoAddressIsNone(text: String) {
        #expect(address(text) == nil)
    }

    /// Any text of at most fifty signs that addresses are made of is read without a trap, and what
    /// is read has one text.
    @Test func textsOfChanceAreReadOrNot() {
        var random = SplitMix(seed: 7)
        let signs = Array("::::...01fF29".utf8)
        var read = 0
        for _ in 0..<200_000 {
            let text = (0..<random.below(24)).map { _ in signs[random.below(signs.count)] }
            guard let found = IPAddress(text.rawSpan) else { continue }
            read += 1
            #expect(address(found.text) == found)
        }
        #expect(read > 500)
    }

    @Test func networksHoldWhatBeginsLikeThem() throws {
        func network(_ text: String, _ prefix: Int) throws -> IPNetwork {
            IPNetwork(of: try #require(address(text)), prefix: prefix)
        }
        let ten = try network("10.0.0.0", 96 + 8)
        #expect(ten.text == "10.0.0.0/8")
        #expect(ten.contains(try #require(address("10.255.255.255"))))
        #expect(ten.contains(try #require(address("::ffff:10.0.0.1"))))
        #expect(!ten.contains(try #require(address("11.0.0.0"))))
        #expect(!ten.contains(try #require(address("9.255.255.255"))))
        #expect(!ten.contains(try #require(address("::a00:0"))))
        let all = try network("::", 0)
        #expect(all.text == "::/0")
        #expect(all.contains(try #require(address("ffff::"))))
        #expect(!all.contains(try #require(address("1.2.3.4"))), "IPv4 is another family")
        let allOfFour = try network("0.0.0.0", 96)
        #expect(allOfFour.text == "0.0.0.0/0")
        #expect(allOfFour.contains(try #require(address("255.1.2.3"))))
        #expect(!all.contains(allOfFour) && !allOfFour.contains(all))
        #expect(try network("10.1.2.3", 128).text == "10.1.2.3")
        #expect(ten.contains(try network("10.1.0.0", 96 + 16)))
        #expect(try !network("10.1.0.0", 96 + 16).contains(ten))
    }
}
