internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Whom a request comes from: the fields that carry keys, and what they hold.

extension ClientConnection {
    /// Who the caller is; a key is hashed once a connection and table.
    func identifyCaller(_ table: LoadedTable) -> Result<Caller, ProxyError> {
        let now = Loop.wallSeconds()
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        guard let field = keyField(table, in: bytes) else {
            return table.withView {
                identify(.none, references: table.keyReferences, now: now, in: $0)
            }
        }
        let value = bytes.extracting(field.value)
        if isOnlyKey(table, in: bytes), knownKey.holds(value, generation: table.generation),
            let caller = knownKey.caller,
            now < caller.expires
        {
            return .success(caller)
        }
        let presented = presentedKey(field, table, in: bytes)
        let caller = table.withView {
            identify(presented, references: table.keyReferences, now: now, in: $0)
        }
        if case .success(let known) = caller {
            knownKey = KnownKey(generation: table.generation, value: value, caller: known)
        }
        return caller
    }

    /// What the request presents in the fields that carry keys.
    ///
    /// Two keys that differ are none: whoever is in front of us may have looked at the other.
    private func presentedKey(
        _ first: HeaderField, _ table: LoadedTable, in bytes: RawSpan
    ) -> PresentedKey {
        guard let key = KeyField.key(of: first, in: bytes) else { return .unusable }
        for name in table.settings.keyHeaders {
            if let kind = name.kind, loop.requestFields.repeats(kind) { return .unusable }
            guard let other = keyField(name, in: bytes) else { continue }
            guard let otherKey = KeyField.key(of: other, in: bytes),
                bytes.extracting(otherKey).isEqual(bytes.extracting(key))
            else { return .unusable }
        }
        return .fingerprint(table.fingerprint(ofKey: bytes.extracting(key)))
    }

    /// Whether just one field of the request carries a key.
    private func isOnlyKey(_ table: LoadedTable, in bytes: RawSpan) -> Bool {
        var count = 0
        for name in table.settings.keyHeaders {
            if let kind = name.kind {
                if loop.requestFields.repeats(kind) { return false }
                count += loop.requestFields.contains(kind) ? 1 : 0
            } else if let index = loop.requestFields.firstIndex(
                of: name.bytes.rawSpan, in: bytes)
            {
                let again = loop.requestFields.firstIndex(
                    of: name.bytes.rawSpan, in: bytes, from: index + 1)
                if again != nil { return false }
                count += 1
            }
        }
        return count == 1
    }

    private func keyField(_ name: KeyHeader, in bytes: RawSpan) -> HeaderField? {
        if let kind = name.kind {
            return loop.requestFields.first(kind)
        }
        return loop.requestFields.firstIndex(of: name.bytes.rawSpan, in: bytes)
            .map { loop.requestFields[$0] }
    }

    /// The first of the configured headers that the request has.
    private func keyField(_ table: LoadedTable, in bytes: RawSpan) -> HeaderField? {
        for name in table.settings.keyHeaders {
            if let field = keyField(name, in: bytes) { return field }
        }
        return nil
    }
}

/// A key that a connection has shown, so that it need not be hashed again for each request.
struct KnownKey {
    var generation: UInt32 = 0
    private var value: [UInt8] = []
    var caller: Caller?

    init() {}

    init(generation: UInt32, value: RawSpan, caller: Caller) {
        self.generation = generation
        self.value = bytes(of: value)
        self.caller = caller
    }

    /// Whether somebody has put the key itself in another place.
    func ends(with text: RawSpan) -> Bool {
        text.byteCount > 0 && value.rawSpan.ends(with: text)
    }

    /// Whether the value is the one of last time; takes the same time wherever they differ.
    func holds(_ other: RawSpan, generation: UInt32) -> Bool {
        guard self.generation == generation, caller != nil, value.count == other.byteCount else {
            return false
        }
        var difference: UInt8 = 0
        for index in 0..<value.count {
            difference |= value[index] ^ other.byte(index)
        }
        return difference == 0
    }
}
