/// The key in a field that carries one.
public enum KeyField {
    /// The run of `head` that is the key of a field, or nil where there is none.
    ///
    /// In `Authorization`, and `Proxy-Authorization`, what follows the scheme `Bearer`, whose
    /// letters match in either case, and one or more spaces (RFC 6750, 2.1); in any other field all
    /// of the value. A key is not empty and has bytes of 0x21...0x7E only.
    public static func key(of field: HeaderField, in head: RawSpan) -> ByteRange? {
        precondition(field.value.end <= head.byteCount)
        var start = Int(field.value.start)
        let end = Int(field.value.end)
        if field.kind == .authorization || field.kind == .proxyAuthorization {
            let schemeEnd = start &+ 6
            guard schemeEnd < end, equalsFolded(head, ByteRange(start, schemeEnd), "bearer"),
                head.byte(schemeEnd) == Ascii.space
            else { return nil }
            start = schemeEnd
            while start < end, head.byte(start) == Ascii.space { start &+= 1 }
        }
        guard start < end, isPlain(head, start, end) else { return nil }
        return ByteRange(start, end)
    }

    /// Whether a run has bytes of 0x21...0x7E only.
    @inline(always)
    private static func isPlain(_ head: RawSpan, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end {
            let word = head.wordOrTail(offset)
            let stops =
                Lanes.below(word, 0x21) | word & Lanes.high | Lanes.equal(word, Ascii.delete)
            if stops != 0 { return offset &+ Lanes.first(stops) >= end }
            offset &+= 8
        }
        return true
    }
}

/// The fields of a request that carry keys, taken together.
///
/// Two keys that differ, or one field twice, are none: whoever is in front of us may have looked at
/// the other.
public struct KeyFields: Sendable {
    /// The one that came first; nil where there is none.
    public var first: HeaderField?
    /// How many there are, as far as it matters: more than one is not one.
    public var count = 0
    @usableFromInline var agree = true

    /// None so far.
    @inlinable
    public init() {}

    /// Takes in a field of a further name; `isRepeated` says whether it comes again.
    @inlinable
    public mutating func add(_ field: HeaderField, isRepeated: Bool, in head: RawSpan) {
        count += isRepeated ? 2 : 1
        guard let first else {
            first = field
            agree = !isRepeated
            return
        }
        agree = agree && !isRepeated && KeyFields.isSameKey(first, field, in: head)
    }

    /// The run of `head` that is the key, or nil where there is none that everybody would see.
    @inlinable
    public func key(in head: RawSpan) -> ByteRange? {
        guard agree, let first else { return nil }
        return KeyField.key(of: first, in: head)
    }

    @usableFromInline
    static func isSameKey(_ one: HeaderField, _ other: HeaderField, in head: RawSpan) -> Bool {
        guard let left = KeyField.key(of: one, in: head),
            let right = KeyField.key(of: other, in: head), left.count == right.count
        else { return false }
        for offset in 0..<left.count
        where head.byte(Int(left.start) + offset) != head.byte(Int(right.start) + offset) {
            return false
        }
        return true
    }
}
