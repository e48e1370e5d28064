import TableFormat
import Testing

@testable import Routing

/// From the peer back to the client: what is believed of `X-Forwarded-For`.
@Suite struct ClientAddressTests {
    private static let spec = """
        listen: { trusted_proxies: [10.0.0.0/8, 127.0.0.1, "fd00::/8"] }
        pools: [{ name: a, endpoints: ["http://a"], models: ["*"] }]
        """

    /// The client that fields in the order of the head lead to.
    private func client(
        from peer: String = "127.0.0.1", _ fields: [String], spec: String = spec
    ) throws -> String {
        let subject = try Subject(spec)
        let view = TableView(validated: subject.bytes.rawSpan)
        let bytes = Array(peer.utf8)
        let start: ClientAddress =
            peer == "unix" ? .socket : IPAddress(bytes.rawSpan).map { .address($0) } ?? .unknown
        var walk = ForwardedWalk(from: start, in: view)
        for field in fields.reversed() where !walk.isOver {
            let value = Array(field.utf8)
            walk.read(value.rawSpan, in: view)
        }
        switch walk.client {
        case .unknown: return "unknown"
        case .socket: return "unix"
        case .address(let address): return address.text
        }
    }

    @Test(
        arguments: [
            ("", "127.0.0.1"), ("203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"), ("203.0.113.9, 10.1.1.1", "203.0.113.9"),
            ("6.6.6.6,203.0.113.9,10.1.1.1,10.2.2.2", "203.0.113.9"),
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"), (" \t203.0.113.9 \t", "203.0.113.9"),
            ("2001:db8::7, fd00::1", "2001:db8::7"), ("::ffff:203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::7]:8", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"), ("203.0.113.9,,10.1.1.1,", "203.0.113.9"),
            // Garbage is the end of the way: what stood last is the client.
            ("203.0.113.9, unknown", "127.0.0.1"), ("203.0.113.9, x, 10.1.1.1", "10.1.1.1"),
            ("\"203.0.113.9\"", "127.0.0.1"), ("fe80::1%eth0", "127.0.0.1"),
            ("203.0.113.009", "127.0.0.1"), ("203.0.113.9:", "127.0.0.1"),
            ("203.0.113.9:123456", "127.0.0.1"), ("[203.0.113.9]", "127.0.0.1"),
            ("[::1", "127.0.0.1"), ("[]", "127.0.0.1"), ("[::1]8", "127.0.0.1"),
            ("203.0.113.9 10.1.1.1", "127.0.0.1"), ("for=203.0.113.9", "127.0.0.1"),
            ("203.0.113.9/32", "127.0.0.1"), ("2001:db8::7:80:", "127.0.0.1"),
            ("\u{FF}", "127.0.0.1"), (":", "127.0.0.1"), (":80", "127.0.0.1"),
        ])
    func theWayIsGoneFromTheEnd(value: String, expected: String) throws {
        #expect(try client([value]) == expected)
    }

    @Test func fieldsOfOneNameAreOneList() throws {
        #expect(try client(["6.6.6.6", "203.0.113.9", "10.1.1.1"]) == "203.0.113.9")
        #expect(try client(["203.0.113.9", ""]) == "203.0.113.9")
        #expect(try client(["203.0.113.9", "x"]) == "127.0.0.1")
    }

    @Test func onlyTrustedPeersAreBelieved() throws {
        #expect(try client(from: "203.0.113.1", ["6.6.6.6"]) == "203.0.113.1")
        #expect(try client(from: "fd00::5", ["6.6.6.6"]) == "6.6.6.6")
        #expect(try client(from: "unix", ["6.6.6.6"]) == "6.6.6.6")
        #expect(try client(from: "unix", []) == "unix")
        #expect(try client(from: "?", ["6.6.6.6"]) == "unknown")
        let open = "pools: [{ name: a, endpoints: [\"http://a\"], models: [\"*\"] }]"
        #expect(try client(["6.6.6.6"], spec: open) == "127.0.0.1")
        #expect(try client(from: "unix", ["6.6.6.6"], spec: open) == "unix")
    }

    /// However much there is, a bounded part of it is read.
    @Test func longListsAreReadToABound() throws {
        let trusted = Array(repeating: "10.1.1.1", count: 5_000)
        #expect(try client([(["6.6.6.6"] + trusted).joined(separator: ",")]) == "10.1.1.1")
        #expect(try client(["6.6.6.6"] + trusted) == "10.1.1.1")
        let limit = ForwardedWalk.maxElements
        let fitting = ["6.6.6.6"] + trusted.prefix(limit - 1)
        #expect(try client([fitting.joined(separator: ",")]) == "6.6.6.6")
        let empty = "6.6.6.6" + String(repeating: ",", count: 5_000)
        #expect(try client([empty]) == "127.0.0.1")
        #expect(try client([String(repeating: "1", count: 1 << 20)]) == "127.0.0.1")
        #expect(try client(["6.6.6.6" + String(repeating: " ", count: 1 << 20)]) == "127.0.0.1")
        #expect(try client([String(repeating: ",", count: 1 << 20)]) == "127.0.0.1")
    }
}
