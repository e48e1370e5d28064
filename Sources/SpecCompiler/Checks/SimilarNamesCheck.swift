/// R308: names that differ in case only are mistaken for each other.
enum SimilarNamesCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let document = input.document
        var endpoints = document.endpoints.compactMap(\.name)
        for pool in document.pools {
            for member in pool.members {
                if case .inline(let endpoint) = member.target, let name = endpoint.name {
                    endpoints.append(name)
                }
            }
        }
        report("endpoints", endpoints, &findings)
        report("pools", document.pools.compactMap(\.name), &findings)
        report("keys", document.keys.compactMap(\.name), &findings)
    }

    private static func report(
        _ kind: String, _ names: [Spanned<String>], _ findings: inout Findings
    ) {
        var first: [String: Spanned<String>] = [:]
        first.reserveCapacity(names.count)
        for name in names {
            guard let earlier = first.updateValue(name, forKey: name.value.lowercased()),
                earlier.value != name.value
            else {
                continue
            }
            findings.add(.similarNames(kind, name, earlier))
        }
    }
}

extension Diagnostic {
    fileprivate static func similarNames(
        _ kind: String, _ name: Spanned<String>, _ earlier: Spanned<String>
    ) -> Diagnostic {
        Diagnostic(
            .similarNames,
            "\(kind) \(quoted(earlier.value)) and \(quoted(name.value)) differ in case only",
            at: Label(name.span, "another name"), also: [Label(earlier.span, "than this")])
    }
}
