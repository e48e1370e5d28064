internal import Digest
internal import NIOCore
internal import Routing
internal import Synchronization
internal import TableFormat
internal import Wire

/// A table in service: the mapped file, and what could be known only here and now.
///
/// Immutable after `init`; shared by all loops. Requests hold it until the first byte of their
/// answer; when the last lets it go it is unmapped.
package final class LoadedTable: Sendable {
    private let table: MappedTable
    /// Counts the tables of this process, from 1.
    package let generation: UInt32
    /// 64 hexadecimal digits.
    package let digest: String
    let keyReferences: KeyReferences
    let patterns: PatternSet
    let endpoints: [EndpointHead]
    private let tls: [UpstreamTLS]
    /// The slot of each upstream of the table in the process's directory.
    let slotOfUpstream: [UInt32]
    /// The slot of each pool of the table in the process's directory of pools.
    let slotOfPool: [UInt32]
    /// Beyond the slots of all its pools.
    let poolSlotLimit: Int
    /// What looking at the settings again and again would cost strings.
    let settings: ServingSettings
    /// What `/stats` shows.
    let stats: StatsFilter
    /// What is said to browsers of other origins; nil is nothing.
    let crossOrigin: CrossOrigin?
    /// What answers say of the way they came.
    let answerLines: AnswerLines
    /// Whether anybody may say whom it speaks for.
    let trustsProxies: Bool
    /// What this process knows of each endpoint of the table.
    let endpointStates: [EndpointState]
    private let directories: Directories
    /// How its endpoints are asked for their models; nil where nobody is.
    let discovery: DiscoveryPlan?
    /// How its endpoints are asked whether they are well, those that are.
    let health: [HealthTarget]
    /// What they have named.
    let discovered = DiscoveredModels()

    /// The number of tables alive in this process.
    private static let liveCount = Atomic<Int>(0)

    /// How many tables of this process are alive.
    static var living: Int { liveCount.load(ordering: .relaxed) }

    /// What outlives tables, which find themselves in it by names and stable ids.
    struct Directories: Sendable {
        let upstreams = UpstreamDirectory()
        let endpoints = EndpointDirectory()
        let pools = PoolDirectory()
    }

    /// Prepares a table; on any fault nothing of it stays and the one in service is untouched.
    init(
        _ input: TableInput, generation: UInt32, directories: Directories
    ) throws(LoadFault) {
        let table = try MappedTable(input)
        self.generation = generation
        self.directories = directories
        digest = table.withView { $0.digest.hex }
        settings = table.withView { ServingSettings($0) }
        stats = table.withView { StatsFilter($0) }
        let keyHeaders = settings.keyHeaders
        crossOrigin = table.withView { CrossOrigin($0, keyHeaders: keyHeaders) }
        answerLines = table.withView { AnswerLines($0, keyHeaders: keyHeaders) }
        trustsProxies = table.withView { $0.count(NetworkRecord.self) > 0 }
        do {
            patterns = try table.withView { try LoadedTable.compilePatterns($0) }
            keyReferences = try table.withView { try LoadedTable.resolveKeys($0) }
            let heads = try table.withView { try LoadedTable.resolveEndpoints($0) }
            endpoints = heads
            discovery = table.withView { DiscoveryPlan($0, heads: heads) }
            health = table.withView { HealthTarget.all($0, heads: heads) }
            tls = try table.withView { try UpstreamTLS.load($0) }
        } catch let fault as LoadFault {
            throw fault
        } catch {
            preconditionFailure("loading throws only load faults")
        }
        slotOfUpstream = table.withView { directories.upstreams.acquire($0) }
        endpointStates = table.withView { directories.endpoints.acquire($0) }
        slotOfPool = table.withView { directories.pools.acquire($0) }
        poolSlotLimit = Int(slotOfPool.max() ?? PoolDirectory.folded) + 1
        self.table = table
        LoadedTable.liveCount.add(1, ordering: .relaxed)
    }

    deinit {
        directories.upstreams.release(slotOfUpstream)
        table.withView { directories.endpoints.release($0) }
        directories.pools.release(slotOfPool)
        LoadedTable.liveCount.subtract(1, ordering: .relaxed)
    }

    /// Calls `body` with the table's bytes.
    @inline(__always)
    func withView<Result>(_ body: (borrowing TableView) throws -> Result) rethrows -> Result {
        try table.withView(body)
    }

    /// How connections to an upstream are secured; nil for plain ones.
    func tls(ofUpstream upstream: UInt32) -> UpstreamTLS? {
        let index = withView { $0.load(UpstreamRecord.tls, at: upstream) }
        return index == noIndex ? nil : tls[Int(index)]
    }

    /// The salted fingerprint of a client's key.
    func fingerprint(ofKey key: RawSpan) -> KeyFingerprint {
        KeyFingerprint(digest: Digest.sha256(settings.salt, Digest.sha256(key, RawSpan())))
    }

    private static func compilePatterns(_ view: borrowing TableView) throws -> PatternSet {
        do throws(RefusedPattern) {
            return try PatternSet(of: view)
        } catch {
            throw LoadFault.pattern(source: error.source, problem: error.problem)
        }
    }

    /// Fingerprints of the keys that stand elsewhere.
    ///
    /// Two that are equal would make the holder a matter of chance, so they are a fault, and so is
    /// one that the table has already.
    private static func resolveKeys(_ view: borrowing TableView) throws -> KeyReferences {
        let count = view.count(KeyReferenceRecord.self)
        let salt = ServingSettings.salt(view)
        var entries: [KeyReferences.Entry] = []
        var holders: [String: String] = [:]
        for index in 0..<count {
            let row = view.row(KeyReferenceRecord.self, index)
            let source = view.load(KeyReferenceRecord.source, row)
            let reference = view.text(view.load(KeyReferenceRecord.reference, row))
            let key = view.load(KeyReferenceRecord.key, row)
            let holder = "key '\(view.text(view.load(KeyRecord.name, at: key)))'"
            let secret = try SecretSource.readKey(source, reference, holder: holder)
            let fingerprint = KeyFingerprint(
                digest: Digest.sha256(salt, Digest.sha256(secret)))
            let identity = "\(fingerprint.word0) \(fingerprint.word1)"
            var other = holders.updateValue(holder, forKey: identity)
            if let known = view.findSecret(fingerprint) {
                let name = view.load(KeyRecord.name, at: view.load(SecretRecord.key, at: known))
                other = "key '\(view.text(name))'"
            }
            if let other {
                throw LoadFault.secret(
                    holder: holder,
                    reference: source == .file ? "file:\(reference)" : "env:\(reference)",
                    problem: "is also the secret of \(other)")
            }
            entries.append(
                .init(
                    fingerprint: fingerprint, key: key,
                    expires: view.load(KeyReferenceRecord.expires, row)))
        }
        return KeyReferences(entries)
    }

    private static func resolveEndpoints(_ view: borrowing TableView) throws -> [EndpointHead] {
        var heads: [EndpointHead] = []
        for index in 0..<view.count(EndpointRecord.self) {
            heads.append(try EndpointHead(view, endpoint: index))
        }
        return heads
    }
}

/// What every request to an endpoint carries, as bytes of its head.
struct EndpointHead: Sendable {
    /// Whole lines: credential and configured headers.
    var fields: [UInt8] = []
    /// Names of the configured headers, lowercase: the client's own of that name are left out.
    var names: [[UInt8]] = []
    /// The client's credentials go upstream as they came.
    var keepsCredentials = false
    /// The router presents one of its own.
    private(set) var hasCredential = false
    /// One of the configured headers says what requests are called.
    private(set) var namesRequests = false

    init(_ view: borrowing TableView, endpoint: UInt32) throws(LoadFault) {
        let row = view.row(EndpointRecord.self, endpoint)
        let holder = "endpoint '\(view.text(view.load(EndpointRecord.name, row)))'"
        let kind = view.load(EndpointRecord.kind, row)
        let reference = view.text(view.load(EndpointRecord.credential, row))
        switch view.load(EndpointRecord.credentialKind, row) {
        case .none: break
        case .client: keepsCredentials = true
        case .file: try addCredential(kind, SecretSource.read(.file, reference, holder: holder))
        case .environment:
            try addCredential(
                kind, SecretSource.read(.environment, reference, holder: holder))
        }
        for index in view.load(EndpointRecord.headers, row).indices {
            let header = view.row(HeaderRecord.self, index)
            let name = view.text(view.load(HeaderRecord.name, header))
            let value = view.text(view.load(HeaderRecord.value, header))
            let source = view.load(HeaderRecord.source, header)
            try add(name, prefix: "", SecretSource.read(source, value, holder: holder))
        }
        // Its API wants a version; a client that speaks for itself says which.
        let version = Array("anthropic-version".utf8)
        if kind == .anthropic, !keepsCredentials, !names.contains(version) {
            add("anthropic-version", prefix: "", Array("2023-06-01".utf8))
        }
    }

    /// The credential, in the field in which a server of this kind looks for it.
    private mutating func addCredential(_ kind: EndpointKind, _ value: [UInt8]) {
        hasCredential = true
        if kind == .anthropic {
            add("x-api-key", prefix: "", value)
        } else {
            add("authorization", prefix: "Bearer ", value)
        }
    }

    private mutating func add(_ name: String, prefix: String, _ value: [UInt8]) {
        if name == "x-request-id" { namesRequests = true }
        fields += Array("\(name): \(prefix)".utf8) + value + [0x0D, 0x0A]
        names.append(Array(name.utf8))
    }
}

/// The settings of a table that are looked at for every connection or request.
struct ServingSettings: Sendable {
    var salt: [UInt8]
    var listen: ListenAddress
    var admin: ListenAddress?
    var maxBodyBytes: Int
    var maxHeadBytes: Int
    var maxConnections: Int
    /// Nil waits for the last stream.
    var drainMilliseconds: UInt64?
    var clientTimeouts: ClientTimeouts
    /// The headers in which a key is looked for, in order.
    var keyHeaders: [KeyHeader]

    init(_ view: borrowing TableView) {
        salt = ServingSettings.salt(view)
        listen =
            ListenAddress(
                view.setting(SettingsRecord.listenKind),
                host: view.text(view.setting(SettingsRecord.listenHost)),
                port: view.setting(SettingsRecord.listenPort))
            ?? .tcp(host: "127.0.0.1", port: 0)
        admin = ListenAddress(
            view.setting(SettingsRecord.adminKind),
            host: view.text(view.setting(SettingsRecord.adminHost)),
            port: view.setting(SettingsRecord.adminPort))
        maxBodyBytes = Int(clamping: view.setting(SettingsRecord.maxBodyBytes))
        maxHeadBytes = Int(view.setting(SettingsRecord.maxHeadBytes))
        maxConnections = Int(view.setting(SettingsRecord.maxConnections))
        let drain = view.setting(SettingsRecord.drainMilliseconds)
        drainMilliseconds = drain == noMilliseconds ? nil : UInt64(drain)
        clientTimeouts = ClientTimeouts(view)
        keyHeaders = []
        for index in view.setting(SettingsRecord.keyHeaders).indices {
            keyHeaders.append(KeyHeader(view.text(view.load(TextRecord.text, at: index))))
        }
    }

    /// The salt's 32 bytes.
    static func salt(_ view: borrowing TableView) -> [UInt8] {
        let words = [
            view.setting(SettingsRecord.salt0), view.setting(SettingsRecord.salt1),
            view.setting(SettingsRecord.salt2), view.setting(SettingsRecord.salt3),
        ]
        return words.flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
        }
    }
}

/// How long clients may take, in milliseconds.
struct ClientTimeouts: Sendable {
    /// From accept, or the first byte of a further request, to a whole head.
    var head: UInt64
    /// From one read of a body to the next.
    var bodyStall: UInt64
    /// From the moment an answer waits for the client to take it until it does.
    var writeStall: UInt64
    /// From the end of an answer to the first byte of the next request.
    var keepAlive: UInt64

    init(_ view: borrowing TableView) {
        head = UInt64(view.setting(SettingsRecord.headMilliseconds))
        bodyStall = UInt64(view.setting(SettingsRecord.bodyStallMilliseconds))
        writeStall = UInt64(view.setting(SettingsRecord.writeStallMilliseconds))
        keepAlive = UInt64(view.setting(SettingsRecord.keepAliveMilliseconds))
    }
}

/// A header in which a key is looked for.
struct KeyHeader: Sendable {
    /// Lowercase.
    var bytes: [UInt8]
    /// Set for names that the framer tells apart.
    var kind: FieldKind?

    init(_ name: String) {
        bytes = Array(name.utf8)
        switch name {
        case "authorization": kind = .authorization
        case "x-api-key": kind = .xAPIKey
        case "api-key": kind = .apiKey
        default: kind = nil
        }
    }
}

/// Where a server listens.
package enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    init?(_ kind: AddressKind, host: String, port: UInt16) {
        switch kind {
        case .none: return nil
        case .tcp: self = .tcp(host: host, port: port)
        case .unix: self = .unix(path: host)
        }
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
