internal import Glibc

/// A blocking client for one request to this machine: what `routerc demo --once` sends.
package enum DemoClient {
    /// Sends `request`, which asks for the connection to be closed, and shows what comes as it
    /// comes; false where there was no whole answer with status 200.
    package static func send(
        _ request: String, port: Int, show: ([UInt8]) -> Void
    ) -> Bool {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size)
            }
        }
        guard connected == 0 else { return false }
        var bytes = Array(request.utf8)
        guard unsafe write(descriptor, &bytes, bytes.count) == bytes.count else { return false }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            received += buffer[..<count]
            show(Array(buffer[..<count]))
        }
        return received.starts(with: Array("HTTP/1.1 200 ".utf8))
            && received.suffix(5).elementsEqual("0\r\n\r\n".utf8)
    }
}
