// A form is routed on what the endpoint reads, and endpoints read forms with parsers that differ
// in what they put up with. So nothing is put up with here: wherever two parsers are known, or may
// be thought, to see another `model`, the form is refused.

/// A scan of a form (RFC 7578 and RFC 2046, 5.1) for the parts that routing looks at.
///
/// The body comes in pieces of any size, each looked at once and none kept; what is found and
/// what is refused does not depend on where they end. The framing is stricter than the grammar:
/// no preamble, no blanks behind a delimiter, nothing but CR LF behind the last, no bare CR or LF
/// in the fields of a part, and `--boundary` nowhere but in delimiters.
///
/// What counts as `model`: the part with that name, capitals made small. There must be at most one
/// and it must be spelled `model`: any other is refused, alone or not, since some parser reads it
/// as `model`. It must be no file and say of no encoding or charset but UTF-8. The same goes for
/// `stream`. Names that are alike in another way, as `model[]` is, are other names.
///
/// Memory: the delimiter twice, and the fields of the part at hand or the value of `model`, at most
/// 8 KiB. Once `hasModel`, only a fault can change what was found: a second `model` may follow.
public struct MultipartScanner: Sendable {
    /// The most parts of a form.
    public static let partMax = 256
    /// The most bytes of the fields of a part, with the empty line behind them.
    public static let headerBytesMax = 8_192
    /// The most fields of a part.
    public static let fieldMax = 16
    /// The most bytes of a model's name.
    public static let modelBytesMax = 256
    /// The most bytes of the value of `stream`.
    public static let streamBytesMax = 8

    /// What the next byte belongs to.
    enum State: UInt8 {
        case opening
        case delimiterEnd
        case delimiterLineFeed
        case closingDash
        case closed
        case closedLineFeed
        case ended
        case fields
        case value
        case content
    }

    /// Whether the value of `model` is complete.
    public private(set) var hasModel = false
    /// The value of `model`, once it is complete: 1 to 256 bytes of UTF-8 without control
    /// characters.
    public private(set) var model: [UInt8] = []
    /// Where the value of `model` is in the body, once it is complete.
    public private(set) var modelRange = 0..<0
    /// Where the `Content-Length` of the part `model` is in the body; empty where there is none.
    ///
    /// Who writes another model into the body has to write this anew too.
    public private(set) var modelLengthRange = 0..<0
    /// Whether the value of `stream` is complete and true.
    public private(set) var wantsStream = false

    private var hasStream = false
    private var state = State.opening
    private var fault: MultipartFault?
    private var search: MultipartSearch
    /// How many bytes of the body were ahead of the piece at hand.
    private var position = 0
    /// How many bytes of the first delimiter have come.
    private var openingCount = 0
    private var partCount = 0
    /// The fields of the part at hand, then its value and the delimiter, where it is one to read.
    private var buffer: [UInt8] = []
    /// The part at hand.
    private var part = MultipartFields.Name.other
    private var isASCII = false
    /// What the part at hand says of the length of its content.
    private var length: Int?
    /// Where that stands in the body.
    private var lengthRange = 0..<0
    private var contentStart = 0
    private var contentEnd = 0

    /// A scan at offset 0, or nil where a boundary is not of 1 to 70 bytes of its set (RFC 2046,
    /// 5.1.1) without blanks at its ends.
    public init?(boundary: RawSpan) {
        guard let search = MultipartSearch(boundary: boundary) else { return nil }
        self.search = search
        buffer.reserveCapacity(512)
    }

    /// Whether another model can stand in the form in the place of the one that was found.
    ///
    /// Who sent the form chose its boundary: a model that holds the delimiter would end its part
    /// early. The part may have said that it is ASCII.
    public func canHold(_ model: [UInt8]) -> Bool {
        model.allSatisfy { $0 < 0x80 } && !search.occurs(in: model)
    }

    /// Scans the next piece of the body.
    ///
    /// After a throw every call throws the same.
    public mutating func scan(_ piece: RawSpan) throws(MultipartFault) {
        if let fault { throw fault }
        do throws(MultipartFault) {
            try run(piece)
        } catch {
            fault = error
            throw error
        }
    }

    /// Ends the scan of a body that has ended; throws where the form has not.
    ///
    /// A form without `model` is no fault.
    public mutating func finish() throws(MultipartFault) {
        if let fault { throw fault }
        guard state == .closed || state == .ended else {
            fault = .incomplete
            throw .incomplete
        }
    }

    private mutating func run(_ piece: RawSpan) throws(MultipartFault) {
        var offset = 0
        while offset < piece.byteCount {
            if state == .content {
                if search.find(piece, &offset) { try endContent(at: position &+ offset) }
                continue
            }
            let byte = piece.byte(offset)
            offset &+= 1
            switch state {
            case .fields: try readFields(byte, at: position &+ offset)
            case .value: try readValue(byte, at: position &+ offset)
            default: try frame(byte)
            }
        }
        position &+= piece.byteCount
    }
}

// MARK: - Framing, byte by byte

extension MultipartScanner {
    /// Reads the bytes of the first delimiter, and those around and behind all others.
    private mutating func frame(_ byte: UInt8) throws(MultipartFault) {
        switch state {
        case .opening:
            guard byte == search.byte(openingCount) else { throw .malformed }
            openingCount &+= 1
            if openingCount == search.count { state = .delimiterEnd }
        case .delimiterEnd:
            switch byte {
            case Ascii.carriageReturn: state = .delimiterLineFeed
            case Ascii.minus where partCount > 0: state = .closingDash
            default: throw .malformed
            }
        case .delimiterLineFeed:
            guard byte == Ascii.lineFeed else { throw .malformed }
            if partCount > 0 { try endPart() }
            guard partCount < MultipartScanner.partMax else { throw .tooManyParts }
            partCount &+= 1
            buffer.removeAll(keepingCapacity: true)
            state = .fields
        case .closingDash:
            guard byte == Ascii.minus else { throw .malformed }
            try endPart()
            state = .closed
        case .closed:
            guard byte == Ascii.carriageReturn else { throw .malformed }
            state = .closedLineFeed
        case .closedLineFeed:
            guard byte == Ascii.lineFeed else { throw .malformed }
            state = .ended
        case .ended, .fields, .value, .content: throw .malformed
        }
    }

    /// Reads a byte of the fields of a part; `end` is the offset behind it.
    private mutating func readFields(_ byte: UInt8, at end: Int) throws(MultipartFault) {
        let followsReturn = buffer.last == Ascii.carriageReturn
        guard (byte == Ascii.lineFeed) == followsReturn else { throw .malformed }
        if ByteClass.isControl(byte), byte != Ascii.carriageReturn, byte != Ascii.lineFeed {
            throw .malformed
        }
        guard buffer.count < MultipartScanner.headerBytesMax else { throw .headersTooLarge }
        buffer.append(byte)
        let count = buffer.count
        guard byte == Ascii.lineFeed,
            count == 2 || buffer[count &- 3] == Ascii.lineFeed
        else { return }
        let (fields, hasDelimiter) = try readBlock()
        guard !hasDelimiter else { throw .malformed }
        part = fields.name
        if part == .model, hasModel { throw .ambiguousModel }
        if part == .stream, hasStream { throw .ambiguousStream }
        isASCII = fields.isASCII
        length = fields.length
        let start = end &- count
        let text = fields.lengthText.offsets
        lengthRange = start &+ text.lowerBound..<start &+ text.upperBound
        contentStart = end
        search.restart()
        state = part == .other ? .content : .value
        buffer.removeAll(keepingCapacity: true)
    }

    /// Reads the fields in the buffer, and whether a delimiter hides in them.
    private func readBlock() throws(MultipartFault) -> (MultipartFields, Bool) {
        // `Span.bytes` counts as unsafe for types with padding; bytes have none.
        let block = unsafe buffer.span.bytes
        var search = search
        search.restart()
        var offset = 0
        let hasDelimiter = search.find(block, &offset)
        return (try MultipartFields(block), hasDelimiter)
    }

    /// Reads a byte of a value that routing looks at; `end` is the offset behind it.
    private mutating func readValue(_ byte: UInt8, at end: Int) throws(MultipartFault) {
        let bytesMax =
            part == .model ? MultipartScanner.modelBytesMax : MultipartScanner.streamBytesMax
        // The value, a line end and a delimiter.
        guard buffer.count < bytesMax &+ 2 &+ search.count else {
            throw part == .model ? .modelInvalid : .streamInvalid
        }
        buffer.append(byte)
        if search.step(byte) { try endContent(at: end) }
    }

    /// Ends the content of a part at a delimiter, of which `end` is the offset behind it.
    private mutating func endContent(at end: Int) throws(MultipartFault) {
        guard search.isAtLineStart else { throw .malformed }
        contentEnd = end &- search.count &- 2
        if let length, length != contentEnd &- contentStart { throw .malformed }
        state = .delimiterEnd
    }

    /// Reads the value of a part, once its delimiter is complete.
    private mutating func endPart() throws(MultipartFault) {
        guard part != .other else { return }
        let value = Array(buffer.prefix(contentEnd &- contentStart))
        if part == .model {
            guard isModel(value) else { throw .modelInvalid }
            model = value
            modelRange = contentStart..<contentEnd
            modelLengthRange = lengthRange
            hasModel = true
        } else {
            guard let isTrue = MultipartScanner.boolean(value) else { throw .streamInvalid }
            wantsStream = isTrue
            hasStream = true
        }
    }
}

// MARK: - Values

extension MultipartScanner {
    /// Whether a value can be the name of a model.
    private func isModel(_ value: [UInt8]) -> Bool {
        guard !value.isEmpty, value.count <= MultipartScanner.modelBytesMax else { return false }
        // Some decoders drop a byte order mark.
        if value.starts(with: [0xEF, 0xBB, 0xBF]) { return false }
        let bytes = unsafe value.span.bytes
        var offset = 0
        while offset < bytes.byteCount {
            let byte = bytes.byte(offset)
            if byte < 0x20 || byte == Ascii.delete { return false }
            if byte < 0x80 {
                offset &+= 1
                continue
            }
            let run = JSONStrings.wideRun(bytes, offset)
            guard run.isValid, run.end > offset, !isASCII else { return false }
            // C1 (Unicode, general category Cc): C2 80 to C2 9F.
            while offset < run.end {
                if bytes.byte(offset) == 0xC2, bytes.byte(offset &+ 1) < 0xA0 { return false }
                offset &+= 1
            }
        }
        return true
    }

    /// The value of a boolean as forms have it, or nil.
    private static func boolean(_ value: [UInt8]) -> Bool? {
        guard value.count <= MultipartScanner.streamBytesMax else { return nil }
        // The count tells a zero from the end of the word.
        return switch (value.count, unsafe value.span.bytes.wordOrTail(0)) {
        case (4, Lanes.pack("true")), (4, Lanes.pack("True")), (1, Lanes.pack("1")): true
        case (5, Lanes.pack("false")), (5, Lanes.pack("False")), (1, Lanes.pack("0")): false
        default: nil
        }
    }
}
