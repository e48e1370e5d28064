/// Why a chunked body is refused (RFC 9112, 7.1).
public enum ChunkFault: UInt8, Error, CaseIterable, Sendable {
    /// A chunk size that is not one to fifteen hexadecimal digits, followed by `;` or CR.
    case invalidSize
    /// A CR without its LF.
    case bareCarriageReturn
    /// A LF without its CR.
    case bareLineFeed
    /// A control character in an extension or a trailer.
    case controlCharacter
    /// No CR LF behind the data of a chunk.
    case missingDataEnd
    /// More than 16 KiB of extensions in a message.
    case extensionsTooLong
    /// A trailer that is not a token, a colon and a value.
    case invalidTrailer
    /// More than 8 KiB of trailers.
    case trailersTooLong
    /// More than 32 trailers.
    case tooManyTrailers

    /// One constant phrase for people.
    public var reason: StaticString {
        switch self {
        case .invalidSize: "a chunk size is invalid"
        case .bareCarriageReturn: "a carriage return has no line feed"
        case .bareLineFeed: "a line feed has no carriage return"
        case .controlCharacter: "a chunk extension or trailer has a control character"
        case .missingDataEnd: "a chunk is longer than its size"
        case .extensionsTooLong: "the chunk extensions are too long"
        case .invalidTrailer: "a trailer field is invalid"
        case .trailersTooLong: "the trailer fields are too long"
        case .tooManyTrailers: "there are too many trailer fields"
        }
    }
}

/// What a decoder found.
public enum ChunkStep: Equatable, Sendable {
    /// A piece of the data of a chunk; the position is behind it.
    case data(start: Int, count: Int)
    /// All bytes are used up and the message goes on.
    case needMore
    /// The message has ended; the position is behind its last byte.
    case end
}

/// A decoder of chunked bodies (RFC 9112, 7.1) that goes on at any byte.
///
/// Stricter than the grammar: no blanks around a size, no bare LF. Extensions and trailers are
/// checked and not kept; who relays a message verbatim forwards the bytes up to the position after
/// each call. Both verbs leave the position at the byte at fault when they throw, and must not be
/// called then.
public struct ChunkedDecoder: Sendable {
    /// The most digits of a size, so that it is below 2^60.
    @inlinable public static var sizeDigitLimit: Int { 15 }
    /// The most bytes of extensions in a message.
    @inlinable public static var extensionByteLimit: Int { 16_384 }
    /// The most bytes of trailer lines in a message.
    @inlinable public static var trailerByteLimit: Int { 8_192 }
    /// The most trailers in a message.
    @inlinable public static var trailerLimit: Int { 32 }

    /// What the next byte belongs to.
    enum State: UInt8 {
        case sizeStart
        case size
        case `extension`
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case finalLineFeed
        case ended
    }

    private var state = State.sizeStart
    /// Digits of the size so far.
    private var digitCount: UInt8 = 0
    private var trailerCount: UInt8 = 0
    private var extensionByteCount: UInt16 = 0
    private var trailerByteCount: UInt16 = 0
    /// The size so far, then the bytes of data to come.
    private var remaining = 0

    /// A decoder at the first byte of a body.
    public init() {}

    /// Whether the next byte begins the size of a chunk.
    public var isBetweenChunks: Bool { state == .sizeStart }

    /// Whether the message has ended.
    public var hasEnded: Bool { state == .ended }

    /// Finds the next piece of data, from `position` on, and moves it.
    public mutating func next(
        _ bytes: RawSpan, at position: inout Int
    ) throws(ChunkFault) -> ChunkStep {
        precondition(position >= 0 && position <= bytes.byteCount)
        while true {
            if state == .data {
                let available = bytes.byteCount &- position
                guard available > 0 else { return .needMore }
                let start = position
                let count = min(available, remaining)
                position &+= count
                remaining &-= count
                if remaining == 0 { state = .dataCarriageReturn }
                return .data(start: start, count: count)
            }
            if state == .ended { return .end }
            guard position < bytes.byteCount else { return .needMore }
            try frame(bytes, at: &position)
        }
    }

    /// Moves the position over all that is there, or to the end of the message; true at the end.
    public mutating func advance(
        _ bytes: RawSpan, at position: inout Int
    ) throws(ChunkFault) -> Bool {
        let end = bytes.byteCount
        var offset = position
        precondition(offset >= 0 && offset <= end)
        // Whole chunks, as nearly all are, change nothing but the offset.
        if state == .sizeStart {
            while let data = sizeLine(bytes, offset) {
                let dataEnd = data.start &+ data.count
                guard dataEnd &+ 2 <= end, bytes.pair(dataEnd) == Ascii.lineEnd else { break }
                offset = dataEnd &+ 2
            }
            position = offset
            if offset == end { return false }
        }
        return try crawl(bytes, at: &position)
    }

    /// The data behind a size above zero without extensions, where the line is all there.
    @inline(always)
    private func sizeLine(_ bytes: RawSpan, _ start: Int) -> (start: Int, count: Int)? {
        let digitEnd = min(bytes.byteCount &- 2, start &+ ChunkedDecoder.sizeDigitLimit)
        var offset = start
        var size = 0
        while offset <= digitEnd {
            let byte = bytes.byte(offset)
            if byte == Ascii.carriageReturn { break }
            let digit = ByteClass.hexadecimal(byte)
            guard digit < 16 else { return nil }
            size = size &<< 4 | Int(digit)
            offset &+= 1
        }
        guard size > 0, offset <= digitEnd, bytes.pair(offset) == Ascii.lineEnd else { return nil }
        return (offset &+ 2, size)
    }

    /// Moves on from anywhere: over the rest of a chunk, and what frames it byte by byte.
    @inline(never)
    private mutating func crawl(
        _ bytes: RawSpan, at position: inout Int
    ) throws(ChunkFault) -> Bool {
        while true {
            switch try next(bytes, at: &position) {
            case .data: continue
            case .needMore: return false
            case .end: return true
            }
        }
    }
}

// MARK: - Framing, byte by byte

extension ChunkedDecoder {
    /// Reads the bytes between data, until there is data or no more bytes, or the message ends.
    @inline(never)
    private mutating func frame(
        _ bytes: RawSpan, at position: inout Int
    ) throws(ChunkFault) {
        while position < bytes.byteCount, state != .data, state != .ended {
            let byte = bytes.byte(position)
            switch state {
            case .sizeStart, .size: try readSize(byte)
            case .extension: try readExtension(byte)
            case .sizeLineFeed:
                guard byte == Ascii.lineFeed else { throw .bareCarriageReturn }
                state = remaining == 0 ? .trailerStart : .data
            case .dataCarriageReturn:
                guard byte == Ascii.carriageReturn else { throw .missingDataEnd }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == Ascii.lineFeed else { throw .missingDataEnd }
                state = .sizeStart
            case .trailerStart, .trailerName, .trailerValue: try readTrailer(byte)
            case .trailerLineFeed:
                guard byte == Ascii.lineFeed else { throw .bareCarriageReturn }
                state = .trailerStart
            case .finalLineFeed:
                guard byte == Ascii.lineFeed else { throw .bareCarriageReturn }
                state = .ended
            case .data, .ended: return
            }
            position &+= 1
        }
    }

    private mutating func readSize(_ byte: UInt8) throws(ChunkFault) {
        if state == .sizeStart {
            remaining = 0
            digitCount = 0
            state = .size
        }
        let digit = ByteClass.hexadecimal(byte)
        if digit < 16 {
            guard digitCount < ChunkedDecoder.sizeDigitLimit else { throw .invalidSize }
            digitCount &+= 1
            remaining = remaining &<< 4 | Int(digit)
            return
        }
        guard digitCount > 0 else { throw .invalidSize }
        switch byte {
        case Ascii.carriageReturn: state = .sizeLineFeed
        case Ascii.semicolon:
            state = .extension
            try countExtensionByte()
        case Ascii.lineFeed: throw .bareLineFeed
        default: throw .invalidSize
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(ChunkFault) {
        if byte == Ascii.carriageReturn {
            state = .sizeLineFeed
            return
        }
        if byte == Ascii.lineFeed { throw .bareLineFeed }
        if ByteClass.isControl(byte) { throw .controlCharacter }
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(ChunkFault) {
        guard extensionByteCount < ChunkedDecoder.extensionByteLimit else {
            throw .extensionsTooLong
        }
        extensionByteCount &+= 1
    }

    /// Reads a byte of the trailer section (RFC 9112, 7.1.2).
    private mutating func readTrailer(_ byte: UInt8) throws(ChunkFault) {
        if state == .trailerStart {
            if byte == Ascii.carriageReturn {
                state = .finalLineFeed
                return
            }
            guard ByteClass.isToken(byte) else {
                throw byte == Ascii.lineFeed ? .bareLineFeed : .invalidTrailer
            }
            guard trailerCount < ChunkedDecoder.trailerLimit else { throw .tooManyTrailers }
            trailerCount &+= 1
            state = .trailerName
        }
        guard trailerByteCount < ChunkedDecoder.trailerByteLimit else { throw .trailersTooLong }
        trailerByteCount &+= 1
        if state == .trailerName {
            if byte == Ascii.colon {
                state = .trailerValue
            } else if !ByteClass.isToken(byte) {
                throw byte == Ascii.lineFeed ? .bareLineFeed : .invalidTrailer
            }
            return
        }
        switch byte {
        case Ascii.carriageReturn: state = .trailerLineFeed
        case Ascii.lineFeed: throw .bareLineFeed
        default: if ByteClass.isControl(byte) { throw .controlCharacter }
        }
    }
}
