/// R330: a router without keys that listens to everybody serves everybody.
///
/// Whoever means it writes `anonymous: allow`.
enum OpenListenerCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        // Keys that could not be read are keys.
        guard case .open = input.spec.anonymous, findings.errorCount == 0,
            let address = input.document.listen.address, isForAll(address.value)
        else {
            return
        }
        findings.add(.openListener(at: address.span))
    }

    private static func isForAll(_ address: ResolvedSpec.Address) -> Bool {
        guard case .tcp(let host, _) = address else { return false }
        if host == "0.0.0.0" || host == "::" { return true }
        return HostText.isAddress(host) && HostText.isPublic(host)
    }
}

extension Diagnostic {
    fileprivate static func openListener(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .openListener,
            "the spec has no keys, so whoever reaches this address may do everything",
            at: Label(span, "not this machine alone"),
            help: "write keys, listen on 127.0.0.1, or write anonymous: allow if it is meant")
    }
}
