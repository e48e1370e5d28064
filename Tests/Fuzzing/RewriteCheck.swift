import NIOHTTP1
import TableFormat
import Wire

/// Heads that were written anew, parsed again: nothing is lost, nothing slips through.
///
/// An input begins with a letter, `Q` for a request, `S` for a response to GET, `H` for one to
/// HEAD, and a byte whose low bits choose what the rewrite has to do; the rest is the head. What
/// has to come out is computed field by field, and compared with what `Wire` and llhttp read.
enum RewriteCheck {
    static func run(_ input: [UInt8]) throws(Mismatch) {
        guard input.count > 2 else { return }
        let choice = input[1]
        let bytes = Array(input[2...])
        switch input[0] {
        case UInt8(ascii: "Q"): try rewriteRequest(bytes, choice)
        case UInt8(ascii: "S"): try rewriteResponse(bytes, choice, requestWasHead: false)
        case UInt8(ascii: "H"): try rewriteResponse(bytes, choice, requestWasHead: true)
        default: return
        }
    }

    /// The fields that end here, whatever the rewrite (RFC 9110, 7.6.1 and 11.7).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "http2-settings", "proxy-authenticate", "proxy-authorization",
    ]
    private static let credentials: Set<String> = ["authorization", "x-api-key", "api-key"]

    /// The fields of a head that concern more than this connection.
    private static func endToEnd(_ fields: [FieldText]) -> [FieldText] {
        let listed = fields.values(of: "connection").flatMap { value in
            value.split { ", \t".contains($0) }.map { $0.lowercased() }
        }
        let gone = hopByHop.union(listed)
        return fields.filter { !gone.contains($0.lowercasedName) }
    }

    // MARK: - Requests

    private static func rewriteRequest(_ bytes: [UInt8], _ choice: UInt8) throws(Mismatch) {
        var reader = RequestReader(bytes)
        // An authority is no path, and is refused before a head is written.
        guard case .request(let request) = reader.next(), request.head.form != .authority else {
            return
        }
        let head = request.head
        let path = request.text(head.path)
        let hasVersion = path == "/v1" || path.hasPrefix("/v1/")
        let strips = choice & 1 != 0 && hasVersion
        let prefix = strips ? "/base/v2" : ""
        let keepsCredentials = choice & 2 != 0
        let framing: RequestFraming = choice & 4 != 0 ? .chunked : head.framing
        let id = choice & 8 != 0 ? RequestID(high: 0xFEDC, low: .max) : nil
        let rewrite = RequestRewrite(
            strippedPrefixCount: strips ? 3 : 0, keepsCredentials: keepsCredentials,
            framing: framing, requestID: id)
        let written = write(rewrite, request, prefix: prefix)

        var expected = [FieldText("Host", "up.stream:81")]
        expected += endToEnd(request.fields).filter { field in
            let name = field.lowercasedName
            let isKey = credentials.contains(name) && !keepsCredentials
            let isReplaced = name == "x-request-id" && id != nil
            return !["host", "content-length", "expect"].contains(name) && !isKey && !isReplaced
        }
        switch framing {
        case .none: break
        case .length(let count): expected.append(FieldText("Content-Length", "\(count)"))
        case .chunked: expected.append(FieldText("Transfer-Encoding", "chunked"))
        }
        if let id { expected.append(FieldText("x-request-id", id.text)) }
        expected.append(FieldText("Authorization", "Bearer ours"))
        let query = request.text(head.target).contains("?") ? "?" + request.text(head.query) : ""
        let rest = strips ? String(path.dropFirst(3)) : path.isEmpty ? "/" : path
        try checkRequest(
            written, method: request.text(head.methodRange), target: prefix + rest + query,
            fields: expected, framing: framing)
    }

    private static func write(
        _ rewrite: RequestRewrite, _ request: ReadRequest, prefix: String
    ) -> [UInt8] {
        let host = Array("Host: up.stream:81\r\n".utf8)
        let extra = Array("Authorization: Bearer ours\r\n".utf8)
        let prefix = Array(prefix.utf8)
        let fields = HeaderFields()
        guard let head = try? RequestHead.parse(request.headBytes.rawSpan, fields: fields) else {
            return []
        }
        let capacity = RequestRewrite.requestHeadCapacity(
            head, pathPrefix: prefix.rawSpan, hostField: host.rawSpan, extraFields: extra.rawSpan)
        return writtenBytes(capacity: capacity) { writer in
            rewrite.writeRequestHead(
                head, fields, bytes: request.headBytes.rawSpan, pathPrefix: prefix.rawSpan,
                hostField: host.rawSpan, extraFields: extra.rawSpan, into: &writer)
        }
    }

    private static func checkRequest(
        _ written: [UInt8], method: String, target: String, fields: [FieldText],
        framing: RequestFraming
    ) throws(Mismatch) {
        var reader = RequestReader(written)
        guard case .request(let again) = reader.next() else {
            // Credentials that are kept and a target that grew may pass a limit of the parser.
            let isLarge =
                fields.count > HeaderFields.limit
                || target.utf8.count > RequestHead.targetByteLimit
            if isLarge { return }
            throw Mismatch("the head that was written is refused: \(written.shown)")
        }
        try requireEqual(again.headEnd, written.count, "the end of the head that was written")
        try requireEqual(again.text(again.head.methodRange), method, "the method")
        try requireEqual(again.text(again.head.target), target, "the target")
        try requireEqual(again.head.minorVersion, 1, "the minor version")
        try requireEqual(again.fields, fields, "the fields")
        try require(again.head.framing == framing, "the framing is another")
        let peer = Peer.server()
        peer.feed(written[...])
        guard let theirs = peer.messages.first?.head else {
            if !RequestDifference.refusals(of: again).isEmpty { return }
            throw Mismatch("llhttp refuses what was written: \(written.shown)")
        }
        try requireEqual(theirs.method.rawValue, method, "the method to llhttp")
        try requireEqual(theirs.uri, target, "the target to llhttp")
        try requireEqual(FieldText.all(theirs.headers), fields, "the fields to llhttp")
    }

    // MARK: - Responses

    private static func rewriteResponse(
        _ bytes: [UInt8], _ choice: UInt8, requestWasHead: Bool
    ) throws(Mismatch) {
        var reader = ResponseReader(bytes, requestWasHead: requestWasHead)
        // Interim responses are dropped, not written.
        guard case .response(let response) = reader.next(), !response.head.isInterim else { return }
        let head = response.head
        // As the runtime chooses: chunks for a body that ends with the connection, unless the
        // client is old.
        var framing = head.framing
        if framing == .untilClose, choice & 1 == 0 { framing = .chunked }
        if framing == .chunked, choice & 1 != 0 { framing = .untilClose }
        let notice: ConnectionNotice =
            choice & 2 != 0 || framing == .untilClose
            ? .close : choice & 4 != 0 ? .keepAlive : .none
        let extra = Array("X-Ours: 1\r\n".utf8)
        let fields = HeaderFields()
        guard
            let parsed = try? ResponseHead.parse(
                response.headBytes.rawSpan, fields: fields, requestWasHead: requestWasHead)
        else { return }
        fields.dropRoutersOwn(in: response.headBytes.rawSpan)
        let capacity = ResponseRewrite.responseHeadCapacity(parsed, extraFields: extra.rawSpan)
        let written = writtenBytes(capacity: capacity) { writer in
            ResponseRewrite(framing: framing, notice: notice).writeResponseHead(
                parsed, fields, bytes: response.headBytes.rawSpan, extraFields: extra.rawSpan,
                into: &writer)
        }

        // The length of a body that is not sent passes (RFC 9110, 8.6).
        let announces = head.framing == .none && head.status != 204
        var expected = endToEnd(response.fields).filter { field in
            let name = field.lowercasedName
            return name != "x-request-id" && !name.hasPrefix("x-routerc-")
                && (announces || name != "content-length")
        }
        switch framing {
        case .none, .untilClose: break
        case .length(let count): expected.append(FieldText("Content-Length", "\(count)"))
        case .chunked: expected.append(FieldText("Transfer-Encoding", "chunked"))
        }
        switch notice {
        case .none: break
        case .keepAlive: expected.append(FieldText("Connection", "keep-alive"))
        case .close: expected.append(FieldText("Connection", "close"))
        }
        expected.append(FieldText("X-Ours", "1"))
        try checkResponse(
            written, status: head.status, reason: response.text(head.reason), fields: expected,
            framing: framing, requestWasHead: requestWasHead)
    }

    private static func checkResponse(
        _ written: [UInt8], status: Int, reason: String, fields: [FieldText],
        framing: ResponseFraming, requestWasHead: Bool
    ) throws(Mismatch) {
        var reader = ResponseReader(written, requestWasHead: requestWasHead)
        guard case .response(let again) = reader.next() else {
            if fields.count > HeaderFields.limit { return }
            throw Mismatch("the head that was written is refused: \(written.shown)")
        }
        try requireEqual(again.headEnd, written.count, "the end of the head that was written")
        try requireEqual(again.head.status, status, "the status")
        try requireEqual(again.text(again.head.reason), reason, "the reason")
        try requireEqual(again.head.minorVersion, 1, "the minor version")
        try requireEqual(again.fields, fields, "the fields")
        try require(again.head.framing == framing, "the framing is another")
        let peer = try Peer.client(requestWasHead: requestWasHead)
        peer.feed(written[...])
        guard let theirs = peer.messages.first?.head else {
            throw Mismatch("llhttp refuses what was written: \(written.shown)")
        }
        try requireEqual(Int(theirs.status.code), status, "the status to llhttp")
        try requireEqual(FieldText.all(theirs.headers), fields, "the fields to llhttp")
    }
}
