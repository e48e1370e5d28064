internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// What a request is called, and what its answer says of the way it came.

extension ClientConnection {
    // MARK: - The id

    /// Decides what the exchange is called: what its client says, if that can stand anywhere.
    func nameExchange() {
        if exchange.head != nil, loop.requestFields.contains(.xRequestID), let range = clientsID() {
            exchange.id = .clients(range)
        } else {
            exchange.id = .ours(loop.requestIDs.next())
        }
    }

    /// Where the client's own id stands; nil where there are two, or it cannot be used.
    private func clientsID() -> ByteRange? {
        let fields = loop.requestFields
        guard exchange.table?.answerLines.takesRequestIDs ?? false, !fields.repeats(.xRequestID),
            let field = fields.first(.xRequestID), !field.isHopByHop
        else { return nil }
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        return RequestID.isUsable(bytes.extracting(field.value)) ? field.value : nil
    }

    /// What takes the place of whatever the client has sent; nil where that is used.
    var idToSend: RequestID? {
        if case .ours(let id) = exchange.id { id } else { nil }
    }

    /// Calls `body` with the client's own id for its record; with nothing where it has none, or it
    /// may be a secret.
    func withOwnID(_ body: (RawSpan) -> Void) {
        guard case .clients(let range) = exchange.id, exchange.head != nil else {
            body(RawSpan())
            return
        }
        let headBytes = exchange.headBytes
        let id = headBytes.readableBytesSpan.extracting(range)
        body(canBeLogged(id: id) ? id : RawSpan())
    }

    /// What the request is called.
    var idBytes: [UInt8] {
        switch exchange.id {
        case .ours(let id): return Array(id.text.utf8)
        case .clients(let range):
            let headBytes = exchange.headBytes
            return bytes(of: headBytes.readableBytesSpan.extracting(range))
        }
    }

    private func writeID(into writer: inout ByteWriter) {
        switch exchange.id {
        case .ours(let id): id.write(into: &writer)
        case .clients(let range):
            let headBytes = exchange.headBytes
            writer.write(headBytes.readableBytesSpan, range)
        }
    }

    // MARK: - Lines

    /// An upper bound of what `writeOwnLines` writes.
    func ownLinesCapacity(_ lines: AnswerLines?) -> Int {
        // The names of fields, digits, an id; what has to be escaped takes three bytes for each.
        let count = 96 + RequestID.byteLimit
        guard let lines, lines.isShown else { return count }
        return count + lines.lines(ofMember: exchange.member).count + 3 * exchange.sentModel.count
    }

    /// Writes which way the answer came, where there are `lines` of that, and what its request is
    /// called.
    func writeOwnLines(_ lines: AnswerLines?, into writer: inout ByteWriter) {
        if let lines, lines.isShown {
            lines.write(member: exchange.member, attempts: exchange.attempts, into: &writer)
            if !exchange.sentModel.isEmpty { writeSentModel(into: &writer) }
        }
        writer.write("x-request-id: ")
        writeID(into: &writer)
        writer.write("\r\n")
    }

    /// Writes the model that was sent upstream, where it is another one than the client's.
    private func writeSentModel(into writer: inout ByteWriter) {
        let quoted = exchange.sentModel
        if withModel({ quotedJSON($0) == quoted }) { return }
        writer.write("x-routerc-model: ")
        var offset = 1
        while offset < quoted.count - 1 {
            let isEscape = quoted[offset] == UInt8(ascii: "\\")
            if isEscape, quoted[offset + 1] == UInt8(ascii: "\"") || quoted[offset + 1] == 0x5C {
                offset += 1
            }
            for byte in AnswerLines.escaped(quoted[offset]) { writer.write(byte) }
            offset += 1
        }
        writer.write("\r\n")
    }

    /// Writes what the upstream calls the request, where that is another name.
    func writeUpstreamsID(_ headBytes: ByteBuffer, into writer: inout ByteWriter) {
        guard let field = loop.responseFields.first(.xRequestID), !field.isHopByHop else { return }
        let value = headBytes.readableBytesSpan.extracting(field.value)
        let ours = idBytes
        guard !value.isEqual(ours.rawSpan) else { return }
        writer.write("x-upstream-request-id: ")
        writer.write(value)
        writer.write("\r\n")
    }

    // MARK: - Answers of our own

    /// An answer of the router's own with the lines that are the request's, behind its first line.
    ///
    /// What an endpoint was to answer, or a pool, says which.
    func withOwnLines(_ answer: ByteBuffer) -> ByteBuffer {
        let origin = originLines
        let isOfEndpoint = pendingAnswer == nil && pendingError?.isOfEndpoint ?? false
        let showsWay = isOfEndpoint && exchange.member != noIndex
        var pool = isOfEndpoint && !showsWay ? poolLines : []
        if isOfEndpoint, pendingError == .endpointsLimited { pool += Array(limitLine.utf8) }
        let bytes = answer.readableBytesSpan
        var end = 0
        while bytes.byte(end) != 0x0A { end += 1 }
        end += 1
        let lines = showsWay ? exchange.table?.answerLines : nil
        let capacity = ownLinesCapacity(lines)
        var out = allocator.buffer(
            capacity: bytes.byteCount + origin.count + pool.count + capacity)
        out.append(bytes.extracting(0..<end))
        out.append(origin.rawSpan)
        out.append(pool.rawSpan)
        out.write(capacity: capacity) { writeOwnLines(lines, into: &$0) }
        out.append(bytes.extracting(end..<bytes.byteCount))
        return out
    }

    /// The lines where a pool was decided and no endpoint could be tried.
    private var poolLines: [UInt8] {
        guard let table = exchange.table, let route = exchange.route else { return [] }
        let name = table.withView { $0.text($0.load(PoolRecord.name, at: route.pool)) }
        return table.answerLines.lines(pool: name)
    }
}
