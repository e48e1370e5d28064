internal import Glibc
internal import NIOCore
internal import TableFormat
internal import Wire

/// A blocking client for one request to this machine: what `routerc demo --once` sends.
package enum DemoClient {
    /// Sends `request` and shows the body of the answer as it comes; false where there was no whole
    /// answer in chunks with status 200.
    package static func send(
        _ request: String, port: Int, show: ([UInt8]) -> Void
    ) -> Bool {
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else {
            return false
        }
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let connected = unsafe address.withSockAddr {
            unsafe connect(descriptor, $0, socklen_t($1))
        }
        guard connected == 0 else { return false }
        var bytes = Array(request.utf8)
        guard unsafe write(descriptor, &bytes, bytes.count) == bytes.count else { return false }
        var answer = DemoAnswer()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !answer.isOver {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            answer.take(buffer[..<count], show: show)
        }
        return answer.isWhole
    }
}

/// An answer in chunks as it comes: its head is looked at, its body is shown.
private struct DemoAnswer {
    private var received: [UInt8] = []
    private var bodyStart: Int?
    private var position = 0
    private var decoder = ChunkedDecoder()
    private var isBroken = false

    /// Nothing more is to be read.
    var isOver: Bool { decoder.hasEnded || isBroken }

    /// It had status 200 and came to its end.
    var isWhole: Bool {
        decoder.hasEnded && received.starts(with: Array("HTTP/1.1 200 ".utf8))
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, show: ([UInt8]) -> Void) {
        received += bytes
        if bodyStart == nil {
            var scanner = HeadScanner(skippingEmptyLines: false)
            bodyStart = scanner.findEnd(received.rawSpan)
            position = bodyStart ?? 0
        }
        guard bodyStart != nil else { return }
        let all = received
        do throws(ChunkFault) {
            while case .data(let start, let count) = try decoder.next(all.rawSpan, at: &position) {
                show(Array(all[start..<start + count]))
            }
        } catch {
            isBroken = true
        }
    }
}
