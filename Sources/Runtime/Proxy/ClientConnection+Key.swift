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
        guard let fields = keyFields(table, in: bytes) else {
            return table.withView {
                identify(.none, references: table.keyReferences, now: now, in: $0)
            }
        }
        let value = bytes.extracting(fields.first.value)
        if fields.count == 1, knownKey.holds(value, generation: table.generation),
            let caller = knownKey.caller, now < caller.expires
        {
            return .success(caller)
        }
        var presented = PresentedKey.unusable
        if fields.agree, let key = KeyField.key(of: fields.first, in: bytes) {
            presented = .fingerprint(table.fingerprint(ofKey: bytes.extracting(key)))
        }
        let caller = table.withView {
            identify(presented, references: table.keyReferences, now: now, in: $0)
        }
        if case .success(let known) = caller {
            knownKey = KnownKey(generation: table.generation, value: value, caller: known)
        }
        return caller
    }

    /// The fields of a request that carry keys, in the order of `key_headers`; nil without any.
    ///
    /// Two keys that differ, or one field twice, are none: whoever is in front of us may have
    /// looked at the other.
    private func keyFields(_ table: LoadedTable, in bytes: RawSpan) -> KeyFields? {
        var found: KeyFields?
        for name in table.settings.keyHeaders {
            guard let (field, isRepeated) = keyField(name, in: bytes) else { continue }
            var fields = found ?? KeyFields(first: field)
            if found != nil {
                fields.agree = fields.agree && isSameKey(fields.first, field, in: bytes)
            }
            fields.agree = fields.agree && !isRepeated
            fields.count += isRepeated ? 2 : 1
            found = fields
        }
        return found
    }

    /// The field of this name, and whether it comes again.
    private func keyField(
        _ name: KeyHeader, in bytes: RawSpan
    ) -> (field: HeaderField, isRepeated: Bool)? {
        let fields = loop.requestFields
        if let kind = name.kind {
            return fields.first(kind).map { ($0, fields.repeats(kind)) }
        }
        guard let index = fields.firstIndex(of: name.bytes.rawSpan, in: bytes) else { return nil }
        let again = fields.firstIndex(of: name.bytes.rawSpan, in: bytes, from: index + 1)
        return (fields[index], again != nil)
    }

    private func isSameKey(
        _ left: HeaderField, _ right: HeaderField, in bytes: RawSpan
    ) -> Bool {
        guard let leftKey = KeyField.key(of: left, in: bytes),
            let rightKey = KeyField.key(of: right, in: bytes)
        else { return false }
        return bytes.extracting(leftKey).isEqual(bytes.extracting(rightKey))
    }
}

/// What a request shows of keys.
private struct KeyFields {
    let first: HeaderField
    var count = 0
    /// All carry the same key.
    var agree = true
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
