internal import Glibc

/// Why a file could not be read whole.
enum ReadFault: Error, CustomStringConvertible {
    case system(CInt)
    case notRegular
    case tooLong(byteCountMax: Int)

    var description: String {
        switch self {
        case .system(let code): "cannot be read: \(unsafe String(cString: strerror(code)))"
        case .notRegular: "is not a regular file"
        case .tooLong(let byteCountMax): "is longer than \(byteCountMax >> 10) KiB"
        }
    }
}

/// The bytes of a regular file; a pipe could keep the control thread waiting for ever.
func readSmallFile(_ path: String, byteCountMax: Int) throws(ReadFault) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { throw .system(errno) }
        if count == 0 { return content }
        content += buffer[..<count]
        guard content.count <= byteCountMax else { throw .tooLong(byteCountMax: byteCountMax) }
    }
}
