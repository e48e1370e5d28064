public import TableFormat

/// Whom a request comes from.
public struct Caller: Sendable, Equatable {
    /// Index of the key; `noIndex` without one.
    public var key: UInt32
    /// Index of the scope: which models.
    public var scope: UInt32
    /// Index of the pool that all its requests go to; `noIndex` without one.
    public var pin: UInt32
    /// Unix seconds; the first second at which this identity is good no more.
    public var expires: Int64
    /// Index of the rules that are for it; `noIndex` for those that are for everybody.
    public var audience: UInt32

    /// From its parts.
    @inlinable
    public init(
        key: UInt32, scope: UInt32, pin: UInt32, expires: Int64, audience: UInt32 = noIndex
    ) {
        self.audience = audience
        self.key = key
        self.scope = scope
        self.pin = pin
        self.expires = expires
    }

    /// Whether it came without a key.
    @inlinable public var isAnonymous: Bool { key == noIndex }
}

/// What a request presents as its key.
public enum PresentedKey: Sendable {
    /// No key header at all.
    case none
    /// A key header without a key in it.
    case unusable
    case fingerprint(KeyFingerprint)
}

/// Who the caller is, or why nobody.
@inlinable
@inline(__always)
public func identify(
    _ presented: PresentedKey, references: borrowing KeyReferences, now: Int64,
    in table: borrowing TableView
) -> Result<Caller, ProxyError> {
    let mode = table.setting(SettingsRecord.anonymousMode)
    guard mode != .open else {
        return .success(anonymous(in: table))
    }
    switch presented {
    case .none:
        return mode == .deny ? .failure(.keyMissing) : .success(anonymous(in: table))
    case .unusable:
        return .failure(.keyUnknown)
    case .fingerprint(let fingerprint):
        let key: UInt32
        let secretExpires: Int64
        if let secret = table.findSecret(fingerprint) {
            let row = table.row(SecretRecord.self, secret)
            key = table.load(SecretRecord.key, row)
            secretExpires = table.load(SecretRecord.expires, row)
        } else if let reference = references.find(fingerprint) {
            key = reference.key
            secretExpires = reference.expires
        } else {
            return .failure(.keyUnknown)
        }
        let caller = holder(of: key, secretExpires: secretExpires, in: table)
        return now < caller.expires ? .success(caller) : .failure(.keyExpired)
    }
}

@inlinable
func anonymous(in table: borrowing TableView) -> Caller {
    Caller(
        key: noIndex, scope: table.setting(SettingsRecord.anonymousScope), pin: noIndex,
        expires: .max)
}

/// Who holds a key, by one of its secrets, which may end before the key does.
@inlinable
@inline(__always)
public func holder(
    of key: UInt32, secretExpires: Int64 = .max, in table: borrowing TableView
) -> Caller {
    let row = table.row(KeyRecord.self, key)
    return Caller(
        key: key, scope: table.load(KeyRecord.scope, row), pin: table.load(KeyRecord.pin, row),
        expires: min(secretExpires, table.load(KeyRecord.expires, row)),
        audience: table.load(KeyRecord.audience, row))
}

/// What happens with a request whose caller is known, before its body is read.
public enum Admission: Sendable, Equatable {
    case refused(ProxyError)
    /// Answered by the router itself.
    case local(APIPath)
    /// `OPTIONS` of a path that exists: answered with what is allowed.
    case options(APIPath)
    /// Goes to a pool; the body is kept up to the table's `max_body`.
    case proxied(BodyUse)
}

/// What of a body decides where it goes.
public enum BodyUse: Sendable, Equatable {
    /// Nothing: the key is pinned.
    case nothing
    /// The member `model` of a JSON object.
    case json
    /// The part `model` of a form (RFC 7578), or of a JSON object the member.
    case formOrJSON
}

/// Decides on path, method and length, without a look at the body (ARCHITECTURE: the order of a
/// request).
///
/// `contentLength` is nil for a chunked body.
@inlinable
@inline(__always)
public func admit(
    _ method: MethodClass, path: RawSpan, isPlain: Bool, contentLength: UInt64?,
    caller: Result<Caller, ProxyError>, in table: borrowing TableView
) -> Admission {
    let there = APIPath(path)
    // The id of a model may hold an escaped slash, as long as only we read it.
    guard isPlain || there == .model else {
        return .refused(.unsafePath)
    }
    if case .success(let known) = caller, known.pin != noIndex {
        guard isPlain else {
            return .refused(.unsafePath)
        }
        // Its answer repeats the request, our credential too (RFC 9110, section 9.3.8).
        guard method != .trace else {
            return .refused(.traceRefused)
        }
        return admitPinned(known, path: path, contentLength: contentLength, in: table)
    }
    // What tells a load balancer or a browser nothing about keys needs none.
    if there == .health || there == .ready {
        return isRead(method)
            ? .local(there)
            : method == .options ? .options(there) : .refused(.readOnly)
    }
    if method == .options, there != .unknown {
        return .options(there)
    }
    let known: Caller
    switch caller {
    case .failure(let error): return .refused(error)
    case .success(let caller): known = caller
    }
    guard mayUse(path: path, known, in: table) else {
        return .refused(.pathNotAllowed)
    }
    switch there {
    case .unknown, .health, .ready:
        return .refused(.urlUnknown)
    case .models, .model:
        guard isRead(method) else {
            return .refused(.readOnly)
        }
        return mayList(known, in: table) ? .local(there) : .refused(.listingNotAllowed)
    case .stats:
        guard isRead(method) else {
            return .refused(.readOnly)
        }
        return mayReadStats(known, in: table) ? .local(there) : .refused(.statsNotAllowed)
    case .inference, .formInference:
        guard method == .post else {
            return .refused(.postOnly)
        }
        guard (contentLength ?? 0) <= table.setting(SettingsRecord.maxBodyBytes) else {
            return .refused(.bodyTooLarge)
        }
        return .proxied(there == .inference ? .json : .formOrJSON)
    }
}

@inlinable
func isRead(_ method: MethodClass) -> Bool {
    method == .get || method == .head
}

@inlinable
func admitPinned(
    _ caller: Caller, path: RawSpan, contentLength: UInt64?, in table: borrowing TableView
) -> Admission {
    guard mayUse(path: path, caller, in: table) else {
        return .refused(.pathNotAllowed)
    }
    guard (contentLength ?? 0) <= table.setting(SettingsRecord.maxBodyBytes) else {
        return .refused(.bodyTooLarge)
    }
    return .proxied(.nothing)
}

/// Whether the caller's `paths` have room for this one.
@inlinable
@inline(__always)
public func mayUse(path: RawSpan, _ caller: Caller, in table: borrowing TableView) -> Bool {
    guard !caller.isAnonymous else {
        return true
    }
    let paths = table.load(KeyRecord.paths, at: caller.key)
    return paths == .all || isListed(path, among: paths, in: table)
}

/// Whether one of a key's matchers holds a path.
@inlinable
func isListed(_ path: RawSpan, among paths: IndexRange, in table: borrowing TableView) -> Bool {
    for index in paths.indices {
        let row = table.row(MatcherRecord.self, index)
        let text = table.string(table.load(MatcherRecord.text, row))
        switch table.load(MatcherRecord.kind, row) {
        case .exact: if text.isEqual(path) { return true }
        case .glob: if globMatches(text, path) { return true }
        case .pattern: continue
        }
    }
    return false
}

@inlinable
func mayList(_ caller: Caller, in table: borrowing TableView) -> Bool {
    guard caller.isAnonymous else {
        return true
    }
    let flags = table.setting(SettingsRecord.anonymousFlags)
    return flags & SettingsRecord.listModelsFlag != 0
}

/// Whether the caller may read the figures of the host; its `paths` have room for `/stats`.
///
/// They tell of more than the router, so that a key has to be let in by name, or have a right at
/// the admin address: one without `paths` may use all that serves models, and this does not.
@inlinable
func mayReadStats(_ caller: Caller, in table: borrowing TableView) -> Bool {
    guard caller.isAnonymous else {
        return table.load(KeyRecord.paths, at: caller.key) != .all
            || adminRight(of: caller, in: table) != .none
    }
    let flags = table.setting(SettingsRecord.anonymousFlags)
    return flags & SettingsRecord.readStatsFlag != 0
}
