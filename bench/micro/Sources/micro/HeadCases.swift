internal import TableFormat
internal import Wire

/// Heads as clients and model servers send them.
struct SampleHead {
    let name: String
    let bytes: [UInt8]

    private init(_ name: String, _ lines: [String]) {
        self.name = name
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// What the official Python client sends.
    static let python = SampleHead(
        "python",
        [
            "POST /v1/chat/completions HTTP/1.1",
            "Host: router.example.com:8080",
            "Accept-Encoding: gzip, deflate",
            "Connection: keep-alive",
            "Accept: application/json",
            "Content-Type: application/json",
            "User-Agent: OpenAI/Python 2.8.0",
            "X-Stainless-Lang: python",
            "X-Stainless-Package-Version: 2.8.0",
            "X-Stainless-OS: Linux",
            "X-Stainless-Arch: x64",
            "X-Stainless-Runtime: CPython",
            "X-Stainless-Runtime-Version: 3.11.2",
            "Authorization: Bearer sk-micro-0123456789abcdef0123456789abcdef",
            "X-Stainless-Async: false",
            "x-stainless-retry-count: 0",
            "x-stainless-read-timeout: 600",
            "Content-Length: 1024",
        ])

    static let minimal = SampleHead(
        "minimal",
        [
            "POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1:8080",
            "Authorization: Bearer sk-micro-0123456789abcdef0123456789abcdef",
            "Content-Type: application/json", "Content-Length: 1024",
        ])

    /// What vLLM answers to a streamed request.
    static let streamAnswer = SampleHead(
        "stream",
        [
            "HTTP/1.1 200 OK", "date: Sat, 21 Nov 2026 10:00:00 GMT", "server: uvicorn",
            "content-type: text/event-stream; charset=utf-8",
            "x-request-id: 7f6c1c0e-6c3f-4a44-9c54-1f1f4a8a6f10", "Transfer-Encoding: chunked",
        ])

    static let minimalAnswer = SampleHead(
        "minimal",
        ["HTTP/1.1 200 OK", "Content-Type: application/json", "Content-Length: 512"])
}

func measureHead(_ head: SampleHead, _ meter: some Meter) {
    var end = FindEndCase(head)
    meter.measure(&end)
    var parse = ParseRequestCase(head)
    meter.measure(&parse)
    var rewrite = RewriteRequestCase(head)
    meter.measure(&rewrite)
}

func measureAnswer(_ head: SampleHead, _ meter: some Meter) {
    var parse = ParseAnswerCase(head)
    meter.measure(&parse)
    var rewrite = RewriteAnswerCase(head)
    meter.measure(&rewrite)
}

/// The end of a head that has come whole.
struct FindEndCase: MeasuredCase {
    let name: String
    let count = 1_000
    private let bytes: [UInt8]

    init(_ head: SampleHead) {
        name = "find end of head, \(head.name)"
        bytes = head.bytes
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        var scanner = HeadScanner()
        let end = scanner.findEnd(bytes.rawSpan)
        precondition(end == bytes.count)
        return end ?? 0
    }
}

/// From the bytes of a request's head to what it says.
struct ParseRequestCase: MeasuredCase {
    let name: String
    let count = 1_000
    private let bytes: [UInt8]
    private let fields = HeaderFields()

    init(_ head: SampleHead) {
        name = "parse request, \(head.name)"
        bytes = head.bytes
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        parsed(bytes, into: fields).path.count
    }
}

/// From a parsed head to the one that goes upstream.
@safe struct RewriteRequestCase: MeasuredCase {
    let name: String
    let count = 1_000
    private let bytes: [UInt8]
    private let fields = HeaderFields()
    private let head: RequestHead
    private let host = Array("Host: 10.0.0.7:8000\r\n".utf8)
    private let credential = Array("authorization: Bearer sk-micro-upstream\r\n".utf8)
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

    init(_ head: SampleHead) {
        name = "rewrite request, \(head.name)"
        bytes = head.bytes
        self.head = parsed(head.bytes, into: fields)
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        var writer = unsafe ByteWriter(room)
        RequestRewrite(framing: head.framing).writeRequestHead(
            head, fields, bytes: bytes.rawSpan, pathPrefix: RawSpan(),
            hostField: host.rawSpan, extraFields: credential.rawSpan, into: &writer)
        return writer.count
    }
}

/// From the bytes of an answer's head to what it says.
struct ParseAnswerCase: MeasuredCase {
    let name: String
    let count = 1_000
    private let bytes: [UInt8]
    private let fields = HeaderFields()

    init(_ head: SampleHead) {
        name = "parse answer, \(head.name)"
        bytes = head.bytes
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        parsedAnswer(bytes, into: fields).status
    }
}

/// From a parsed head to the one that the client gets.
@safe struct RewriteAnswerCase: MeasuredCase {
    let name: String
    let count = 1_000
    private let bytes: [UInt8]
    private let fields = HeaderFields()
    private let head: ResponseHead
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

    init(_ head: SampleHead) {
        name = "rewrite answer, \(head.name)"
        bytes = head.bytes
        self.head = parsedAnswer(head.bytes, into: fields)
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        var writer = unsafe ByteWriter(room)
        ResponseRewrite(framing: head.framing).writeResponseHead(
            head, fields, bytes: bytes.rawSpan, extraFields: RawSpan(), into: &writer)
        return writer.count
    }
}

@inline(__always)
private func parsed(_ bytes: [UInt8], into fields: HeaderFields) -> RequestHead {
    do throws(RequestFault) {
        return try RequestHead.parse(bytes.rawSpan, fields: fields)
    } catch {
        preconditionFailure("the head is valid")
    }
}

@inline(__always)
private func parsedAnswer(_ bytes: [UInt8], into fields: HeaderFields) -> ResponseHead {
    do throws(ResponseFault) {
        return try ResponseHead.parse(bytes.rawSpan, fields: fields, requestWasHead: false)
    } catch {
        preconditionFailure("the head is valid")
    }
}
