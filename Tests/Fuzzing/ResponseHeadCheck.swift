import NIOHTTP1
import TableFormat
import Wire

/// The responses to one request: what `Wire` accepts, llhttp reads alike.
///
/// An input begins with `H` or `G`, the letter of the request's method, HEAD or GET; the rest is
/// what an upstream sends before it closes.
enum ResponseHeadCheck {
    /// As many interim responses as the runtime bears, and the answer.
    private static let responseLimit = 33

    static func run(_ input: [UInt8]) throws(Mismatch) {
        guard let letter = input.first else { return }
        let requestWasHead = letter == UInt8(ascii: "H")
        let bytes = Array(input.dropFirst())
        var reader = ResponseReader(bytes, requestWasHead: requestWasHead)
        let peer = try Peer.client(requestWasHead: requestWasHead)
        var fed = 0
        for index in 0..<responseLimit {
            let step = reader.next()
            if index == 0 { try checkCuts(bytes, step) }
            guard case .response(let response) = step else { return }
            try compare(response, at: index, with: peer, bytes: bytes, fed: &fed)
            guard response.head.isInterim else { return }
            if ResponseDifference.endsComparison(response) { return }
        }
    }

    private static func checkCuts(
        _ bytes: [UInt8], _ step: ResponseReader.Step
    ) throws(Mismatch) {
        guard case .response(let response) = step else {
            try HeadSearch.checkCuts(bytes, skippingEmptyLines: false, isAccepted: false)
            return
        }
        try HeadSearch.checkCuts(
            Array(bytes[..<response.headEnd]), skippingEmptyLines: false, isAccepted: true)
    }

    private static func compare(
        _ response: ReadResponse, at index: Int, with peer: Peer<HTTPResponseHead>,
        bytes: [UInt8], fed: inout Int
    ) throws(Mismatch) {
        peer.feed(bytes[fed..<response.headEnd - 1])
        try require(peer.messages.count <= index, "llhttp ends the head earlier")
        peer.feed(bytes[response.headEnd - 1..<response.headEnd])
        fed = response.headEnd
        guard let theirs = peer.messages.dropFirst(index).first else {
            throw Mismatch(
                "llhttp does not accept the head: \(peer.error.map { "\($0)" } ?? "it waits")")
        }
        try compareHeads(response, theirs.head)
        guard !response.body.isRefused else { return }
        if response.head.framing == .untilClose {
            peer.feed(bytes[fed...])
            let isEarly = peer.messages[index].isComplete
            try require(!isEarly, "llhttp ends the body before the connection does")
            peer.close()
        } else if let end = response.body.end, end > response.headEnd {
            peer.feed(bytes[fed..<end - 1])
            let isEarly = peer.messages[index].isComplete
            try require(!isEarly, "llhttp ends the body earlier")
            peer.feed(bytes[end - 1..<end])
            fed = end
        } else if response.body.end == nil {
            peer.feed(bytes[fed...])
        }
        if let error = peer.error {
            let isChunked = response.head.framing == .chunked
            if isChunked, ChunkDifference.explains(bytes, from: response.headEnd) { return }
            throw Mismatch("llhttp refuses the body: \(error)")
        }
        let body = peer.messages[index]
        try requireEqual(response.body.data.shown, body.body.shown, "the body")
        try requireEqual(response.body.end != nil, body.isComplete, "whether the body has ended")
    }

    private static func compareHeads(
        _ response: ReadResponse, _ theirs: HTTPResponseHead
    ) throws(Mismatch) {
        let head = response.head
        try requireEqual(head.byteCount, response.headBytes.count, "the size of the head")
        try requireEqual(head.status, Int(theirs.status.code), "the status")
        try requireEqual(Int(head.minorVersion), theirs.version.minor, "the minor version")
        let fields = FieldText.all(theirs.headers)
        try requireEqual(response.fields, fields, "the fields")
        // A connection that llhttp would not use again must not go back to the pool.
        let isKept = head.keepAlive && !head.isInterim
        try require(
            !isKept || theirs.isKeepAlive || ResponseDifference.explainsClose(response),
            "llhttp does not keep the connection")
        let lengths = fields.values(of: "content-length")
        let encodings = fields.values(of: "transfer-encoding")
        switch head.framing {
        case .length(let count):
            try requireEqual(lengths.map { UInt64($0) }, [count], "the length")
            try requireEqual(encodings, [], "the coding beside a length")
        case .chunked:
            try requireEqual(encodings.map { $0.lowercased() }, ["chunked"], "the coding")
            try requireEqual(lengths, [], "the length beside a coding")
        case .none, .untilClose: break
        }
    }
}

/// A response on which `Wire` and llhttp differ, and why no harm comes of it.
enum ResponseDifference {
    /// Whether nothing behind this response can be compared.
    ///
    /// llhttp reads nothing behind an interim response that tells the end of the connection, or is
    /// of HTTP/1.0 (RFC 9112, 9.3). routerc drops interim responses, and waits for the answer.
    static func endsComparison(_ response: ReadResponse) -> Bool {
        response.head.isInterim
            && (!response.head.keepAlive || hasProxyConnection(response))
    }

    /// Whether llhttp may take this for the last response of a connection.
    ///
    /// It obeys `Proxy-Connection`, which no standard defines, and wants a length of responses that
    /// have no body, such as those to HEAD (RFC 9112, 6.3). At worst routerc finds that the
    /// connection was closed, as it may at any time.
    static func explainsClose(_ response: ReadResponse) -> Bool {
        response.head.framing == .none || hasProxyConnection(response)
    }

    private static func hasProxyConnection(_ response: ReadResponse) -> Bool {
        !response.fields.values(of: "proxy-connection").isEmpty
    }
}
