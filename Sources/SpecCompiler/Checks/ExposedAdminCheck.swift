internal import TableFormat

/// R316: beyond this machine the admin address asks for a key, so some key must open it.
enum ExposedAdminCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        // Of a name only the server knows for sure.
        guard let admin = input.document.admin, case .tcp(let host, let port) = admin.value,
            !HostText.isLoopback(host), input.spec.keys.allSatisfy({ $0.admin == .none })
        else { return }
        findings.add(.exposedAdmin(at: admin.span, port: port))
    }
}

extension Diagnostic {
    fileprivate static func exposedAdmin(at span: SourceSpan, port: UInt16) -> Diagnostic {
        Diagnostic(
            .exposedAdmin,
            "an admin address that others can reach needs a key with 'admin', and there is none",
            at: Label(span, "every request would be refused"),
            help: "give a key 'admin: read' or 'admin: true', or write 127.0.0.1:\(port) "
                + "for this machine only")
    }
}
