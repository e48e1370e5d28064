internal import Glibc
internal import NIOCore
internal import NIOPosix

/// The file of a unix socket that we listen on: taken over from the dead only, removed if ours.
struct SocketFile: Sendable {
    private let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Removes a socket that nobody listens on any more; throws where somebody does.
    static func clear(_ path: String) throws(LoadFault) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return }
        func fault(_ problem: String) -> LoadFault {
            .listen(address: "unix:\(path)", problem: problem)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw fault("there is a file of that name that is no socket")
        }
        guard !isAlive(path) else {
            throw fault("another process listens there")
        }
        guard unsafe unlink(path) == 0 else {
            throw fault(unsafe String(cString: strerror(errno)))
        }
    }

    /// Remembers the socket that has just been bound to `path`.
    init?(bound path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// Removes it, unless somebody else has put another in its place.
    func remove() {
        var status = stat()
        guard unsafe stat(path, &status) == 0, UInt64(status.st_dev) == device,
            UInt64(status.st_ino) == inode
        else { return }
        unsafe unlink(path)
    }

    /// Whether a connection is taken.
    private static func isAlive(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8) + [0]
        let isShort = unsafe withUnsafeMutableBytes(of: &address.sun_path) { area in
            guard bytes.count <= area.count else { return false }
            unsafe area.copyBytes(from: bytes)
            return true
        }
        guard isShort else { return false }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size)
            }
        }
        // A full backlog is a sign of life too.
        return result == 0 || errno == EAGAIN
    }
}

/// A listening socket, bound; the same for clients and for the admin interface.
struct BoundSocket: Sendable {
    let channel: any Channel
    /// Set for a unix socket.
    private let file: SocketFile?

    /// Binds to an address, and says what the system says where it cannot.
    init(_ bootstrap: ServerBootstrap, to address: ListenAddress) throws(LoadFault) {
        do {
            switch address {
            case .tcp(let host, let port):
                channel = try bootstrap.bind(host: host, port: Int(port)).wait()
                file = nil
            case .unix(let path):
                try SocketFile.clear(path)
                channel = try bootstrap.bind(unixDomainSocketPath: path).wait()
                file = SocketFile(bound: path)
            }
        } catch let fault as LoadFault {
            throw fault
        } catch {
            throw LoadFault.listen(address: address.description, problem: systemReason(error))
        }
    }

    /// Removes the file of a unix socket, if it is still ours.
    func removeFile() {
        file?.remove()
    }
}
