/// One header field of a head, by offsets into the bytes of that head.
public struct HeaderField: Sendable, BitwiseCopyable {
    /// The name; it begins its line.
    public var name: ByteRange
    /// The value without the blanks around it (RFC 9112, 5).
    public var value: ByteRange
    /// Which name it is.
    public var kind: FieldKind
    /// What was found out about it, or decided.
    public var flags: FieldFlags

    /// A field of which nothing is known but where it is.
    @inlinable @inline(always)
    public init(name: ByteRange, value: ByteRange, kind: FieldKind) {
        self.name = name
        self.value = value
        self.kind = kind
        flags = []
    }

    /// Whether a tab is among the blanks around the value.
    ///
    /// RFC 9110, 5.6.3 allows it, and some recipients do not take it for a blank: where the value
    /// says how long a message is they would read another one.
    @inline(__always)
    func hasTabs(_ head: RawSpan) -> Bool {
        // Nearly all write it `Name: value`.
        let isUsual =
            value.start == name.end &+ 2 && head.byte(Int(name.end) &+ 1) == Ascii.space
            && head.byte(Int(value.end)) == Ascii.carriageReturn
        return !isUsual && hasTabsSlowly(head)
    }

    @inline(never)
    private func hasTabsSlowly(_ head: RawSpan) -> Bool {
        for offset in Int(name.end) + 1..<Int(value.start) where head.byte(offset) == Ascii.tab {
            return true
        }
        var offset = Int(value.end)
        while ByteClass.isBlank(head.byte(offset)) {
            if head.byte(offset) == Ascii.tab { return true }
            offset += 1
        }
        return false
    }

    /// Whether it concerns one connection only and is never forwarded (RFC 9110, 7.6.1).
    @inlinable @inline(always)
    public var isHopByHop: Bool {
        FieldKinds.hopByHop.contains(kind) || flags.contains(.connectionListed)
    }
}

/// What was found out about a field, or decided.
public struct FieldFlags: OptionSet, Sendable, BitwiseCopyable {
    /// One bit for each flag.
    public var rawValue: UInt8

    /// The set with the given bits.
    @inlinable @inline(always)
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A `Connection` field names it, so that it ends here (RFC 9110, 7.6.1).
    @inlinable @inline(always)
    public static var connectionListed: FieldFlags { FieldFlags(rawValue: 1) }

    /// The caller does not want it forwarded.
    @inlinable @inline(always)
    public static var dropped: FieldFlags { FieldFlags(rawValue: 2) }
}

/// The fields of one head: room for 128 that is reused from head to head and never grows.
///
/// A parser fills it and invalidates what was in it. It belongs to one connection and therefore to
/// one event loop. The bytes of the head are not kept: ranges are offsets into them.
@safe public final class HeaderFields {
    /// The most fields that a head may have.
    @inlinable @inline(always)
    public static var limit: Int { 128 }

    /// What is known of the fields together.
    @usableFromInline
    struct Summary: BitwiseCopyable {
        /// The number of fields.
        @usableFromInline var count: Int
        /// The offset of the empty line after the last field.
        @usableFromInline var end: UInt32
        /// The kinds that occur.
        @usableFromInline var kinds: FieldKinds
        /// The kinds that occur more than once.
        @usableFromInline var repeatedKinds: FieldKinds
    }

    // Pointers, not stored properties: the accesses of the parser's loop need no exclusivity
    // checks.
    @usableFromInline let summary: UnsafeMutablePointer<Summary>
    @usableFromInline let storage: UnsafeMutablePointer<HeaderField>

    /// Allocates the room; nothing is allocated later.
    public init() {
        unsafe summary = .allocate(capacity: 1)
        unsafe summary.initialize(
            to: Summary(count: 0, end: 0, kinds: [], repeatedKinds: []))
        let nothing = HeaderField(name: .empty, value: .empty, kind: .other)
        unsafe storage = .allocate(capacity: HeaderFields.limit)
        unsafe storage.initialize(repeating: nothing, count: HeaderFields.limit)
    }

    deinit {
        unsafe summary.deallocate()
        unsafe storage.deallocate()
    }

    /// The number of fields.
    @inlinable @inline(always)
    public var count: Int { unsafe summary.pointee.count }

    /// Whether a field of a kind is there.
    @inlinable @inline(always)
    public func contains(_ kind: FieldKind) -> Bool {
        unsafe summary.pointee.kinds.contains(kind)
    }

    /// Whether several fields of a kind are there.
    @inlinable @inline(always)
    public func repeats(_ kind: FieldKind) -> Bool {
        unsafe summary.pointee.repeatedKinds.contains(kind)
    }

    /// The field at an index in the order of the head; traps where there is none.
    @inlinable @inline(always)
    public subscript(index: Int) -> HeaderField {
        precondition(index >= 0 && index < count)
        return unsafe storage[index]
    }

    /// The first field of a kind, `other` excepted, or nil.
    @inlinable @inline(always)
    public func first(_ kind: FieldKind) -> HeaderField? {
        guard contains(kind) else { return nil }
        var index = 0
        while unsafe storage[index].kind != kind { index &+= 1 }
        return unsafe storage[index]
    }

    /// The index of the first field with a name, from an index on, or nil.
    ///
    /// `head` is the head that was parsed. Letters match in either case (RFC 9110, 5.1).
    public func firstIndex(of name: RawSpan, in head: RawSpan, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            let field = self[index]
            if field.name.count == name.byteCount, isSame(head.extracting(field.name), name) {
                return index
            }
            index += 1
        }
        return nil
    }

    /// The index of the last field with a name that stands before an index, or nil.
    public func lastIndex(of name: RawSpan, in head: RawSpan, before end: Int) -> Int? {
        var index = min(end, count)
        while index > 0 {
            index -= 1
            let field = self[index]
            if field.name.count == name.byteCount, isSame(head.extracting(field.name), name) {
                return index
            }
        }
        return nil
    }

    /// Marks the fields whose names begin so as not to be forwarded; `prefix` is in small letters.
    public func drop(prefix: StaticString, in head: RawSpan) {
        let length = prefix.utf8CodeUnitCount
        for index in 0..<count {
            let name = self[index].name
            guard name.count >= length else { continue }
            var same = 0
            while same < length {
                let wanted = unsafe prefix.utf8Start[same]
                guard ByteClass.folded(head.byte(Int(name.start) + same)) == wanted else { break }
                same += 1
            }
            if same == length { drop(at: index) }
        }
    }

    /// Marks a field as not to be forwarded; traps where there is none.
    @inlinable @inline(always)
    public func drop(at index: Int) {
        precondition(index >= 0 && index < count)
        unsafe storage[index].flags.insert(.dropped)
    }

    /// Forgets all fields.
    public func removeAll() {
        store(count: 0, end: 0, kinds: [], repeatedKinds: [])
    }
}

// MARK: - What parsers do

extension HeaderFields {
    /// Sets what is known of the fields together.
    @inline(always)
    func store(count: Int, end: Int, kinds: FieldKinds, repeatedKinds: FieldKinds) {
        unsafe summary.pointee.count = count
        unsafe summary.pointee.end = UInt32(truncatingIfNeeded: end)
        unsafe summary.pointee.kinds = kinds
        unsafe summary.pointee.repeatedKinds = repeatedKinds
    }

    /// Puts a field at an index that the caller has compared with `limit`.
    @inline(always)
    func put(_ field: HeaderField, at index: Int) {
        assert(index < HeaderFields.limit)
        unsafe storage[index] = field
    }

    /// The name of a field that was put.
    @inline(always)
    func name(_ index: Int) -> ByteRange {
        assert(index < HeaderFields.limit)
        return unsafe storage[index].name
    }

    /// Says which name a field has that was put.
    @inline(always)
    func setKind(_ kind: FieldKind, at index: Int) {
        assert(index < HeaderFields.limit)
        unsafe storage[index].kind = kind
    }

    /// The field at an index below `count`, unchecked.
    @inline(always)
    func field(_ index: Int) -> HeaderField {
        assert(index < count)
        return unsafe storage[index]
    }

    /// Marks the fields with a name as listed in `Connection`.
    func markListed(_ name: RawSpan, in head: RawSpan) {
        var next = firstIndex(of: name, in: head)
        while let index = next {
            unsafe storage[index].flags.insert(.connectionListed)
            next = firstIndex(of: name, in: head, from: index + 1)
        }
    }

    /// The offset of the empty line after the last field.
    @inline(always)
    var end: Int { Int(unsafe summary.pointee.end) }

    /// Whether two runs of equal length are the same but for the case of letters.
    private func isSame(_ left: RawSpan, _ right: RawSpan) -> Bool {
        for index in 0..<left.byteCount
        where ByteClass.folded(left.byte(index)) != ByteClass.folded(right.byte(index)) {
            return false
        }
        return true
    }
}
