import TableFormat
import Wire

/// A field of a head, by its text.
struct FieldText: Equatable, CustomStringConvertible {
    let name: String
    let value: String

    var description: String { "\(name): \(value)" }
    var lowercasedName: String { name.lowercased() }

    /// A field; blanks around the value do not count (RFC 9110, 5.5).
    init(_ name: String, _ value: String) {
        self.name = name
        let blanks: Set<Character> = [" ", "\t"]
        let start = value.drop { blanks.contains($0) }
        let end = start.reversed().prefix { blanks.contains($0) }.count
        self.value = String(start.dropLast(end))
    }

    /// Every field of a head that was parsed, in its order.
    static func all(_ fields: HeaderFields, in head: [UInt8]) -> [FieldText] {
        (0..<fields.count).map { index in
            let field = fields[index]
            return FieldText(text(head, field.name), text(head, field.value))
        }
    }
}

/// The text of a run of bytes, repaired where it is not UTF-8.
func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
    String(decoding: bytes[range.offsets], as: UTF8.self)
}

/// The end of a head, searched for with bytes that come in pieces.
struct HeadSearch {
    /// The offset of the first byte of the head.
    let start: Int
    /// The offset behind it.
    let end: Int

    /// Searches in pieces that end at the cuts; nil where the end has not come.
    ///
    /// `hopelessAt` is the first cut at which the scanner gave up hope, if any.
    static func find(
        _ bytes: [UInt8], skippingEmptyLines: Bool, cuts: [Int], hopelessAt: inout Int?
    ) -> HeadSearch? {
        var scanner = HeadScanner(skippingEmptyLines: skippingEmptyLines)
        for cut in cuts + [bytes.count] {
            let piece = cut == bytes.count ? bytes : Array(bytes[..<cut])
            if let end = scanner.findEnd(piece.rawSpan) {
                return HeadSearch(start: scanner.start, end: end)
            }
            if hopelessAt == nil, scanner.isHopeless(piece.rawSpan) { hopelessAt = cut }
        }
        return nil
    }

    /// Searches in every way to cut: all must find the same, and none may give up hope of a head
    /// that is acceptable.
    static func checkCuts(
        _ bytes: [UInt8], skippingEmptyLines: Bool, isAccepted: Bool
    ) throws(Mismatch) {
        var hopelessAt: Int?
        let whole = find(
            bytes, skippingEmptyLines: skippingEmptyLines, cuts: [], hopelessAt: &hopelessAt)
        for cuts in Cuts.lists(for: bytes) {
            let found = find(
                bytes, skippingEmptyLines: skippingEmptyLines, cuts: cuts, hopelessAt: &hopelessAt)
            try requireEqual(found?.start, whole?.start, "the start of the head, cut at \(cuts)")
            try requireEqual(found?.end, whole?.end, "the end of the head, cut at \(cuts)")
            if let cut = hopelessAt, isAccepted {
                throw Mismatch("hopeless after \(cut) bytes, and accepted in the end")
            }
        }
    }
}

/// A body as `Wire` frames it.
struct BodyReading {
    var data: [UInt8]
    /// The offset behind the message, or nil where it goes on.
    var end: Int?
    /// Whether the framing is refused, so that nothing is known of the end.
    var isRefused = false

    /// A body of a known length, as far as it is there.
    static func counted(_ bytes: [UInt8], from start: Int, count: UInt64) -> BodyReading {
        let available = bytes.count - start
        guard count <= UInt64(available) else {
            return BodyReading(data: Array(bytes[start...]), end: nil)
        }
        let end = start + Int(count)
        return BodyReading(data: Array(bytes[start..<end]), end: end)
    }

    static func chunked(_ bytes: [UInt8], from start: Int) -> BodyReading {
        let reading = ChunkedReading(bytes, from: start)
        return BodyReading(
            data: reading.data, end: reading.end, isRefused: reading.fault != nil)
    }
}

/// A request as `Wire` reads it.
struct ReadRequest {
    let head: RequestHead
    /// The bytes of the head, without empty lines before it.
    let headBytes: [UInt8]
    let fields: [FieldText]
    /// The offset behind the head.
    let headEnd: Int
    let body: BodyReading

    func text(_ range: ByteRange) -> String { Fuzzing.text(headBytes, range) }
}

/// The requests on a connection, one after the other.
struct RequestReader {
    enum Step {
        case request(ReadRequest)
        case refused(RequestFault)
        /// No further head is complete.
        case end
    }

    private let bytes: [UInt8]
    private let fields = HeaderFields()
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next request; meaningful as long as the one before has ended.
    mutating func next() -> Step {
        let rest = Array(bytes[position...])
        var scanner = HeadScanner()
        guard let end = scanner.findEnd(rest.rawSpan) else { return .end }
        let headBytes = Array(rest[scanner.start..<end])
        let head: RequestHead
        do throws(RequestFault) {
            head = try RequestHead.parse(headBytes.rawSpan, fields: fields)
        } catch {
            return .refused(error)
        }
        let headEnd = position + end
        let body: BodyReading =
            switch head.framing {
            case .none: BodyReading(data: [], end: headEnd)
            case .length(let count): .counted(bytes, from: headEnd, count: count)
            case .chunked: .chunked(bytes, from: headEnd)
            }
        position = body.end ?? bytes.count
        return .request(
            ReadRequest(
                head: head, headBytes: headBytes, fields: FieldText.all(fields, in: headBytes),
                headEnd: headEnd, body: body))
    }
}

/// A response as `Wire` reads it.
struct ReadResponse {
    let head: ResponseHead
    let headBytes: [UInt8]
    let fields: [FieldText]
    /// The offset behind the head.
    let headEnd: Int
    let body: BodyReading

    func text(_ range: ByteRange) -> String { Fuzzing.text(headBytes, range) }
}

/// The responses to one request: interim ones, then the answer.
struct ResponseReader {
    enum Step {
        case response(ReadResponse)
        case refused(ResponseFault)
        /// No further head is complete.
        case end
    }

    private let bytes: [UInt8]
    private let requestWasHead: Bool
    private let fields = HeaderFields()
    private var position = 0

    init(_ bytes: [UInt8], requestWasHead: Bool) {
        self.bytes = bytes
        self.requestWasHead = requestWasHead
    }

    mutating func next() -> Step {
        let rest = Array(bytes[position...])
        var scanner = HeadScanner(skippingEmptyLines: false)
        guard let end = scanner.findEnd(rest.rawSpan) else { return .end }
        let headBytes = Array(rest[..<end])
        let head: ResponseHead
        do throws(ResponseFault) {
            head = try ResponseHead.parse(
                headBytes.rawSpan, fields: fields, requestWasHead: requestWasHead)
        } catch {
            return .refused(error)
        }
        let headEnd = position + end
        let body: BodyReading =
            switch head.framing {
            case .none: BodyReading(data: [], end: headEnd)
            case .length(let count): .counted(bytes, from: headEnd, count: count)
            case .chunked: .chunked(bytes, from: headEnd)
            case .untilClose: BodyReading(data: Array(bytes[headEnd...]), end: bytes.count)
            }
        position = body.end ?? bytes.count
        return .response(
            ReadResponse(
                head: head, headBytes: headBytes, fields: FieldText.all(fields, in: headBytes),
                headEnd: headEnd, body: body))
    }
}
