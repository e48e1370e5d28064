internal import TableFormat

/// R316: beyond this machine the admin address asks for a key, so some key must open it.
enum ExposedAdminCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard let admin = input.document.admin, isExposed(admin.value),
            input.spec.keys.allSatisfy({ $0.admin == .none })
        else { return }
        findings.add(.exposedAdmin(admin))
    }

    /// Whether others than this machine can reach it; of a name only the server knows for sure.
    private static func isExposed(_ address: ResolvedSpec.Address) -> Bool {
        guard case .tcp(let host, _) = address else { return false }
        return !HostText.isLoopback(host)
    }
}

extension Diagnostic {
    fileprivate static func exposedAdmin(
        _ admin: Spanned<ResolvedSpec.Address>
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .exposedAdmin,
            "an admin address that others can reach needs a key with 'admin', and there is none",
            at: Label(admin.span, "every request would be refused"),
            help: "give a key 'admin: read' or 'admin: true'")
        if case .tcp(_, let port) = admin.value {
            diagnostic.help =
                "give a key 'admin: read' or 'admin: true', or write 127.0.0.1:\(port) "
                + "for this machine only"
        }
        return diagnostic
    }
}
