import Testing

@testable import SpecCompiler

@Suite struct URLTests {
    @Test(
        arguments: [
            ("http://localhost", "localhost", 80, "", "http://localhost"),
            ("HTTP://LocalHost:80/", "localhost", 80, "", "http://localhost"),
            ("http://127.0.0.1:8000", "127.0.0.1", 8000, "", "http://127.0.0.1:8000"),
            ("http://[2001:DB8::1]:8000", "2001:db8::1", 8000, "", "http://[2001:db8::1]:8000"),
            ("http://a/v1/", "a", 80, "/v1", "http://a/v1"),
            ("http://a/v1beta/openai", "a", 80, "/v1beta/openai", "http://a/v1beta/openai"),
        ] as [(String, String, UInt16, String, String)])
    func urlsAreTakenApart(
        text: String, host: String, port: UInt16, path: String, canonical: String
    ) throws {
        let url = try URLText.url(text).get()
        #expect(url.scheme == .http)
        #expect((url.host, url.port) == (host, port))
        #expect(url.basePath == path)
        #expect(url.text == canonical)
    }

    @Test(
        arguments: [
            ("https://localhost", "localhost", 443, "", "https://localhost"),
            ("HTTPS://LocalHost:443/v1/", "localhost", 443, "/v1", "https://localhost/v1"),
            ("https://a:80", "a", 80, "", "https://a:80"),
            ("https://127.0.0.1:8443", "127.0.0.1", 8443, "", "https://127.0.0.1:8443"),
            ("https://[2001:DB8::1]", "2001:db8::1", 443, "", "https://[2001:db8::1]"),
            ("http://a:443", "a", 443, "", "http://a:443"),
        ] as [(String, String, UInt16, String, String)])
    func portsDependOnTheScheme(
        text: String, host: String, port: UInt16, path: String, canonical: String
    ) throws {
        let url = try URLText.url(text).get()
        #expect(url.scheme == (text.lowercased().hasPrefix("https:") ? .https : .http))
        #expect((url.host, url.port) == (host, port))
        #expect(url.basePath == path)
        #expect(url.text == canonical)
    }

    @Test func socketsAreURLs() throws {
        let url = try URLText.url("unix:/run/Model.sock").get()
        #expect(url.scheme == .unix)
        #expect(url.socketPath == "/run/Model.sock")
        #expect(url.text == "unix:/run/Model.sock")
    }

    @Test(
        arguments: [
            ("https://a/api", .unversioned(base: "https://a", path: "/api")),
            ("https://u@a", .malformed(.user)), ("https://a:0", .malformed(.host)),
            ("https://", .malformed(.host)), ("wss://a", .malformed(.scheme)),
            ("http://a/api", .unversioned(base: "http://a", path: "/api")),
            ("http://a/version/1", .unversioned(base: "http://a", path: "/version/1")),
            ("ftp://a", .malformed(.scheme)), ("localhost:80", .malformed(.scheme)),
            ("unix:run", .malformed(.socket)), ("unix://run", .malformed(.socket)),
            ("http://u@a", .malformed(.user)), ("http://a/v1?x", .malformed(.query)),
            ("http://a/v1#", .malformed(.fragment)), ("http://", .malformed(.host)),
            ("http://a:0", .malformed(.host)), ("http://a:", .malformed(.host)),
            ("http://a:080", .malformed(.host)), ("http://1.2.3", .malformed(.host)),
            ("http://1.2.3.256", .malformed(.host)), ("http://[::1", .malformed(.host)),
            ("http://[1::2::3]", .malformed(.host)), ("http://[fe80::1%eth0]", .malformed(.host)),
            ("http://a b", .malformed(.host)), ("http://größe", .malformed(.host)),
            ("http://a//v1", .malformed(.path)), ("http://a/v1/../x", .malformed(.path)),
            ("http://a/v1%2f", .malformed(.path)), ("http://a/v1 x", .malformed(.path)),
        ] as [(String, URLText.Fault)])
    func otherTextsAreNoURLs(text: String, fault: URLText.Fault) {
        let expected: Result<EndpointURL, URLText.Fault> = .failure(fault)
        // A socket path with two slashes is a path, as the kernel reads it.
        if text == "unix://run" {
            #expect((try? URLText.url(text).get())?.socketPath == "//run")
        } else {
            #expect(URLText.url(text) == expected)
        }
    }

    @Test(arguments: [
        ("::", true), ("::1", true), ("1:2:3:4:5:6:7:8", true), ("1::8", true),
        ("::ffff:1.2.3.4", true), ("1:2:3:4:5:6:7", false), ("1:2:3:4:5:6:7:8:9", false),
        ("1:2:3:4:5:6:7::8", false), (":::", false), ("1:", false), (":1", false),
        ("g::", false), ("12345::", false), ("", false), ("1.2.3.4::", false),
    ])
    func addressesOfIPv6(text: String, isAddress: Bool) {
        #expect(HostText.isIPv6(Substring(text)) == isAddress)
    }

    @Test func addressesToListenOn() {
        #expect(AddressText.address("0.0.0.0:8080") == .tcp(host: "0.0.0.0", port: 8080))
        #expect(AddressText.address("[::1]:0") == .tcp(host: "::1", port: 0))
        #expect(AddressText.address("unix:/run/a.sock") == .unix(path: "/run/a.sock"))
        let tooLong = "unix:/" + String(repeating: "a", count: 107)
        for text in ["8080", ":8080", "localhost", "::1:80", "[::1]", "a:65536", "unix:a", tooLong]
        {
            #expect(AddressText.address(text) == nil)
        }
    }
}
