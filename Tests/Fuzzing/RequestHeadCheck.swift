import NIOHTTP1
import TableFormat
import Wire

/// Requests on one connection: what `Wire` accepts, llhttp reads alike.
///
/// Alike: where each head and each body ends, to the byte; method, target, version, host, framing,
/// fields, body. `Wire` may refuse more. However the bytes are cut, `Wire` says the same.
package enum RequestHeadCheck {
    /// More requests than this in an input show nothing new.
    private static let requestLimit = 8

    /// Throws where the two differ, but for what is allowed.
    package static func run(_ bytes: [UInt8]) throws(Mismatch) {
        try run(bytes, allowed: Set(RequestDifference.allCases))
    }

    /// The same with one difference that is not allowed.
    package static func run(
        _ bytes: [UInt8], without difference: RequestDifference
    ) throws(Mismatch) {
        try run(bytes, allowed: Set(RequestDifference.allCases).subtracting([difference]))
    }

    private static func run(
        _ bytes: [UInt8], allowed: Set<RequestDifference>
    ) throws(Mismatch) {
        var reader = RequestReader(bytes)
        let peer = Peer.server()
        var fed = 0
        for index in 0..<requestLimit {
            let step = reader.next()
            if index == 0 { try checkCuts(bytes, step) }
            guard case .request(let request) = step else { return }
            try checkOffsets(request)
            let goesOn = try compare(
                request, at: index, with: peer, bytes: bytes, fed: &fed, allowed)
            guard goesOn, request.body.end != nil, request.head.keepAlive else { return }
        }
    }

    private static func checkCuts(
        _ bytes: [UInt8], _ step: RequestReader.Step
    ) throws(Mismatch) {
        guard case .request(let request) = step else {
            try HeadSearch.checkCuts(bytes, skippingEmptyLines: true, isAccepted: false)
            return
        }
        // The bytes behind a head have no say in it.
        try HeadSearch.checkCuts(
            Array(bytes[..<request.headEnd]), skippingEmptyLines: true, isAccepted: true)
    }

    /// Ranges lie inside the head, and the parts of a target make the target.
    private static func checkOffsets(_ request: ReadRequest) throws(Mismatch) {
        let head = request.head
        try requireEqual(head.byteCount, request.headBytes.count, "the size of the head")
        for range in [head.methodRange, head.target, head.path, head.query, head.host] {
            try require(
                range.start <= range.end && range.end <= head.byteCount, "a range lies outside")
        }
        let target = request.text(head.target)
        let query = request.text(head.query)
        let path = request.text(head.path)
        switch head.form {
        case .authority: try requireEqual(path, "", "the path of an authority")
        case .asterisk: try requireEqual(path, "*", "the path of an asterisk")
        case .origin:
            try require(path.hasPrefix("/"), "a path begins with a slash")
            try require(
                target == path + (query.isEmpty ? "" : "?" + query) || target == path + "?",
                "path and query are not the target")
        case .absolute:
            // What stands between the scheme and the path (RFC 3986, 3.2).
            let parts = target.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            let authority = parts.last.map { $0.prefix { $0 != "/" && $0 != "?" } } ?? ""
            try requireEqual(
                authority.lowercased(), request.text(head.host).lowercased(),
                "the authority of the target")
            try require(path.isEmpty || path.hasPrefix("/"), "a path begins with a slash")
        }
    }

    /// Compares one request, and says whether the next one is worth it.
    private static func compare(
        _ request: ReadRequest, at index: Int, with peer: Peer<HTTPRequestHead>, bytes: [UInt8],
        fed: inout Int, _ allowed: Set<RequestDifference>
    ) throws(Mismatch) -> Bool {
        peer.feed(bytes[fed..<request.headEnd - 1])
        try require(peer.messages.count <= index, "llhttp ends the head earlier")
        peer.feed(bytes[request.headEnd - 1..<request.headEnd])
        fed = request.headEnd
        guard let theirs = peer.messages.dropFirst(index).first else {
            if !RequestDifference.refusals(of: request).isDisjoint(with: allowed) { return false }
            throw Mismatch(
                "llhttp does not accept the head: \(peer.error.map { "\($0)" } ?? "it waits")")
        }
        try compareHeads(request, theirs.head)
        if !RequestDifference.ends(request, theirs.head).isDisjoint(with: allowed) { return false }
        if let end = request.body.end, end > request.headEnd {
            peer.feed(bytes[fed..<end - 1])
            let isEarly = peer.messages[index].isComplete
            try require(!isEarly, "llhttp ends the body earlier")
            peer.feed(bytes[end - 1..<end])
            fed = end
        } else if request.body.end == nil, !request.body.isRefused {
            peer.feed(bytes[fed...])
            fed = bytes.count
        } else if request.body.isRefused {
            return false
        }
        if let error = peer.error {
            if !RequestDifference.bodies(of: request, in: bytes).isDisjoint(with: allowed) {
                return false
            }
            throw Mismatch("llhttp refuses the body: \(error)")
        }
        let body = peer.messages[index]
        try requireEqual(request.body.data.shown, body.body.shown, "the body")
        try requireEqual(request.body.end != nil, body.isComplete, "whether the body has ended")
        return true
    }

    private static func compareHeads(
        _ request: ReadRequest, _ theirs: HTTPRequestHead
    ) throws(Mismatch) {
        let head = request.head
        try requireEqual(request.text(head.methodRange), theirs.method.rawValue, "the method")
        try checkMethod(head.method, theirs.method)
        try requireEqual(request.text(head.target), theirs.uri, "the target")
        try requireEqual(Int(head.minorVersion), theirs.version.minor, "the minor version")
        let fields = FieldText.all(theirs.headers)
        try requireEqual(request.fields, fields, "the fields")
        let hosts = fields.values(of: "host")
        if head.minorVersion == 1 || !hosts.isEmpty {
            try requireEqual([request.text(head.host)], hosts, "the host")
        }
        let framing = try theirFraming(fields)
        try require(head.framing == framing, "framing: \(head.framing), and not \(framing)")
    }

    /// A name that `Wire` gives a method is its name.
    private static func checkMethod(
        _ ours: RequestMethod, _ theirs: HTTPMethod
    ) throws(Mismatch) {
        let named: [(RequestMethod, HTTPMethod)] = [
            (.get, .GET), (.head, .HEAD), (.post, .POST), (.put, .PUT), (.delete, .DELETE),
            (.connect, .CONNECT), (.options, .OPTIONS), (.trace, .TRACE), (.patch, .PATCH),
        ]
        let expected = named.first { $0.1 == theirs }?.0 ?? .other
        try requireEqual(ours, expected, "the name of the method")
    }

    /// The framing that fields ask for, read anew and without mercy (RFC 9112, 6.3).
    private static func theirFraming(_ fields: [FieldText]) throws(Mismatch) -> RequestFraming {
        let encodings = fields.values(of: "transfer-encoding")
        let lengths = fields.values(of: "content-length")
        if encodings.isEmpty, lengths.isEmpty { return .none }
        if lengths.isEmpty {
            try requireEqual(encodings.map { $0.lowercased() }, ["chunked"], "the coding")
            return .chunked
        }
        try require(encodings.isEmpty, "both a length and a coding are accepted")
        try require(lengths.count == 1, "several lengths are accepted")
        guard lengths[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = UInt64(lengths[0])
        else { throw Mismatch("a length that is no number is accepted") }
        return .length(count)
    }
}

extension [FieldText] {
    /// The values of the fields with a name in small letters.
    func values(of name: String) -> [String] {
        filter { $0.lowercasedName == name }.map(\.value)
    }
}
