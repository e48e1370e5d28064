/// R315: without TLS there is no certificate that an authority could vouch for.
enum CAWithoutTLSCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for endpoint in input.document.endpoints {
            check(endpoint, &findings)
        }
        for member in input.document.pools.flatMap(\.members) {
            if case .inline(let endpoint) = member.target { check(endpoint, &findings) }
        }
    }

    private static func check(_ endpoint: SpecDocument.Endpoint, _ findings: inout Findings) {
        guard let ca = endpoint.ca, let url = endpoint.url, url.value.scheme != .https else {
            return
        }
        findings.add(.caWithoutTLS(endpoint.name?.value ?? "", at: ca.span, url: url))
    }
}

extension Diagnostic {
    fileprivate static func caWithoutTLS(
        _ name: String, at span: SourceSpan, url: Spanned<EndpointURL>
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .caWithoutTLS,
            "'ca' is for https:// URLs, and that of \(named("endpoint", name)) is none",
            at: Label(span, "nobody would look at this"),
            also: [Label(url.span, "spoken to in plain text")],
            help: "delete 'ca'; nothing is encrypted on the way to a socket")
        if url.value.scheme == .http {
            let meant = "https" + url.value.text.dropFirst("http".utf8.count)
            diagnostic.help = "write \(meant) if the server speaks TLS, else delete 'ca'"
            diagnostic.fixIts = [FixIt(url.span, "\"\(meant)\"", .maybeIncorrect)]
        }
        return diagnostic
    }
}
