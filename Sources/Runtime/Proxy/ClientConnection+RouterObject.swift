internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// `response_metadata: body`: an answer that is a JSON object gets a member `router`, its first. Its
// bytes are not parsed beyond their beginning; what cannot have the member says in its head which
// way it came.

extension ClientConnection {
    /// What becomes of the body of an answer.
    enum RouterObject {
        /// Nothing.
        case none
        /// Its beginning must have come before anybody can say.
        case undecided
        /// What is put behind its first byte.
        case text([UInt8])
    }

    /// What of a body may come without a word that begins it.
    private static let beginningBytesMax = 1024

    /// Fields that say something of the bytes of a body, which would not hold for others.
    private static let vouchers = [
        "etag", "content-range", "content-md5", "digest", "content-digest", "repr-digest",
    ].map { Array($0.utf8) }

    /// What is put into the answer; `rest` is what has come of its body.
    func routerObject(
        _ head: ResponseHead, _ headBytes: ByteBuffer, rest: ByteBuffer, _ lines: AnswerLines
    ) -> RouterObject {
        guard isChangeable(head, headBytes), isInference else { return .none }
        switch ClientConnection.start(of: rest, head.framing) {
        case .other: return .none
        case .undecided:
            return rest.readableBytes < ClientConnection.beginningBytesMax ? .undecided : .none
        case .object(let isEmpty):
            return .text(objectText(lines) + (isEmpty ? [] : [UInt8(ascii: ",")]))
        }
    }

    /// How a body begins of which this has come.
    private static func start(
        of body: ByteBuffer, _ framing: ResponseFraming
    ) -> ObjectStart.Finding {
        var start = ObjectStart()
        let bytes = body.readableBytesSpan
        switch framing {
        case .none: return .other
        case .untilClose: return start.look(bytes)
        case .length(let length):
            let isWhole = UInt64(bytes.byteCount) >= length
            let count = isWhole ? Int(length) : bytes.byteCount
            let finding = start.look(bytes.extracting(0..<count))
            return finding == .undecided && isWhole ? .other : finding
        case .chunked: break
        }
        var decoder = ChunkedDecoder()
        var position = 0
        while let step = try? decoder.next(bytes, at: &position) {
            switch step {
            case .needMore: return .undecided
            case .end: return .other
            case .data(let offset, let count):
                let finding = start.look(bytes.extracting(offset..<offset + count))
                if finding != .undecided { return finding }
            }
        }
        return .other
    }

    /// Whether a model was asked for an answer, and not for a stream.
    private var isInference: Bool {
        guard let head = exchange.head, !wantsStream else { return false }
        let headBytes = exchange.headBytes
        switch APIPath(headBytes.readableBytesSpan.extracting(head.path)) {
        case .inference, .formInference: return true
        default: return false
        }
    }

    /// Whether it is a whole JSON text whose bytes nobody has vouched for (RFC 9110, section 7.7).
    private func isChangeable(_ head: ResponseHead, _ headBytes: ByteBuffer) -> Bool {
        guard (200..<300).contains(head.status), head.status != 206 else { return false }
        let fields = loop.responseFields
        let bytes = headBytes.readableBytesSpan
        guard let type = fields.first(.contentType), !fields.repeats(.contentType),
            MediaType.isJSON(bytes.extracting(type.value)), !fields.contains(.contentEncoding)
        else { return false }
        for name in ClientConnection.vouchers
        where fields.firstIndex(of: name.rawSpan, in: bytes) != nil {
            return false
        }
        let name = Array("cache-control".utf8)
        var next = fields.firstIndex(of: name.rawSpan, in: bytes)
        while let index = next {
            let value = String(
                decoding: Runtime.bytes(of: bytes.extracting(fields[index].value)), as: UTF8.self)
            if value.lowercased().contains("no-transform") { return false }
            next = fields.firstIndex(of: name.rawSpan, in: bytes, from: index + 1)
        }
        return true
    }

    /// The member `router`, without a comma.
    private func objectText(_ lines: AnswerLines) -> [UInt8] {
        var text = Array(lines.bytes[lines.object(ofMember: exchange.member)])
        var model = exchange.sentModel
        if model.isEmpty {
            model = withModel { $0.byteCount > 0 ? quotedJSON($0) : Array("null".utf8) }
        }
        text += Array("\(exchange.attempts),\"model\":".utf8) + model
        text += Array(",\"request_id\":\"".utf8) + idBytes + Array("\"}".utf8)
        return text
    }

    /// The first piece of a body, with something put behind its first byte.
    func spliced(_ piece: RawSpan, _ text: [UInt8]) -> [UInt8] {
        [piece.byte(0)] + text + bytes(of: piece.extracting(1..<piece.byteCount))
    }
}
