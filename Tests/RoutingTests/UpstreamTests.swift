import SpecCompiler
import TableFormat
import Testing

/// What tables say of the servers behind URLs: which are one, and how they are spoken to.
@Suite struct UpstreamTests {
    private struct Upstream: Equatable {
        var host: String
        var port: UInt16
        var hostField: String
        var serverName: String?
        var caFile: String?
        var isAddress: Bool?
    }

    /// The upstream of each endpoint by name, and how many there are in all.
    private func upstreams(_ text: String) throws -> (byName: [String: Upstream], count: Int) {
        let compilation = Compiler.compile(SourceFile(name: "spec.yaml", text: text))
        let bytes = try #require(compilation.table, "\(compilation.diagnostics.map(\.message))")
        let view = TableView(validated: bytes.rawSpan)
        var result: [String: Upstream] = [:]
        for index in 0..<view.count(EndpointRecord.self) {
            let row = view.row(
                UpstreamRecord.self, view.load(EndpointRecord.upstream, at: index))
            var upstream = Upstream(
                host: view.text(view.load(UpstreamRecord.host, row)),
                port: view.load(UpstreamRecord.port, row),
                hostField: view.text(view.load(UpstreamRecord.hostField, row)))
            let tls = view.load(UpstreamRecord.tls, row)
            if tls != noIndex {
                upstream.serverName = view.text(view.load(TLSRecord.serverName, at: tls))
                upstream.caFile = view.text(view.load(TLSRecord.caFile, at: tls))
                upstream.isAddress =
                    view.load(TLSRecord.flags, at: tls) & TLSRecord.isAddressFlag != 0
            }
            result[view.text(view.load(EndpointRecord.name, at: index))] = upstream
        }
        return (result, Int(view.count(UpstreamRecord.self)))
    }

    private func spec(_ endpoints: [String]) -> String {
        let names = endpoints.indices.map { "e\($0)" }
        let list = zip(names, endpoints).map { "  - { name: \($0), \($1) }\n" }.joined()
        return "endpoints:\n\(list)"
            + "pools: [{ name: p, endpoints: [\(names.joined(separator: ", "))] }]\n"
    }

    @Test func schemeAndAuthoritiesMakeAnotherUpstream() throws {
        let found = try upstreams(
            spec([
                "url: \"http://h:443\"", "url: \"https://h:443\"",
                "url: \"https://h\", ca: /a.pem", "url: \"https://h\", ca: /b.pem",
            ]))
        #expect(found.count == 4)
        let plain = Upstream(host: "h", port: 443, hostField: "Host: h:443\r\n")
        #expect(found.byName["e0"] == plain)
        for (name, file) in [("e1", ""), ("e2", "/a.pem"), ("e3", "/b.pem")] {
            let secure = Upstream(
                host: "h", port: 443, hostField: "Host: h\r\n", serverName: "h", caFile: file,
                isAddress: false)
            #expect(found.byName[name] == secure)
        }
    }

    @Test func pathsAndSpellingsOfOneServerShareItsUpstream() throws {
        let found = try upstreams(
            spec([
                "url: \"https://h/v1\", ca: /a.pem", "url: \"HTTPS://H:443/api/v2\", ca: /a.pem",
                "url: \"http://h/v1\"", "url: \"http://h:80/api/v2\"",
            ]))
        #expect(found.count == 2)
    }

    @Test(
        arguments: [
            ("https://[2001:DB8::1]", "2001:db8::1", "[2001:db8::1]", true),
            ("https://10.0.0.7:8443", "10.0.0.7", "10.0.0.7:8443", true),
            ("https://Api.Example.com:80", "api.example.com", "api.example.com:80", false),
        ] as [(String, String, String, Bool)])
    func certificatesAreForTheHostOfTheURL(
        url: String, host: String, field: String, isAddress: Bool
    ) throws {
        let upstream = try #require(try upstreams(spec(["url: \"\(url)\""])).byName["e0"])
        #expect(upstream.host == host)
        #expect(upstream.hostField == "Host: \(field)\r\n")
        #expect(upstream.serverName == host)
        #expect(upstream.caFile?.isEmpty == true)
        #expect(upstream.isAddress == isAddress)
    }

    @Test func socketsHaveNoTLS() throws {
        let upstream = try upstreams(spec(["url: \"unix:/run/a.sock\""])).byName["e0"]
        #expect(upstream?.host == "/run/a.sock")
        #expect(upstream?.serverName == nil)
    }
}
