/// What the client is told about its connection (RFC 9112, 9.3).
public enum ConnectionNotice: UInt8, Sendable {
    /// Nothing: an HTTP/1.1 connection stays.
    case none
    /// `Connection: keep-alive`, which an HTTP/1.0 client needs to hear.
    case keepAlive
    /// `Connection: close`
    case close
}

/// How an upstream's head becomes the head that the client gets.
///
/// The fields that stay are copied as they came, in runs of neighbors; hop-by-hop fields,
/// `Content-Length` and `Transfer-Encoding` never pass, but for the length in an answer to HEAD or
/// of status 304, which tells of a body that is not sent (RFC 9110, 8.6). Neither does
/// `x-request-id`: what the request is called is not for the upstream to say.
public struct ResponseRewrite: Sendable {
    /// How the length of the body is told to the client.
    public var framing: ResponseFraming
    /// What the client is told about its connection.
    public var notice: ConnectionNotice

    /// A rewrite with a framing that may differ from the upstream's.
    @inlinable
    public init(framing: ResponseFraming, notice: ConnectionNotice = .none) {
        self.framing = framing
        self.notice = notice
    }

    /// An upper bound of the bytes that `writeResponseHead` writes.
    @inlinable @inline(always)
    public static func responseHeadCapacity(_ head: ResponseHead, extraFields: RawSpan) -> Int {
        // What may come anew: a space, a framing field with at most twenty digits, a notice.
        head.byteCount &+ extraFields.byteCount &+ 96
    }

    /// Writes the head that the client gets, as HTTP/1.1.
    ///
    /// `bytes` are the head that was parsed into `head` and `fields`; `extraFields` are complete
    /// lines and are not checked.
    public func writeResponseHead(
        _ head: ResponseHead, _ fields: HeaderFields, bytes: RawSpan, extraFields: RawSpan,
        into writer: inout ByteWriter
    ) {
        writeResponseFields(head, fields, bytes: bytes, into: &writer)
        writer.write(extraFields)
        writer.write("\r\n")
    }

    /// Writes the same without extra fields and the empty line, which are left to the caller.
    public func writeResponseFields(
        _ head: ResponseHead, _ fields: HeaderFields, bytes: RawSpan, into writer: inout ByteWriter
    ) {
        precondition(bytes.byteCount == head.byteCount, "not the head that was parsed")
        let announcesOnly = head.framing == .none && head.status >= 200 && head.status != 204
        var dropped: FieldKinds = [.hopByHop, FieldKinds(.xRequestID)]
        if !announcesOnly { dropped.formUnion(FieldKinds(.contentLength)) }
        writer.write("HTTP/1.1")
        if head.reason.start == 12 {
            // The space behind the status was missing.
            writer.write(bytes, ByteRange(8, 12))
            writer.write(Ascii.space)
            fields.writeKept(bytes, from: 12, dropping: dropped, into: &writer)
        } else {
            fields.writeKept(bytes, from: 8, dropping: dropped, into: &writer)
        }
        switch framing {
        case .none, .untilClose: break
        case .length(let count):
            if !announcesOnly {
                writer.write("Content-Length: ")
                writer.write(decimal: count)
                writer.write("\r\n")
            }
        case .chunked:
            if !announcesOnly { writer.write("Transfer-Encoding: chunked\r\n") }
        }
        switch notice {
        case .none: break
        case .keepAlive: writer.write("Connection: keep-alive\r\n")
        case .close: writer.write("Connection: close\r\n")
        }
    }
}
