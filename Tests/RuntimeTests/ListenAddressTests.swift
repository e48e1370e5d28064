import Testing

@testable import Runtime

/// Who reaches an address, as a warning at start has it.
@Suite struct ListenAddressTests {
    @Test(arguments: ["0.0.0.0", "::", "8.8.8.8", "2001:db8::1", "0:0:0:0:0:0:0:0"])
    func everybodyReaches(host: String) {
        #expect(ListenAddress.tcp(host: host, port: 8080).isForAll)
    }

    @Test(arguments: [
        "127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "172.16.9.1", "100.64.0.1", "fd00::1",
        "fe80::1", "169.254.1.1", "localhost", "router.lan",
    ])
    func notEverybodyReaches(host: String) {
        #expect(!ListenAddress.tcp(host: host, port: 8080).isForAll)
    }

    @Test func aSocketIsOfThisMachine() {
        #expect(!ListenAddress.unix(path: "/run/a").isForAll)
    }
}
