import NIOHTTP1
import Wire

/// A request on which `Wire` and llhttp differ, and why no harm comes of it.
///
/// Nothing else may differ. The tests show of each example that it is accepted by `Wire`, and that
/// the comparison fails without the entry.
package enum RequestDifference: String, CaseIterable, Sendable {
    /// llhttp knows a list of methods, and a method may be any token (RFC 9110, 9.1). Those that
    /// nobody knows are refused by the paths that routerc answers, and pass where a key is pinned.
    case methodOutsideTheList
    /// Behind the head of a CONNECT llhttp sees a tunnel (RFC 9110, 9.3.6). routerc makes none: it
    /// refuses the request, since an authority is no path.
    case connect
    /// Behind a request that offers an upgrade llhttp waits for the decision of the server. routerc
    /// ignores the offer (RFC 9110, 7.8) and does not pass it on.
    case upgrade
    /// llhttp obeys `Proxy-Connection`, which no standard defines, as it does `Connection`, and
    /// reads nothing behind such a request. routerc drops the field.
    case proxyConnection
    /// llhttp wants the grammar of chunk extensions (RFC 9112, 7.1.1). For routerc they are any
    /// bytes but control characters up to CR LF; it does not pass on a request's chunks.
    case chunkExtension
    /// llhttp refuses trailers that have the name of a framing field. routerc reads no trailer
    /// (RFC 9110, 6.5.1) and does not pass on those of a request.
    case framingTrailer

    /// Why llhttp may refuse a head.
    static func refusals(of request: ReadRequest) -> Set<RequestDifference> {
        var found: Set<RequestDifference> = []
        let method = HTTPMethod(rawValue: request.text(request.head.methodRange))
        if case .RAW = method { found.insert(.methodOutsideTheList) }
        return found
    }

    /// Why llhttp may not look for a body, or for a next message, behind a head.
    static func ends(
        _ request: ReadRequest, _ theirs: HTTPRequestHead
    ) -> Set<RequestDifference> {
        var found: Set<RequestDifference> = []
        if request.head.method == .connect { found.insert(.connect) }
        if request.head.wantsUpgrade { found.insert(.upgrade) }
        let closes = request.head.keepAlive && !theirs.isKeepAlive
        if closes, !request.fields.values(of: "proxy-connection").isEmpty {
            found.insert(.proxyConnection)
        }
        return found
    }

    /// Why llhttp may refuse a body.
    static func bodies(of request: ReadRequest, in bytes: [UInt8]) -> Set<RequestDifference> {
        guard request.head.framing == .chunked else { return [] }
        var found: Set<RequestDifference> = []
        let lines = FrameLines(bytes, from: request.headEnd)
        if lines.hasExtensions { found.insert(.chunkExtension) }
        if lines.hasFramingTrailers { found.insert(.framingTrailer) }
        return found
    }

    /// A request on which the two differ.
    package var example: String {
        let body = "Transfer-Encoding: chunked\r\n\r\n"
        return switch self {
        case .methodOutsideTheList: "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"
        case .connect: "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\nx"
        case .upgrade:
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
                + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        case .proxyConnection:
            "GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n"
                + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        case .chunkExtension:
            "POST / HTTP/1.1\r\nHost: a\r\n" + body + "1;@=\r\nx\r\n0\r\n\r\n"
        case .framingTrailer:
            "POST / HTTP/1.1\r\nHost: a\r\n" + body + "0\r\nContent-Length: 1\r\n\r\n"
        }
    }
}

/// The fields of a head that say how long its body is, as they were sent.
enum FramingFields {
    /// In small letters.
    static let names: Set<String> = ["content-length", "transfer-encoding"]
}

/// A chunked body that `Wire` accepts and llhttp refuses, without harm.
enum ChunkDifference {
    /// Whether a body has a chunk extension, or a trailer named like a framing field.
    static func explains(_ bytes: [UInt8], from start: Int) -> Bool {
        let lines = FrameLines(bytes, from: start)
        return lines.hasExtensions || lines.hasFramingTrailers
    }
}

/// The lines that frame a chunked body, found by a reader that is written for clarity only.
struct FrameLines {
    private(set) var hasExtensions = false
    /// In small letters.
    private(set) var trailerNames: [String] = []

    var hasFramingTrailers: Bool {
        trailerNames.contains { FramingFields.names.contains($0) }
    }

    init(_ bytes: [UInt8], from start: Int) {
        var rest = bytes[start...]
        while let line = FrameLines.line(&rest) {
            let digits = line.prefix { Character(UnicodeScalar($0)).isHexDigit }
            if digits.count < line.count { hasExtensions = true }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return }
            if size == 0 { break }
            guard rest.count >= size, rest.count - size >= 2 else { return }
            rest = rest.dropFirst(size + 2)
        }
        while let line = FrameLines.line(&rest), !line.isEmpty {
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            trailerNames.append(String(decoding: name, as: UTF8.self).lowercased())
        }
    }

    /// Takes a line, or what there is of one; nil where nothing is left.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { $0 != 0x0D }
        rest = rest.dropFirst(line.count + 2)
        return line
    }
}
