import RandomNumbers
import TableFormat
import Testing

@testable import SpecCompiler

/// `listen.cors` and `listen.trusted_proxies`: what a spec says, and what its table does.
@Suite struct ListenTests {
    private static let pools = "pools: [{ name: a, endpoints: [\"http://a\"] }]\n"

    private func table(_ listen: String) throws -> [UInt8] {
        let text = ListenTests.pools + "listen: { \(listen) }\n"
        let compilation = Compiler.compile(SourceFile(name: "router.yaml", text: text))
        return try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
    }

    // MARK: - Origins

    @Test(
        arguments: [
            ("https://chat.example", "https://chat.example"), ("*", "*"),
            ("HTTPS://Chat.Example:443", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            ("https://chat.example:80", "https://chat.example:80"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[0:0::1]:3000", "http://[::1]:3000"),
            ("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
            ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
            ("tauri://localhost", "tauri://localhost"), ("app://obsidian.md", "app://obsidian.md"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ])
    func originsAreWrittenAsBrowsersDo(text: String, origin: String) throws {
        #expect(try OriginText.origin(text).get() == origin)
    }

    @Test(
        arguments: [
            ("null", .null), ("Null", .null), ("file://", .file), ("FILE:///a", .file),
            ("chat.example", .scheme), ("://a", .scheme), ("1a://b", .scheme), ("", .scheme),
            ("https:/a", .scheme), ("*.example", .wildcard), ("https://*.a", .wildcard),
            ("https://*", .wildcard), ("https://a*b", .wildcard), ("*://a", .wildcard),
            ("https://u@a", .user), ("https://u:p@a/", .user), ("https://a?x", .query),
            ("https://a#x", .query), ("https://", .host), ("https://a:", .host),
            ("https://a:0", .host), ("https://a:080", .host), ("https://a b", .host),
            ("https://[::1", .host), ("https://[fe80::1%25eth0]", .host), ("https://1.2.3", .host),
            ("https:///a", .host), ("https://a/", .path("https://a")),
            ("https://A:443/b/c", .path("https://a")), ("https://a//", .path("https://a")),
        ] as [(String, OriginText.Fault)])
    func whatIsNoOriginIsNone(text: String, fault: OriginText.Fault) {
        #expect(OriginText.origin(text) == .failure(fault))
    }

    @Test func standingsAreOfBytes() throws {
        let bytes = try table("cors: { origins: [https://b, https://a, \"http://b:81\"] }")
        let view = TableView(validated: bytes.rawSpan)
        func standing(_ text: String) -> OriginStanding {
            let origin = Array(text.utf8)
            return view.standing(ofOrigin: origin.rawSpan)
        }
        let isOpen = view.isOpenToAllOrigins
        #expect(!isOpen)
        #expect(standing("http://b:81") == .listed(0))
        #expect(standing("https://a") == .listed(1))
        #expect(standing("https://b") == .listed(2))
        let others = [
            "", "*", "null", "https://", "https://c", "https://A", "https://a/", "https://a:443",
            "https://a ", "https://a,https://b", "http://a", "https://b.evil", "evil-https://b",
        ]
        for other in others {
            #expect(standing(other) == .unlisted, "\(other)")
        }
        let open = try table("cors: { origins: [\"*\"] }")
        let openView = TableView(validated: open.rawSpan)
        let isOpenToAll = openView.isOpenToAllOrigins
        #expect(isOpenToAll)
        for text in ["https://a", "null", "*"] {
            let origin = Array(text.utf8)
            let found = openView.standing(ofOrigin: origin.rawSpan)
            #expect(found == .any)
        }
        let off = try table("")
        let unsaid = TableView(validated: off.rawSpan).standing(ofOrigin: bytes.rawSpan)
        #expect(unsaid == .off)
    }

    @Test func theOrderOfListsIsNothing() throws {
        let first = try table(
            "cors: { origins: [https://a, https://b] }, trusted_proxies: [\"::1\", 10.0.0.0/8]")
        let second = try table(
            "trusted_proxies: [10.0.0.0/8, \"::1\"], cors: { origins: [https://b, https://a] }")
        #expect(first == second)
    }

    // MARK: - Networks

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1"), ("1.2.3.4/32", "1.2.3.4"),
            ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"), ("FD00::/8", "fd00::/8"),
            ("::1/128", "::1"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("2001:db8::", "2001:db8::"),
        ])
    func networksAreRead(text: String, shown: String) throws {
        #expect(try NetworkText.network(text).get().text == shown)
    }

    @Test(
        arguments: [
            ("10.0.0.1/8", .hostBits(network: "10.0.0.0/8", address: "10.0.0.1")),
            ("::1/0", .hostBits(network: "::/0", address: "::1")),
            ("10.0.0.0/33", .prefix(limit: 32)), ("::/129", .prefix(limit: 128)),
            ("10.0.0.0/-1", .prefix(limit: 32)), ("10.0.0.0/8/8", .prefix(limit: 32)),
            ("10.0.0.0/99999999999999999999", .prefix(limit: 32)),
            ("10.0.0.0/ 8", .prefix(limit: 32)), ("::/", .prefix(limit: 128)),
            ("10.1.2.3/255.255.0.0", .mask(meant: "10.1.0.0/16")),
            ("10.1.2.3/0.0.255.255", .mask(meant: nil)),
            ("10.*", .address(meant: "10.0.0.0/8")), ("10.1.2.*", .address(meant: "10.1.2.0/24")),
            ("*", .address(meant: nil)), ("10.*.1.*", .address(meant: nil)),
            ("10.0.0.1:80", .address(meant: "10.0.0.1")), ("[::1]:80", .address(meant: "::1")),
            ("10.0.0.1-10.0.0.9", .address(meant: nil)), ("a b", .address(meant: nil)),
            ("proxy", .name), ("fe80::1%eth0", .zone), ("fe80::1%1/64", .zone),
            ("unix:/a", .socket), ("/run/a.sock", .socket), ("unix:", .socket),
        ] as [(String, NetworkText.Fault)])
    func whatIsNoNetworkIsNone(text: String, fault: NetworkText.Fault) {
        #expect(NetworkText.network(text) == .failure(fault))
    }

    @Test func trustIsOfNetworks() throws {
        let bytes = try table(
            "trusted_proxies: [10.0.0.0/8, 192.168.1.0/24, 127.0.0.1, \"fd00::/8\", \"::1\"]")
        let view = TableView(validated: bytes.rawSpan)
        func isTrusted(_ text: String) throws -> Bool {
            let bytes = Array(text.utf8)
            let address = IPAddress(bytes.rawSpan)
            return view.isTrusted(try #require(address))
        }
        for text in [
            "10.0.0.0", "10.255.255.255", "192.168.1.0", "192.168.1.255", "127.0.0.1", "fd00::",
            "fdff:ffff::1", "::1", "::ffff:10.9.9.9",
        ] {
            #expect(try isTrusted(text), "\(text)")
        }
        for text in [
            "0.0.0.0", "9.255.255.255", "11.0.0.0", "192.168.0.255", "192.168.2.0", "127.0.0.2",
            "127.0.0.0", "255.255.255.255", "::", "::2", "fc00::", "fe00::", "::a00:0", "ffff::",
        ] {
            #expect(try !isTrusted(text), "\(text)")
        }
        let none = try table("")
        let address = IPAddress(v4: 0x7F00_0001)
        let found = TableView(validated: none.rawSpan).isTrusted(address)
        #expect(!found)
    }

    /// Against the definition, with networks that overlap and touch.
    @Test func theSearchFindsWhatALookAtEachFinds() throws {
        var random = SplitMix(seed: 3)
        for _ in 0..<40 {
            let networks = (0..<1 + random.below(12)).map { _ in
                let address = IPAddress(
                    v4: UInt32(random.below(16)) << 28 | UInt32(random.below(256)))
                return IPNetwork(
                    of: address, prefix: 96 + [0, 1, 3, 4, 24, 28, 31, 32][random.below(8)])
            }
            let list = networks.map { "\"\($0.text)\"" }.joined(separator: ", ")
            let bytes = try table("trusted_proxies: [\(list)]")
            let view = TableView(validated: bytes.rawSpan)
            for _ in 0..<200 {
                let address = IPAddress(
                    v4: UInt32(random.below(16)) << 28 | UInt32(random.below(256)))
                let expected = networks.contains { $0.contains(address) }
                let found = view.isTrusted(address)
                #expect(found == expected, "\(address.text) in \(list)")
            }
        }
    }

    // MARK: - Advice

    @Test(
        arguments: [
            ("listen: { cors: { origin: [https://a] } }", "did you mean 'origins'?"),
            ("listen: { proxies: [10.0.0.1] }", "did you mean 'trusted_proxies'?"),
            (
                "listen: { allowed_origins: [https://a] }",
                "origins stand in listen: { cors: { origins: [...] } }"
            ),
            (
                "listen: { cors: { origins: [https://a], max_age: 1h } }",
                "delete it: a listed origin may use all methods and fields that reach the router"
            ),
            (
                "listen: { cors: { origins: [https://a], allow_credentials: true } }",
                "delete it: keys stand in fields that a page sets itself, so none are needed"
            ),
        ])
    func keysOfOtherToolsAreUnderstood(text: String, help: String) {
        let outcome = Outcome(ListenTests.pools + text + "\n")
        let found = outcome.diagnostics.filter { $0.code == .unknownKey }
        #expect(found.map(\.help) == [help], "\(outcome.text)")
    }
}
