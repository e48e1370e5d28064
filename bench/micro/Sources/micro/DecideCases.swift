internal import Digest
internal import Routing
internal import TableFormat

/// Every endpoint can be tried: what the server knows of endpoints is no part of a decision.
struct AllAvailable: EndpointLoads {
    func isAvailable(endpoint: UInt32) -> Bool { true }
}

extension TableFile {
    /// Who a key stands for: what the server asks once a connection.
    @inline(never)
    func caller(of fingerprint: KeyFingerprint) -> Result<Caller, ProxyError> {
        withView { view in
            identify(
                .fingerprint(fingerprint), references: references, now: 1_800_000_000, in: view)
        }
    }

    /// What the server asks for every request: admit, resolve, pick.
    ///
    /// A member of the pool, or `noIndex` where the answer is no.
    @inline(never)
    func decide(
        _ caller: Result<Caller, ProxyError>, path: RawSpan, model: RawSpan, ticket: UInt32
    ) -> UInt32 {
        withView { view in
            let admission = admit(
                .post, path: path, isPlain: true, contentLength: 1024, caller: caller, in: view)
            guard case .proxied = admission, case .success(let known) = caller else {
                return noIndex
            }
            let route = resolve(
                model: model, caller: known, patterns: patterns, scratch: scratch, in: view)
            guard case .success(let route) = route else { return noIndex }
            return pick(pool: route.pool, ticket: ticket, loads: AllAvailable(), in: view)
                ?? noIndex
        }
    }
}

/// From a fingerprint to the caller: the same again and again, or another each time.
struct IdentifyCase: MeasuredCase {
    let name: String
    let count = 4_000
    private let table: TableFile
    private let requests: Requests
    private let mask: Int

    init(_ table: TableFile, _ requests: Requests, isHot: Bool) {
        name = isHot ? "identify hot" : "identify random"
        self.table = table
        self.requests = requests
        mask = isHot ? 0 : Requests.count - 1
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let caller = table.caller(of: requests.entries[index & mask].fingerprint)
        guard case .success(let caller) = caller else {
            preconditionFailure("every key of the requests is in the table")
        }
        return Int(caller.key)
    }
}

/// A decision for a caller who is known: the same again and again, or another each time.
struct DecideCase: MeasuredCase {
    let name: String
    let count = 4_000
    private let table: TableFile
    private let requests: Requests
    private let callers: [Caller]
    private let mask: Int
    private let path = Array("/v1/chat/completions".utf8)

    init(_ table: TableFile, _ requests: Requests, isHot: Bool) {
        name = isHot ? "decide hot" : "decide random"
        self.table = table
        self.requests = requests
        callers = requests.entries.map { request in
            guard case .success(let caller) = table.caller(of: request.fingerprint) else {
                preconditionFailure("every key of the requests is in the table")
            }
            return caller
        }
        mask = isHot ? 0 : Requests.count - 1
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let member = table.decide(
            .success(callers[index & mask]), path: path.rawSpan,
            model: requests.names.rawSpan.extracting(requests.entries[index & mask].model),
            ticket: UInt32(truncatingIfNeeded: index))
        precondition(member != noIndex, "every request of the table is allowed")
        return Int(member)
    }
}

/// From a fingerprint to the index of its secret.
struct FindKeyCase: MeasuredCase {
    let name: String
    let count = 4_000
    private let table: TableFile
    private let requests: Requests
    private let mask: Int

    init(_ table: TableFile, _ requests: Requests, isHot: Bool) {
        name = isHot ? "find key hot" : "find key random"
        self.table = table
        self.requests = requests
        mask = isHot ? 0 : Requests.count - 1
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let fingerprint = requests.entries[index & mask].fingerprint
        let secret = table.withView { $0.findSecret(fingerprint) }
        precondition(secret != nil, "every key of the requests is in the table")
        return Int(secret ?? 0)
    }
}

/// From a model's name to its pool, for a caller who may use all of them.
struct FindModelCase: MeasuredCase {
    let name: String
    let count = 2_000
    private let table: TableFile
    private let model: [UInt8]
    private let isThere: Bool
    private let caller: Caller

    init(_ table: TableFile, kind: String) {
        name = "find model \(kind)"
        self.table = table
        let names = [
            "exact": "family-7/model-417-instruct", "glob": "vendor-117/some-model-32b",
            "pattern": "tuned-2026-11-21-v7",
        ]
        model = Array((names[kind] ?? "nobody-knows/this-model").utf8)
        isThere = kind != "miss"
        // The first key of the table that is scoped to everything.
        let caller = table.withView { view in
            identify(
                .fingerprint(table.fingerprint(ofKey: Array("sk-micro-all".utf8))),
                references: table.references, now: 1_800_000_000, in: view)
        }
        guard case .success(let caller) = caller else {
            preconditionFailure("the table is not the one of spec.py")
        }
        self.caller = caller
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let route = table.withView { view in
            resolve(
                model: model.rawSpan, caller: caller, patterns: table.patterns,
                scratch: table.scratch, in: view)
        }
        guard case .success(let route) = route else {
            precondition(!isThere, "the model is in the table")
            return 0
        }
        precondition(isThere, "the model is not in the table")
        return Int(route.pool)
    }
}

/// SHA-256 of the salt and of SHA-256 of the key, as the server does once a connection.
struct HashKeyCase: MeasuredCase {
    let name = "hash key"
    let count = 200
    private let salt: [UInt8]
    private let key = Array("sk-micro-0123456789abcdef0123456789abcdef".utf8)

    init(_ table: TableFile) { salt = table.salt }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let digest = Digest.sha256(salt, Digest.sha256(key.rawSpan, RawSpan()))
        return Int(truncatingIfNeeded: KeyFingerprint(digest: digest).word0)
    }
}
