internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// What of a request's texts stands in its record. Secrets do not, whoever put them there.

extension ClientConnection {
    /// Calls `body` with the model for its record; with nothing where it may be a secret.
    ///
    /// Of a list that is the one which the request was routed by: nobody has looked at the others.
    func withLoggedModel(_ body: (RawSpan) -> Void) {
        withModel { asked in
            var model = asked
            if let route = exchange.route, route.partEnd != 0,
                Int(route.partEnd) <= asked.byteCount
            {
                model = asked.extracting(Int(route.partStart)..<Int(route.partEnd))
            }
            body(canBeLogged(model) ? model : RawSpan())
        }
    }

    /// Whether a model id may stand in a log: it is not the client's key, and a rule knows it.
    ///
    /// Where no rule does, or the key may not use it, that is what the operator has to see; then
    /// it stands there unless it may be a secret.
    private func canBeLogged(_ model: RawSpan) -> Bool {
        guard !knownKey.ends(with: model) else { return false }
        if exchange.route != nil { return true }
        switch exchange.error {
        case .modelNotFound, .modelNotAllowed:
            return isHarmless(model, byteLimit: AccessTextWriter.modelByteLimit)
        default: return false
        }
    }

    /// Whether what a client calls its request may stand in a log: it is not its key.
    ///
    /// Of one that has not shown a key it is looked at whether it is one of others.
    func canBeLogged(id: RawSpan) -> Bool {
        guard !knownKey.ends(with: id), LoggedText.isHarmless(id, byteLimit: RequestID.byteLimit)
        else { return false }
        if let caller = exchange.caller, !caller.isAnonymous { return true }
        return isHarmless(id, byteLimit: RequestID.byteLimit)
    }

    /// What the client asked for; nothing where there was no head.
    func withMethodAndPath(_ body: (RawSpan, RawSpan) -> Void) {
        guard let head = exchange.head else {
            body(RawSpan(), RawSpan())
            return
        }
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        var path = head.path
        // What somebody puts into a path by mistake, a key say, stays out of the log.
        switch APIPath(bytes.extracting(path)) {
        case .model: path.end = path.start + UInt32(APIPath.modelIDStart)
        case .unknown where exchange.caller == nil && !isShownPreflight(bytes.extracting(path)):
            path.end = path.start
        default: break
        }
        body(bytes.extracting(head.methodRange), bytes.extracting(path))
    }

    /// Whether the path is one of a preflight, which never has a key, and may stand in a log.
    private func isShownPreflight(_ path: RawSpan) -> Bool {
        exchange.isPreflight && isHarmless(path, byteLimit: AccessTextWriter.pathByteLimit)
    }

    /// Whether a text that no table knows is readable and neither looks like a key nor is one.
    private func isHarmless(_ text: RawSpan, byteLimit: Int) -> Bool {
        guard let table = exchange.table, LoggedText.isHarmless(text, byteLimit: byteLimit) else {
            return false
        }
        return !LoggedText.isAnyPart(of: text) { part in
            let fingerprint = table.fingerprint(ofKey: part)
            return table.keyReferences.find(fingerprint) != nil
                || table.withView { $0.findSecret(fingerprint) != nil }
        }
    }
}
