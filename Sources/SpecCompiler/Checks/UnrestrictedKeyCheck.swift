/// R334: a key that names no models may use all, a cloud that is paid for too (rule 8).
enum UnrestrictedKeyCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        guard let cloud = cloud(input.spec) else { return }
        let mentions = Mentions(input, findings)
        for key in input.document.keys where key.modelsSpan == nil && key.pin == nil {
            // What could not be read may be what restricts it.
            if !mentions.hasError(in: key.span) {
                findings.add(.unrestrictedKey(key, cloud))
            }
        }
    }

    /// The first endpoint that a rule leads to and that wants a secret of ours behind TLS.
    private static func cloud(_ spec: ResolvedSpec) -> ResolvedSpec.Endpoint? {
        let isCloud = spec.endpoints.map {
            $0.url.scheme == .https && $0.url.isPublicName && $0.presentedSecret != nil
        }
        guard isCloud.contains(true) else { return nil }
        var isSeen = [Bool](repeating: false, count: spec.pools.count)
        for pool in spec.allRules.lazy.flatMap(\.pools) where !isSeen[pool] {
            isSeen[pool] = true
            for member in spec.pools[pool].members where isCloud[member.endpoint] {
                if member.weight > 0 { return spec.endpoints[member.endpoint] }
            }
        }
        return nil
    }
}

extension Diagnostic {
    fileprivate static func unrestrictedKey(
        _ key: SpecDocument.Key, _ cloud: ResolvedSpec.Endpoint
    ) -> Diagnostic {
        Diagnostic(
            .unrestrictedKey,
            "\(named("key", key.name?.value ?? "")) names no models, so it may use those of "
                + "\(quoted(cloud.url.host)) too",
            at: Label(key.name?.span ?? key.span, "no 'models' here"),
            also: [Label(cloud.place, "used with a credential of ours")],
            help: "write what it may use; models: ['*'] says that all is meant")
    }
}
