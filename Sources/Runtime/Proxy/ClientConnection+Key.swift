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
        let fields = keyFields(table, in: bytes)
        guard let first = fields.first else {
            return table.withView {
                identify(.none, references: table.keyReferences, now: now, in: $0)
            }
        }
        let value = bytes.extracting(first.value)
        if fields.count == 1, knownKey.holds(value, generation: table.generation),
            let caller = knownKey.caller, now < caller.expires
        {
            return .success(caller)
        }
        var presented = PresentedKey.unusable
        if let key = fields.key(in: bytes) {
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

    /// The fields of a request that carry keys, in the order of `key_headers`.
    private func keyFields(_ table: LoadedTable, in bytes: RawSpan) -> KeyFields {
        var found = KeyFields()
        for name in table.settings.keyHeaders {
            guard let (field, isRepeated) = keyField(name, in: bytes) else { continue }
            found.add(field, isRepeated: isRepeated, in: bytes)
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
