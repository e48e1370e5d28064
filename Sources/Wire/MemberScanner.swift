/// A scan of a JSON body (RFC 8259) for the members that routing looks at.
///
/// The body grows in one contiguous buffer; after each read `scan` goes on where it stopped, at any
/// byte, and looks at each byte once (a character or word of which a part is missing waits for the
/// rest). The whole document is validated, so that an upstream cannot read another one.
///
/// What counts as `model`: the key after unescaping, with capitals made small (see `KeyText`).
/// There must be at most one such key and it must be spelled `model`: any other is refused, alone
/// or not, since some decoder reads it as `model`. The same goes for `stream`. Of `user` and
/// `prompt_cache_key` the exact spelling counts and the last one wins; other keys are not looked
/// at. A `stream` of null counts as absent.
///
/// No allocation; nesting is a stack of bits. Fixed limits: depth 128, 256 bytes of `model`.
public struct MemberScanner: Sendable {
    /// How deep arrays and objects may nest.
    @inlinable public static var depthLimit: Int { 128 }
    /// The most bytes of a model's name, unescaped.
    @inlinable public static var modelByteLimit: Int { 256 }

    /// What may come next.
    enum State: UInt8 {
        case start
        case firstKey
        case key
        case colon
        case value
        case firstElement
        case separator
        case keyText
        case valueText
        case number
        case ended
    }

    /// What changes at every token: a value of its own, so that a scan holds it in registers.
    struct Spot {
        var offset = 0
        var state = State.start
        /// How many arrays and objects are open.
        var depth = 0
        /// One bit for each open array (0) or object (1), the innermost lowest.
        var nesting: (low: UInt64, high: UInt64) = (0, 0)
    }

    /// The top-level key that routing looks at and whose value has not come; else none.
    enum Name: UInt8 {
        case none
        case model
        case stream
        case user
        case cacheKey
    }

    /// The member `model`, a string where it is there; its text is valid as the name of a model.
    public internal(set) var model = Member.absent
    /// The member `stream`, a boolean or null where it is there.
    public internal(set) var stream = Member.absent
    /// The member `user`.
    public internal(set) var user = Member.absent
    /// The member `prompt_cache_key`.
    public internal(set) var promptCacheKey = Member.absent

    /// The offset of the first byte that has not been scanned.
    public var position: Int { spot.offset }
    /// Why the scan failed, if it did; `position` is then the offset of the fault.
    public private(set) var fault: JSONFault?

    var spot = Spot()
    var name = Name.none
    var numberState = NumberState.start
    /// Whether the string at hand has escapes.
    var hasEscapes = false
    /// Whether the string at hand has characters above U+007F.
    var hasWideCharacters = false
    /// The offset of the string or number at hand.
    var tokenStart = 0

    /// A scan at offset 0.
    public init() {}

    /// The offset of the byte at fault, or nil where there is none.
    public var faultOffset: Int? { fault == nil ? nil : position }

    /// Scans what has come since the last call; true once the document is complete.
    ///
    /// `body` begins with the bytes of all calls before. After a throw every call throws the same.
    public mutating func scan(_ body: RawSpan) throws(JSONFault) -> Bool {
        if let fault { throw fault }
        var spot = self.spot
        defer { self.spot = spot }
        do throws(JSONFault) {
            guard body.byteCount < 1 &<< 31 else { throw .tooLong }
            try run(body, &spot)
        } catch {
            fault = error
            throw error
        }
        return spot.state == .ended
    }

    /// Scans the rest of a body that has ended; throws where the document has not.
    public mutating func finish(_ body: RawSpan) throws(JSONFault) {
        guard try scan(body) else {
            spot.offset = body.byteCount
            fault = .truncated
            throw .truncated
        }
    }

    /// Scans to the end of the body, or to a token of which a part is missing.
    @inline(always)
    private mutating func run(_ body: RawSpan, _ spot: inout Spot) throws(JSONFault) {
        while spot.offset < body.byteCount {
            let byte = body.byte(spot.offset)
            switch spot.state {
            case .keyText, .valueText: guard try scanStrings(body, &spot) else { return }
            case .separator: try separate(byte, &spot)
            case .value, .firstElement:
                guard try beginValue(byte, body, &spot) else { return }
            case .key, .firstKey: try beginKey(byte, &spot)
            case .number: try scanNumber(body, &spot)
            case .colon:
                guard byte == Ascii.colon else {
                    try skipBlank(byte, &spot, or: .unexpectedByte)
                    continue
                }
                spot.offset &+= 1
                spot.state = .value
            case .start: try begin(byte, &spot)
            case .ended: try skipBlank(byte, &spot, or: .trailingBytes)
            }
        }
    }

    /// Skips white space (RFC 8259, 2), or throws at anything else.
    @inline(always)
    private func skipBlank(
        _ byte: UInt8, _ spot: inout Spot, or fault: JSONFault
    ) throws(JSONFault) {
        guard byte <= 0x20, 0x1_0000_2600 &>> UInt64(byte) & 1 != 0 else { throw fault }
        spot.offset &+= 1
    }
}

// MARK: - Structure

extension MemberScanner {
    /// Opens the top-level object.
    private func begin(_ byte: UInt8, _ spot: inout Spot) throws(JSONFault) {
        if byte == Ascii.openBrace {
            try open(isObject: true, &spot)
        } else {
            let isMark = byte == 0xEF && spot.offset == 0
            try skipBlank(byte, &spot, or: isMark ? .byteOrderMark : .notAnObject)
        }
    }

    /// Begins a key, or closes an object without members.
    @inline(always)
    private mutating func beginKey(_ byte: UInt8, _ spot: inout Spot) throws(JSONFault) {
        if byte == Ascii.quote {
            beginString(at: spot.offset)
            spot.offset &+= 1
            spot.state = .keyText
        } else if byte == Ascii.closeBrace, spot.state == .firstKey {
            try close(byte, &spot)
        } else {
            try skipBlank(byte, &spot, or: .unexpectedByte)
        }
    }

    /// Begins a value, or closes an array without elements; false where a part of it is missing.
    @inline(always)
    private mutating func beginValue(
        _ byte: UInt8, _ body: RawSpan, _ spot: inout Spot
    ) throws(JSONFault) -> Bool {
        if name != .none { try checkType(byte) }
        switch byte {
        case Ascii.quote:
            beginString(at: spot.offset)
            spot.offset &+= 1
            spot.state = .valueText
        case Ascii.openBrace, Ascii.openBracket:
            let isObject = byte == Ascii.openBrace
            if name != .none {
                let token = ByteRange(spot.offset, spot.offset &+ 1)
                note(isObject ? .object : .array, token)
            }
            try open(isObject: isObject, &spot)
        case Ascii.minus, Ascii.zero...Ascii.nine:
            tokenStart = spot.offset
            numberState = .start
            spot.state = .number
        case 0x74, 0x66, 0x6E:
            let count = try literalCount(body, spot.offset)
            guard count > 0 else { return false }
            if name != .none {
                let type: MemberType = byte == 0x74 ? .true : byte == 0x66 ? .false : .null
                note(type, ByteRange(spot.offset, spot.offset &+ count))
            }
            spot.offset &+= count
            spot.state = .separator
        case Ascii.closeBracket where spot.state == .firstElement: try close(byte, &spot)
        default: try skipBlank(byte, &spot, or: .unexpectedByte)
        }
        return true
    }

    /// Refuses a value that `model` or `stream` cannot have, by its first byte.
    func checkType(_ byte: UInt8) throws(JSONFault) {
        // Blanks ahead of the value.
        if byte <= 0x20 { return }
        if name == .model, byte != Ascii.quote { throw .modelNotString }
        if name == .stream, byte != 0x74, byte != 0x66, byte != 0x6E { throw .streamNotBoolean }
    }

    /// The number of bytes of the word at an offset, or 0 where a part of it is missing.
    @inline(always)
    private func literalCount(_ body: RawSpan, _ offset: Int) throws(JSONFault) -> Int {
        guard offset &+ 4 <= body.byteCount else { return 0 }
        switch UInt64(body.quad(offset)) {
        case Lanes.pack("true"), Lanes.pack("null"): return 4
        case Lanes.pack("fals"):
            guard offset &+ 5 <= body.byteCount else { return 0 }
            guard body.byte(offset &+ 4) == 0x65 else { throw .invalidLiteral }
            return 5
        default: throw .invalidLiteral
        }
    }

    @inline(always)
    mutating func beginString(at offset: Int) {
        tokenStart = offset
        hasEscapes = false
        hasWideCharacters = false
    }

    /// Reads what follows a value.
    @inline(always)
    private func separate(_ byte: UInt8, _ spot: inout Spot) throws(JSONFault) {
        if byte == Ascii.comma {
            spot.offset &+= 1
            spot.state = spot.nesting.low & 1 != 0 ? .key : .value
        } else if byte <= 0x20 {
            try skipBlank(byte, &spot, or: .unexpectedByte)
        } else {
            try close(byte, &spot)
        }
    }

    @inline(always)
    private func open(isObject: Bool, _ spot: inout Spot) throws(JSONFault) {
        guard spot.depth < MemberScanner.depthLimit else { throw .tooDeep }
        spot.depth &+= 1
        spot.nesting.high = spot.nesting.high &<< 1 | spot.nesting.low &>> 63
        spot.nesting.low = spot.nesting.low &<< 1 | (isObject ? 1 : 0)
        spot.offset &+= 1
        spot.state = isObject ? .firstKey : .firstElement
    }

    @inline(always)
    private func close(_ byte: UInt8, _ spot: inout Spot) throws(JSONFault) {
        let bracket = spot.nesting.low & 1 != 0 ? Ascii.closeBrace : Ascii.closeBracket
        guard byte == bracket else { throw .unexpectedByte }
        spot.depth &-= 1
        spot.nesting.low = spot.nesting.low &>> 1 | spot.nesting.high &<< 63
        spot.nesting.high &>>= 1
        spot.offset &+= 1
        spot.state = spot.depth == 0 ? .ended : .separator
    }
}
