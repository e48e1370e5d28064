internal import TableFormat

/// Makes pools, endpoints and keys of the routers and services of a Traefik folder.
///
/// As in Traefik, a router may name a service of another file. A router becomes a pool and a key of
/// its name, pinned to it; a service's servers become endpoints that have the service's name, with
/// a number behind it where there are several.
enum TraefikJoin {
    static func add(
        _ file: TraefikFile, _ credential: ResolvedSpec.Credential,
        to document: inout SpecDocument, _ findings: inout Findings
    ) {
        var services: [String: TraefikFile.Service] = [:]
        for service in file.services {
            if let earlier = services[service.name.value] {
                findings.add(.serviceTwice(service.name, earlier: earlier.name.span))
            } else {
                services[service.name.value] = service
            }
        }
        var isDefined: Set<String> = []
        for router in file.routers {
            let service = router.service.flatMap { services[$0.value] }
            if let name = router.service, service == nil, document.isWhole {
                findings.add(.unknownService(name))
            }
            guard let name = router.name else { continue }
            if let service, isDefined.insert(service.name.value).inserted {
                document.endpoints += endpoints(of: service, credential)
            }
            document.pools.append(
                SpecDocument.Pool(
                    name: name, models: [], members: service.map { members(of: $0) } ?? [],
                    hasAllMembers: service?.hasAllServers ?? false,
                    timeouts: SpecDocument.Timeouts(), span: router.span))
            document.keys.append(
                SpecDocument.Key(
                    name: name, secrets: router.secrets, models: nil, modelsSpan: nil, pin: name,
                    paths: nil, expires: nil, admin: .none, span: router.span))
        }
    }

    private static func endpoints(
        of service: TraefikFile.Service, _ credential: ResolvedSpec.Credential
    ) -> [SpecDocument.Endpoint] {
        service.servers.indices.map { index in
            let server = service.servers[index]
            return SpecDocument.Endpoint(
                name: name(of: index, service), url: server.url, credential: credential,
                headers: [], ca: nil, span: server.url.span)
        }
    }

    private static func members(of service: TraefikFile.Service) -> [SpecDocument.Member] {
        service.servers.indices.map { index in
            let server = service.servers[index]
            return SpecDocument.Member(
                target: .name(name(of: index, service)), weight: server.weight, sendAs: [],
                span: server.url.span)
        }
    }

    private static func name(of index: Int, _ service: TraefikFile.Service) -> Spanned<String> {
        let text = service.name.value
        return Spanned(
            service.servers.count == 1 ? text : "\(text)-\(index + 1)",
            at: service.servers[index].url.span)
    }
}

extension Diagnostic {
    fileprivate static func serviceTwice(
        _ name: Spanned<String>, earlier: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .duplicateName,
            "services have different names, and \(quoted(name.value)) is here twice",
            at: Label(name.span, "the second"), also: [Label(earlier, "the first")])
    }

    fileprivate static func unknownService(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unknownEndpoint, "there is no service \(quoted(name.value))",
            at: Label(name.span, "no file of this include defines it"))
    }
}
