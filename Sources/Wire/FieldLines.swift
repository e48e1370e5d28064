/// What can be wrong with the field lines of any head (RFC 9112, 5).
enum FieldFault: UInt8 {
    case headNotComplete
    case tooManyFields
    case bareCarriageReturn
    case bareLineFeed
    case controlCharacter
    case obsoleteFold
    case blankBeforeColon
    case emptyFieldName
    case invalidFieldName
}

/// The field lines of a head (RFC 9112, 5), in one pass, eight bytes at a time.
///
/// What is accepted is the grammar without obs-fold: a token, a colon, blanks, any bytes but
/// control characters other than tab, CR LF. Bytes above 0x7E pass as opaque (obs-text; RFC 9110,
/// 5.5).
enum FieldLines {
    /// Parses from `start` to the end of a head and fills `fields`; nil is success.
    ///
    /// The caller has checked that the head ends with CR LF CR LF, which stops every scan below,
    /// and has sixteen bytes at least.
    static func parse(_ head: RawSpan, from start: Int, into fields: HeaderFields) -> FieldFault? {
        let end = head.byteCount &- 2
        var offset = start
        var count = 0
        while offset < end {
            let colon = nameEnd(head, from: offset)
            guard head.byte(colon) == Ascii.colon, colon != offset else {
                return nameFault(head, line: offset, stop: colon)
            }
            var valueStart = colon &+ 1
            if head.byte(valueStart) == Ascii.space { valueStart &+= 1 }
            if head.byte(valueStart) <= Ascii.space {
                while ByteClass.isBlank(head.byte(valueStart)) { valueStart &+= 1 }
            }
            let lineEnd = valueEnd(head, from: valueStart)
            guard head.pair(lineEnd) == Ascii.lineEnd else { return valueFault(head, lineEnd) }
            var valueEnd = lineEnd
            if head.byte(valueEnd &- 1) <= Ascii.space {
                while valueEnd > valueStart, ByteClass.isBlank(head.byte(valueEnd &- 1)) {
                    valueEnd &-= 1
                }
            }
            guard count < HeaderFields.limit else { return .tooManyFields }
            fields.put(
                HeaderField(
                    name: ByteRange(offset, colon), value: ByteRange(valueStart, valueEnd),
                    kind: .other),
                at: count)
            count &+= 1
            offset = lineEnd &+ 2
        }
        guard offset == end else { return .headNotComplete }
        classify(head, fields, count: count, end: end)
        return nil
    }

    /// Finds the kinds of the fields; apart from the scan above, so that neither runs out of
    /// registers.
    @inline(never)
    private static func classify(
        _ head: RawSpan, _ fields: HeaderFields, count: Int, end: Int
    ) {
        var kinds: UInt32 = 0
        var repeatedKinds: UInt32 = 0
        for index in 0..<count {
            let name = fields.name(index)
            let kind = FieldKind.recognize(head, at: Int(name.start), count: name.count)
            let bit: UInt32 = 1 &<< UInt32(kind.rawValue)
            repeatedKinds |= kinds & bit
            kinds |= bit
            fields.setKind(kind, at: index)
        }
        fields.store(
            count: count, end: end, kinds: FieldKinds(rawValue: kinds),
            repeatedKinds: FieldKinds(rawValue: repeatedKinds))
    }

    /// The offset of the first byte that is not of a token.
    @inline(always)
    private static func nameEnd(_ head: RawSpan, from start: Int) -> Int {
        var offset = start
        while true {
            // Names are letters and `-`, nearly always; the rest of the token set is looked up.
            if offset &+ 16 <= head.byteCount {
                let vector = head.vector(offset)
                let plain = Vectors.letters(vector) .| Vectors.equal(vector, Ascii.minus)
                if !Vectors.stop(.!plain, &offset) { continue }
            }
            let byte = head.byte(offset)
            if byte == Ascii.colon || !ByteClass.isToken(byte) { return offset }
            offset &+= 1
        }
    }

    /// The offset of the first control character other than tab.
    @inline(always)
    static func valueEnd(_ head: RawSpan, from start: Int) -> Int {
        var offset = start
        while offset &+ 16 <= head.byteCount {
            let vector = head.vector(offset)
            let stops = Vectors.below(vector, 0x20) .| Vectors.equal(vector, Ascii.delete)
            if !Vectors.stop(stops, &offset) { continue }
            if head.byte(offset) != Ascii.tab { return offset }
            offset &+= 1
        }
        while !ByteClass.isControl(head.byte(offset)) { offset &+= 1 }
        return offset
    }

    /// Why a line whose name stops at `stop` is refused.
    @inline(never)
    private static func nameFault(_ head: RawSpan, line: Int, stop: Int) -> FieldFault {
        switch head.byte(stop) {
        case Ascii.colon: .emptyFieldName
        case Ascii.space, Ascii.tab: stop == line ? .obsoleteFold : .blankBeforeColon
        case Ascii.carriageReturn where head.pair(stop) == Ascii.lineEnd:
            // An empty line before the end of the head, or a line without a colon.
            stop == line ? .headNotComplete : .invalidFieldName
        default: lineFault(head, stop) ?? .invalidFieldName
        }
    }

    /// Why a value that stops at a byte other than CR LF is refused.
    @inline(never)
    private static func valueFault(_ head: RawSpan, _ stop: Int) -> FieldFault {
        lineFault(head, stop) ?? .controlCharacter
    }

    /// The fault of a line end that is none, or nil where the byte is something else.
    static func lineFault(_ head: RawSpan, _ stop: Int) -> FieldFault? {
        switch head.byte(stop) {
        case Ascii.carriageReturn: .bareCarriageReturn
        case Ascii.lineFeed: .bareLineFeed
        default: nil
        }
    }
}
