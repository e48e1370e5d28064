/// How a client's head becomes the head that goes upstream.
///
/// The head is not re-encoded: the fields that stay are copied as they came, in runs of neighbors.
/// Hop-by-hop fields, `Host`, `Content-Length`, `Transfer-Encoding` and `Expect` never pass; ours
/// take their place (RFC 9110, 7.6.1 and RFC 9112, 6).
public struct RequestRewrite: Sendable {
    /// How many bytes of the client's path the prefix takes the place of; at most the path's count.
    public var strippedPrefixCount: Int
    /// Whether `Authorization`, `x-api-key` and `api-key` pass.
    public var keepsCredentials: Bool
    /// How the length of the body is told upstream.
    public var framing: RequestFraming
    /// What takes the place of any `x-request-id` of the client's; nil keeps it.
    public var requestID: RequestID?

    /// A rewrite that keeps the path and no credentials, unless told otherwise.
    @inlinable
    public init(
        strippedPrefixCount: Int = 0, keepsCredentials: Bool = false, framing: RequestFraming,
        requestID: RequestID? = nil
    ) {
        self.strippedPrefixCount = strippedPrefixCount
        self.keepsCredentials = keepsCredentials
        self.framing = framing
        self.requestID = requestID
    }

    /// An upper bound of the bytes that `writeRequestHead` writes.
    @inlinable @inline(always)
    public static func requestHeadCapacity(
        _ head: RequestHead, pathPrefix: RawSpan, hostField: RawSpan, extraFields: RawSpan
    ) -> Int {
        // What may come anew: "/", " HTTP/1.1", a framing field with at most twenty digits, an id.
        head.byteCount &+ pathPrefix.byteCount &+ hostField.byteCount &+ extraFields.byteCount
            &+ 112
    }

    /// The kinds of fields that do not pass.
    @inline(always)
    private var droppedKinds: FieldKinds {
        var kinds: FieldKinds = [
            .hopByHop, FieldKinds(.host), FieldKinds(.contentLength), FieldKinds(.expect),
        ]
        if !keepsCredentials { kinds.formUnion(.credentials) }
        if requestID != nil { kinds.formUnion(FieldKinds(.xRequestID)) }
        return kinds
    }

    /// Writes the head that goes upstream, in origin form or `*`, as HTTP/1.1.
    ///
    /// `bytes` are the head that was parsed into `head` and `fields`. `hostField` and `extraFields`
    /// are complete lines; they and `pathPrefix` are the caller's word and are not checked.
    public func writeRequestHead(
        _ head: RequestHead, _ fields: HeaderFields, bytes: RawSpan, pathPrefix: RawSpan,
        hostField: RawSpan, extraFields: RawSpan, into writer: inout ByteWriter
    ) {
        precondition(bytes.byteCount == head.byteCount, "not the head that was parsed")
        writer.write(bytes, ByteRange(0, Int(head.methodRange.end) &+ 1))
        writeTarget(head, bytes: bytes, pathPrefix: pathPrefix, into: &writer)
        writer.write(" HTTP/1.1\r\n")
        writer.write(hostField)
        let fieldsStart = Int(head.target.end) &+ 11
        fields.writeKept(
            bytes, from: fieldsStart, dropping: droppedKinds, into: &writer)
        switch framing {
        case .none: break
        case .length(let count):
            writer.write("Content-Length: ")
            writer.write(decimal: count)
            writer.write("\r\n")
        case .chunked: writer.write("Transfer-Encoding: chunked\r\n")
        }
        if let requestID {
            writer.write("x-request-id: ")
            requestID.write(into: &writer)
            writer.write("\r\n")
        }
        writer.write(extraFields)
        writer.write("\r\n")
    }

    @inline(always)
    private func writeTarget(
        _ head: RequestHead, bytes: RawSpan, pathPrefix: RawSpan, into writer: inout ByteWriter
    ) {
        guard head.form != .asterisk else {
            writer.write(Ascii.asterisk)
            return
        }
        precondition(strippedPrefixCount >= 0 && strippedPrefixCount <= head.path.count)
        let pathStart = Int(head.path.start) &+ strippedPrefixCount
        if pathPrefix.byteCount > 0 {
            writer.write(pathPrefix)
        } else if pathStart == Int(head.path.end) || bytes.byte(pathStart) != Ascii.slash {
            writer.write(Ascii.slash)
        }
        // The query and its question mark follow the path in the target.
        writer.write(bytes, ByteRange(pathStart, Int(head.target.end)))
    }
}

extension HeaderFields {
    /// Writes the bytes from `start` to the end of the fields, but for the lines that do not pass.
    @inline(always)
    func writeKept(
        _ bytes: RawSpan, from start: Int, dropping kinds: FieldKinds,
        into writer: inout ByteWriter
    ) {
        var runStart = start
        var index = 0
        let count = count
        while index < count {
            let line = field(index)
            index &+= 1
            guard kinds.contains(line.kind) || line.flags.rawValue != 0 else { continue }
            if runStart != Int(line.name.start) {
                writer.write(bytes, ByteRange(runStart, Int(line.name.start)))
            }
            runStart = index < count ? Int(field(index).name.start) : end
        }
        writer.write(bytes, ByteRange(runStart, end))
    }
}
