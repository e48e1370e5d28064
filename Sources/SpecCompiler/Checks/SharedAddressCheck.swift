/// R312: clients and the operator are served at different addresses.
enum SharedAddressCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard let admin = input.document.admin else { return }
        guard collide(input.spec.listen.address, admin.value) else { return }
        findings.add(.sharedAddress(at: admin.span, listen: input.document.listen.address?.span))
    }

    private static func collide(
        _ left: ResolvedSpec.Address, _ right: ResolvedSpec.Address
    ) -> Bool {
        guard case .tcp(let leftHost, let leftPort) = left,
            case .tcp(let rightHost, let rightPort) = right
        else {
            return left == right
        }
        let all = ["0.0.0.0", "::"]
        let isSameHost = leftHost == rightHost || all.contains(leftHost) || all.contains(rightHost)
        return leftPort == rightPort && leftPort != 0 && isSameHost
    }
}

extension Diagnostic {
    fileprivate static func sharedAddress(
        at span: SourceSpan, listen: SourceSpan?
    ) -> Diagnostic {
        Diagnostic(
            .sharedAddress, "listen.address and admin.address cannot be one address",
            at: Label(span, listen == nil ? "listen.address is 127.0.0.1:8080 by default" : ""),
            also: listen.map { [Label($0, "taken by this")] } ?? [],
            help: "give one of them another port")
    }
}
