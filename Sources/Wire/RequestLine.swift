/// The first line of a request (RFC 9112, 3).
struct RequestLine {
    var methodEnd: Int
    /// The offset of the first field line.
    var end: Int
    var target: ByteRange
    var path: ByteRange
    var query: ByteRange
    /// Host and port of an absolute target, else empty.
    var authority: ByteRange
    var method: RequestMethod
    var form: TargetForm
    var minorVersion: UInt8

    /// Parses the line at offset 0 of a head that ends with CR LF CR LF.
    @inline(always)
    static func parse(_ head: RawSpan) throws(RequestFault) -> RequestLine {
        let (method, methodEnd) = try RequestLine.method(head)
        let start = methodEnd &+ 1
        let (targetEnd, question) = try scanTarget(head, from: start)
        guard targetEnd != start else { throw .malformedRequestLine }
        guard targetEnd &- start <= RequestHead.targetByteLimit else { throw .targetTooLong }
        let minorVersion = try version(head, at: targetEnd &+ 1)
        let pathEnd = question ?? targetEnd
        var line = RequestLine(
            methodEnd: methodEnd, end: targetEnd &+ 11,
            target: ByteRange(start, targetEnd), path: ByteRange(start, pathEnd),
            query: question.map { ByteRange($0 &+ 1, targetEnd) } ?? .empty,
            authority: .empty, method: method, form: .origin, minorVersion: minorVersion)
        if head.byte(start) != Ascii.slash || method == .connect {
            try line.resolveForm(head)
        }
        return line
    }

    /// The method and the offset of the space behind it (RFC 9112, 3.1).
    @inline(always)
    private static func method(_ head: RawSpan) throws(RequestFault) -> (RequestMethod, Int) {
        let word = head.wordOrEnd(0)
        let spaces = Lanes.equal(word, Ascii.space)
        guard spaces != 0 else { return try otherMethod(head) }
        let count = Lanes.first(spaces)
        // With the space, so that a NUL ahead of it is not taken for what the mask cleared.
        switch word & (~0 &>> UInt64(56 &- 8 &* count)) {
        case Lanes.pack("POST "): return (.post, count)
        case Lanes.pack("GET "): return (.get, count)
        case Lanes.pack("HEAD "): return (.head, count)
        case Lanes.pack("PUT "): return (.put, count)
        case Lanes.pack("DELETE "): return (.delete, count)
        case Lanes.pack("OPTIONS "): return (.options, count)
        case Lanes.pack("PATCH "): return (.patch, count)
        case Lanes.pack("CONNECT "): return (.connect, count)
        case Lanes.pack("TRACE "): return (.trace, count)
        default: return try otherMethod(head)
        }
    }

    /// A method without a name here, byte by byte.
    @inline(never)
    private static func otherMethod(_ head: RawSpan) throws(RequestFault) -> (RequestMethod, Int) {
        var offset = 0
        while ByteClass.isToken(head.byte(offset)) { offset += 1 }
        guard head.byte(offset) == Ascii.space else {
            let isLineEnd = head.byte(offset) == Ascii.carriageReturn
            throw isLineEnd ? .malformedRequestLine : .invalidMethod
        }
        guard offset > 0 else { throw .malformedRequestLine }
        guard offset <= HeadScanner.methodByteLimit else { throw .invalidMethod }
        return (.other, offset)
    }

    /// The offset of the space behind the target, and of the first `?` in it.
    @inline(always)
    private static func scanTarget(
        _ head: RawSpan, from start: Int
    ) throws(RequestFault) -> (end: Int, question: Int?) {
        var offset = start
        var question: Int?
        while true {
            if offset &+ 16 <= head.byteCount {
                let vector = head.vector(offset)
                let stops =
                    Vectors.belowOrWide(vector, 0x21) .| Vectors.equal(vector, Ascii.delete)
                    .| Vectors.equal(vector, Ascii.numberSign)
                    .| Vectors.equal(vector, Ascii.question)
                if !Vectors.stop(stops, &offset) { continue }
            }
            let byte = head.byte(offset)
            if byte == Ascii.space { return (offset, question) }
            if byte == Ascii.question {
                if question == nil { question = offset }
            } else if byte <= Ascii.space || byte >= Ascii.delete || byte == Ascii.numberSign {
                throw targetFault(head, offset)
            }
            offset &+= 1
        }
    }

    /// Why a target that stops at a byte other than space is refused.
    @inline(never)
    private static func targetFault(_ head: RawSpan, _ stop: Int) -> RequestFault {
        switch head.byte(stop) {
        case Ascii.numberSign: .fragmentInTarget
        case Ascii.carriageReturn where head.pair(stop) == Ascii.lineEnd: .malformedRequestLine
        case Ascii.carriageReturn: .bareCarriageReturn
        case Ascii.lineFeed: .bareLineFeed
        default: .invalidTarget
        }
    }

    /// The minor version, 0 or 1, of a line that ends behind it (RFC 9112, 2.3).
    @inline(always)
    private static func version(_ head: RawSpan, at offset: Int) throws(RequestFault) -> UInt8 {
        let word = head.wordOrEnd(offset)
        let isCurrent = word == Lanes.pack("HTTP/1.1")
        // Neither matches unless eight bytes are there, and then CR LF CR LF comes later still.
        guard isCurrent || word == Lanes.pack("HTTP/1.0"),
            head.pair(offset &+ 8) == Ascii.lineEnd
        else { throw versionFault(head, offset) }
        return isCurrent ? 1 : 0
    }

    /// Why what stands behind the target is no version that we speak, followed by CR LF.
    @inline(never)
    private static func versionFault(_ head: RawSpan, _ start: Int) -> RequestFault {
        let word = head.wordOrEnd(start)
        let isNamed = word & 0xFF_FFFF_FFFF == Lanes.pack("HTTP/")
        guard isNamed, start + 10 <= head.byteCount, ByteClass.isDigit(head.byte(start + 5)),
            head.byte(start + 6) == Ascii.dot, ByteClass.isDigit(head.byte(start + 7))
        else { return .malformedRequestLine }
        let fault = FieldLines.lineFault(head, start + 8)
        if head.pair(start + 8) == Ascii.lineEnd { return .unsupportedVersion }
        switch fault {
        case .bareCarriageReturn: return .bareCarriageReturn
        case .bareLineFeed: return .bareLineFeed
        default: return .malformedRequestLine
        }
    }

    /// Tells the forms apart where a target does not begin with `/` (RFC 9112, 3.2).
    @inline(never)
    private mutating func resolveForm(_ head: RawSpan) throws(RequestFault) {
        if method == .connect {
            guard HostSyntax.isValid(head, target) else { throw .invalidTarget }
            form = .authority
            path = .empty
            return
        }
        let start = Int(target.start)
        if target.count == 1, head.byte(start) == Ascii.asterisk {
            guard method == .options else { throw .invalidTarget }
            form = .asterisk
            return
        }
        let scheme = head.wordOrEnd(start)
        let name = scheme | Lanes.small
        let isPlain = name & 0xFFFF_FFFF == Lanes.pack("http") && bytes(head, start + 4, "://")
        let isSecure = name & 0xFF_FFFF_FFFF == Lanes.pack("https") && bytes(head, start + 5, "://")
        guard isPlain || isSecure else { throw .invalidTarget }
        let hostStart = start + (isSecure ? 8 : 7)
        var hostEnd = hostStart
        // The path ends at the first question mark, or where the target does.
        while hostEnd < Int(path.end), head.byte(hostEnd) != Ascii.slash { hostEnd += 1 }
        authority = ByteRange(hostStart, hostEnd)
        guard HostSyntax.isValid(head, authority) else { throw .invalidTarget }
        path = ByteRange(hostEnd, Int(path.end))
        form = .absolute
    }

    /// Whether a text stands at an offset; the target ends before the head does.
    private func bytes(_ head: RawSpan, _ offset: Int, _ text: StaticString) -> Bool {
        head.wordOrEnd(offset) & 0xFF_FFFF == Lanes.pack(text)
    }
}
