import NIOCore
import NIOEmbedded
import NIOHTTP1

/// A message as SwiftNIO's decoder, which is llhttp, reads it.
struct PeerMessage<Head> {
    let head: Head
    var body: [UInt8] = []
    var trailers: [FieldText] = []
    var isComplete = false
}

/// A connection whose bytes llhttp reads.
final class Peer<Head> {
    private(set) var messages: [PeerMessage<Head>] = []
    private(set) var error: (any Error)?
    private let channel: EmbeddedChannel
    private let collect: (EmbeddedChannel, inout [PeerMessage<Head>]) throws -> Void

    private init(
        _ channel: EmbeddedChannel,
        collect: @escaping (EmbeddedChannel, inout [PeerMessage<Head>]) throws -> Void
    ) {
        self.channel = channel
        self.collect = collect
    }

    deinit {
        // Takes the handlers out, which hold the channel.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// Gives it the next bytes; after an error none are read.
    func feed(_ bytes: ArraySlice<UInt8>) {
        guard error == nil, !bytes.isEmpty else { return }
        do {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            self.error = error
        }
        gather()
    }

    /// Closes the connection.
    func close() {
        guard error == nil else { return }
        do {
            _ = try channel.finish(acceptAlreadyClosed: true)
        } catch {
            self.error = error
        }
        gather()
    }

    private func gather() {
        do {
            try collect(channel, &messages)
        } catch {
            self.error = error
        }
    }
}

extension Peer where Head == HTTPRequestHead {
    /// A server's side.
    static func server() -> Peer<HTTPRequestHead> {
        Peer(EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))) {
            channel, messages in
            while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
                switch part {
                case .head(let head): messages.append(PeerMessage(head: head))
                case .body(let body): messages.add(body)
                case .end(let trailers): messages.end(trailers)
                }
            }
        }
    }
}

extension Peer where Head == HTTPResponseHead {
    /// A client's side that has sent a request, and forwards interim responses.
    static func client(requestWasHead: Bool) throws(Mismatch) -> Peer<HTTPResponseHead> {
        let decoder = HTTPResponseDecoder(informationalResponseStrategy: .forward)
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(decoder))
        let request = HTTPRequestHead(
            version: .http1_1, method: requestWasHead ? .HEAD : .GET, uri: "/")
        do {
            try channel.writeOutbound(HTTPClientRequestPart.head(request))
        } catch {
            throw Mismatch("the peer sends no request: \(error)")
        }
        return Peer(channel) { channel, messages in
            while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
                switch part {
                case .head(let head):
                    messages.append(PeerMessage(head: head))
                    // Interim responses have no body, and the decoder says no end of them.
                    if head.status.code < 200, head.status.code != 101 { messages.end(nil) }
                case .body(let body): messages.add(body)
                case .end(let trailers): messages.end(trailers)
                }
            }
        }
    }
}

extension Array {
    fileprivate mutating func add<Head>(_ body: ByteBuffer) where Element == PeerMessage<Head> {
        self[count - 1].body += body.readableBytesView
    }

    fileprivate mutating func end<Head>(
        _ trailers: HTTPHeaders?
    ) where Element == PeerMessage<Head> {
        self[count - 1].isComplete = true
        self[count - 1].trailers = FieldText.all(trailers ?? [:])
    }
}

extension FieldText {
    /// Every field that SwiftNIO found, in its order.
    static func all(_ headers: HTTPHeaders) -> [FieldText] {
        headers.map { FieldText($0.name, $0.value) }
    }
}
