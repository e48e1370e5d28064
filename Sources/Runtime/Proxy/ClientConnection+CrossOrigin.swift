internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Answers for pages of other origins: what the table's `cors` says, in every answer, and the
// preflights, which never reach an upstream.

extension ClientConnection {
    private static let originName = Array("origin".utf8)
    private static let methodName = Array("access-control-request-method".utf8)
    private static let fieldsName = Array("access-control-request-headers".utf8)

    /// What the origin of the request is to the table; `loop.requestFields` are its fields.
    func originStanding(_ table: LoadedTable) -> OriginStanding {
        guard exchange.head != nil, let index = onlyField(ClientConnection.originName) else {
            return .unlisted
        }
        let headBytes = exchange.headBytes
        let origin = headBytes.readableBytesSpan.extracting(loop.requestFields[index].value)
        return table.withView { $0.standing(ofOrigin: origin) }
    }

    /// The index of the field with this name; nil where there is none, or several.
    private func onlyField(_ name: [UInt8]) -> Int? {
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        let fields = loop.requestFields
        guard let index = fields.firstIndex(of: name.rawSpan, in: bytes) else { return nil }
        let again = fields.firstIndex(of: name.rawSpan, in: bytes, from: index + 1)
        return again == nil ? index : nil
    }

    /// Whether a browser asks for a page whether it may send a request.
    var isPreflight: Bool {
        guard exchange.head?.method == .options else { return false }
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        let fields = loop.requestFields
        return [ClientConnection.originName, ClientConnection.methodName].allSatisfy {
            fields.firstIndex(of: $0.rawSpan, in: bytes) != nil
        }
    }

    /// Lines for the head of an answer; none without `cors`.
    var originLines: [UInt8] {
        guard exchange.origin != .off, let rules = exchange.table?.crossOrigin else { return [] }
        return rules.lines(exchange.origin)
    }

    /// Leaves an origin out that the table lists.
    ///
    /// Whether its pages may ask is decided here; a model server that looks at it as well, as
    /// Ollama does, would refuse what the spec allows.
    func dropAnsweredOrigin() {
        switch exchange.origin {
        case .off, .unlisted: break
        case .any, .listed: drop(ClientConnection.originName)
        }
    }

    /// Answers a preflight: it carries no key, and who has none gets no further.
    func answerPreflight(_ rules: CrossOrigin) {
        exchange.isPreflight = true
        guard exchange.origin != .unlisted else {
            refuse(.originNotAllowed)
            return
        }
        var out = allocator.buffer(capacity: 1024)
        out.writeStaticString(
            """
            HTTP/1.1 204 No Content\r
            Vary: Access-Control-Request-Method, Access-Control-Request-Headers\r
            Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r
            Access-Control-Max-Age: 7200\r
            Access-Control-Allow-Headers:\u{20}
            """)
        let headBytes = exchange.headBytes
        let bytes = headBytes.readableBytesSpan
        if let index = onlyField(ClientConnection.fieldsName),
            Preflight.isNameList(bytes.extracting(loop.requestFields[index].value))
        {
            out.append(bytes.extracting(loop.requestFields[index].value))
        } else {
            out.append(rules.usualFields.rawSpan)
        }
        out.writeStaticString("\r\n")
        writeConnectionField(&out)
        out.writeStaticString("\r\n")
        pendingAnswer = out
        exchange.status = 204
        perform(machine.answered())
    }
}
