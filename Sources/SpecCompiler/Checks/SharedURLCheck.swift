/// R307: two endpoints with one URL have two states for one server.
enum SharedURLCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        var first: [String: Int] = [:]
        for (index, endpoint) in input.spec.endpoints.enumerated() {
            guard !endpoint.url.text.isEmpty else { continue }
            guard let earlier = first[endpoint.url.text] else {
                first[endpoint.url.text] = index
                continue
            }
            findings.add(.sharedURL(endpoint, input.spec.endpoints[earlier]))
        }
    }
}

extension Diagnostic {
    fileprivate static func sharedURL(
        _ endpoint: ResolvedSpec.Endpoint, _ earlier: ResolvedSpec.Endpoint
    ) -> Diagnostic {
        Diagnostic(
            .sharedURL, "two endpoints have the URL \(quoted(endpoint.url.text))",
            at: Label(endpoint.place, "this one"),
            also: [Label(earlier.place, "and this one")],
            notes: ["each has its own state: one may be up while the other is down"],
            help: "use one endpoint in all its pools")
    }
}
