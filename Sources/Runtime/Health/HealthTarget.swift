package import TableFormat

/// How one endpoint is asked whether it is well.
struct HealthTarget: Sendable {
    let name: String
    /// What makes it the same endpoint in the next table.
    let stableID: UInt64
    let kind: EndpointKind
    /// Index of the endpoint in the table, and of its upstream.
    let endpoint: UInt32
    let upstream: UInt32
    /// Whether it wants a credential that only clients have.
    let wantsClientsCredential: Bool
    /// Without the address, which may change.
    let download: Download
    let intervalMilliseconds: UInt64
    let fall: UInt16
    let rise: UInt16

    /// Those of a table, in its order.
    static func all(_ view: borrowing TableView, heads: [EndpointHead]) -> [HealthTarget] {
        var targets: [HealthTarget] = []
        for (index, head) in heads.enumerated() {
            let health = view.load(EndpointRecord.health, at: UInt32(index))
            guard health != noIndex else { continue }
            targets.append(HealthTarget(view, endpoint: UInt32(index), head, health: health))
        }
        return targets
    }

    private init(
        _ view: borrowing TableView, endpoint: UInt32, _ head: EndpointHead, health: UInt32
    ) {
        let row = view.row(EndpointRecord.self, endpoint)
        name = view.text(view.load(EndpointRecord.name, row))
        stableID = view.load(EndpointRecord.stableID, row)
        kind = view.load(EndpointRecord.kind, row)
        self.endpoint = endpoint
        upstream = view.load(EndpointRecord.upstream, row)
        wantsClientsCredential = head.keepsCredentials
        let probes = view.row(HealthRecord.self, health)
        intervalMilliseconds = UInt64(view.load(HealthRecord.interval, probes))
        fall = view.load(HealthRecord.fall, probes)
        rise = view.load(HealthRecord.rise, probes)
        var download = Download(
            view, upstream: upstream, timeout: Int(view.load(HealthRecord.timeout, probes)),
            byteLimit: Limits.probeAnswerBytesMax)
        download.url += view.text(view.load(HealthRecord.path, probes))
        download.fields = [Array("accept: */*".utf8)] + head.lines
        download.wantsBody = false
        self.download = download
    }

    /// Whether the other is asked at the same place, so that what is known of it holds.
    func isSamePlace(as other: HealthTarget) -> Bool {
        download.url == other.download.url && download.socketPath == other.download.socketPath
            && download.caFile == other.download.caFile
    }
}

extension HealthCounter.Verdict {
    /// What an answer with this status means.
    ///
    /// One that wants the credential of a client has nothing against us.
    package init(
        status: Int, kind: EndpointKind, wantsClientsCredential: Bool
    ) {
        switch status {
        case 200..<300: self = .ok
        case 401, 403: self = wantsClientsCredential ? .ok : .misconfigured
        case 429: self = .limited
        // llama-server says so while it loads its model, and at no other time.
        case 503 where kind == .llamacpp: self = .loading
        default: self = .failed
        }
    }
}
