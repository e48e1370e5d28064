internal import NIOCore
internal import TableFormat

/// How the endpoints of a table are asked for their models.
struct DiscoveryPlan: Sendable {
    /// From one question to the next.
    let intervalMilliseconds: UInt64
    /// By index of the endpoint.
    let targets: [DiscoveryTarget]
    /// Indices of the pools to which keys are pinned, if somebody sees the list of everything.
    let pinnedPools: Set<UInt32>

    /// Nil where the table has nobody asked.
    init?(_ view: borrowing TableView, heads: [EndpointHead]) {
        guard view.count(DiscoveryRecord.self) > 0 else { return nil }
        intervalMilliseconds = UInt64(view.load(DiscoveryRecord.interval, at: 0))
        let timeout = Int(view.load(DiscoveryRecord.timeout, at: 0))
        var targets: [DiscoveryTarget] = []
        for (index, head) in heads.enumerated() {
            targets.append(
                DiscoveryTarget(view, endpoint: UInt32(index), head, timeout: timeout))
        }
        self.targets = targets
        pinnedPools = DiscoveryPlan.pinnedPools(view)
    }

    private static func pinnedPools(_ view: borrowing TableView) -> Set<UInt32> {
        let flags = view.setting(SettingsRecord.anonymousFlags)
        guard flags & SettingsRecord.listAllFlag != 0 else { return [] }
        var pools: Set<UInt32> = []
        for key in 0..<view.count(KeyRecord.self) {
            let pool = view.load(KeyRecord.pin, at: key)
            if pool != noIndex { pools.insert(pool) }
        }
        return pools
    }
}

/// How one endpoint is asked for its models.
struct DiscoveryTarget: Sendable {
    let name: String
    let kind: EndpointKind
    /// Index of the upstream in the table.
    let upstream: UInt32
    /// What makes it the same endpoint in the next table: its name, and what is asked there.
    let identity: String
    /// Without the address, which may change.
    let download: Download

    init(
        _ view: borrowing TableView, endpoint: UInt32, _ head: EndpointHead, timeout: Int
    ) {
        let row = view.row(EndpointRecord.self, endpoint)
        name = view.text(view.load(EndpointRecord.name, row))
        kind = view.load(EndpointRecord.kind, row)
        upstream = view.load(EndpointRecord.upstream, row)
        let basePath = view.text(view.load(EndpointRecord.basePath, row))
        var download = Download(
            view, upstream: upstream, timeout: timeout,
            byteLimit: Limits.discoveryAnswerBytesMax)
        download.url += kind.listPath(basePath: basePath)
        download.fields = [Array("accept: application/json".utf8)] + head.lines
        identity = "\(name)\0\(kind)\0\(download.socketPath)\0\(download.url)\0\(download.caFile)"
        self.download = download
    }
}

extension EndpointKind {
    /// Where the list of models is; `basePath` stands in for `/v1` (rule 5 of the language).
    package func listPath(basePath: String) -> String {
        let versioned = basePath.isEmpty ? "/v1" : basePath
        return switch self {
        case .openai, .llamacpp, .vllm: versioned + "/models"
        // Pages of 20 unless asked for more.
        case .anthropic: versioned + "/models?limit=1000"
        case .ollama: EndpointKind.root(ofBasePath: basePath) + "/api/tags"
        case .lmstudio: EndpointKind.root(ofBasePath: basePath) + "/api/v0/models"
        }
    }
}

extension Download {
    /// To an upstream of a table, as yet without path, fields and the address, which may change.
    init(_ view: borrowing TableView, upstream: UInt32, timeout: Int, byteLimit: Int) {
        self.init(url: "", timeoutMilliseconds: timeout, byteLimit: byteLimit)
        let server = view.row(UpstreamRecord.self, upstream)
        let host = view.text(view.load(UpstreamRecord.host, server))
        guard view.load(UpstreamRecord.kind, server) != .unix else {
            url = "http://localhost"
            socketPath = host
            return
        }
        let tls = view.load(UpstreamRecord.tls, server)
        if tls != noIndex {
            caFile = view.text(view.load(TLSRecord.caFile, at: tls))
        }
        let port = view.load(UpstreamRecord.port, server)
        let bracketed = host.contains(":") ? "[\(host)]" : host
        url = "\(tls == noIndex ? "http" : "https")://\(bracketed):\(port)"
    }
}

extension EndpointHead {
    /// Each field as a line without its end.
    var lines: [[UInt8]] {
        fields.split(separator: 0x0A).map { Array($0.dropLast()) }
    }
}

extension SocketAddress {
    /// As a URL would have it, IPv6 in brackets; nil for a unix socket.
    var numeric: String? {
        guard let address = ipAddress, let port else { return nil }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
