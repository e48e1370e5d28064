internal import TableFormat
internal import Wire

/// The scan of a body that has come whole.
struct BodyCase: MeasuredCase {
    let name: String
    let count: Int
    private let body: [UInt8]

    init(byteCount: Int) {
        name = "scan body, \(byteCount >> 10) KiB"
        count = max(4, (1 << 21) / byteCount / 4)
        body = BodyCase.chat(byteCount: byteCount)
    }

    /// A chat of that many bytes: prose with a line break, a quote or a letter beyond ASCII now
    /// and then, the model first.
    private static func chat(byteCount: Int) -> [UInt8] {
        let head =
            #"{"model":"family-7/model-417-instruct","stream":true,"messages":["#
            + #"{"role":"system","content":"You are a helpful assistant."},"#
            + #"{"role":"user","content":""#
        let tail =
            #""}],"temperature":0.7,"max_tokens":256,"stream_options":"#
            + #"{"include_usage":true}}"#
        let prose =
            "The quick brown fox jumps over the lazy dog while the model reads on and on, line by "
            + #"line.\nShe said \"caf\u00e9\", then naïve, and it went on for a while, as prose "#
            + "in prompts does, without anything that a scanner has to look at closely.\\n"
        var text: [UInt8] = []
        let room = byteCount - head.utf8.count - tail.utf8.count
        while text.count + prose.utf8.count <= room {
            text += Array(prose.utf8)
        }
        text += [UInt8](repeating: UInt8(ascii: "x"), count: room - text.count)
        return Array(head.utf8) + text + Array(tail.utf8)
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        var scanner = MemberScanner()
        do throws(JSONFault) {
            try scanner.finish(body.rawSpan)
        } catch {
            preconditionFailure("the body is valid")
        }
        return scanner.model.content.count
    }
}

/// A step of the chunked decoder over what one read brings.
struct RelayCase: MeasuredCase {
    /// How chunks come.
    enum Shape: String, CaseIterable {
        /// One server-sent event, whole.
        case one = "1 chunk"
        /// Eight of them in one read.
        case eight = "8 chunks"
        /// One in two reads, cut in its data: a step is half a chunk.
        case halves = "half a chunk"
    }

    let name: String
    let count = 1_000
    private let reads: [[UInt8]]
    private var decoder = ChunkedDecoder()

    init(_ shape: Shape) {
        name = "relay \(shape.rawValue)"
        let event =
            #"data: {"id":"chatcmpl-7f6c1c0e6c3f4a44","object":"chat.completion.chunk","#
            + #""created":1795255200,"model":"family-7/model-417-instruct","choices":[{"index":0,"#
            + #""delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}"# + "\n\n"
        let size = String(event.utf8.count, radix: 16)
        let chunk = Array("\(size)\r\n\(event)\r\n".utf8)
        switch shape {
        case .one: reads = [chunk, chunk]
        case .eight:
            let all = Array(repeatElement(chunk, count: 8).joined())
            reads = [all, all]
        case .halves: reads = [Array(chunk[..<100]), Array(chunk[100...])]
        }
    }

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        var position = 0
        let read = reads[index & 1]
        let bytes = read.rawSpan
        do throws(ChunkFault) {
            let ended = try decoder.advance(bytes, at: &position)
            precondition(!ended)
        } catch {
            preconditionFailure("the chunks are valid")
        }
        return position
    }
}
