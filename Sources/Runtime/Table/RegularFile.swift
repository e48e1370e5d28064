internal import Glibc

/// Why a file could not be read whole.
package enum ReadFault: Error, CustomStringConvertible {
    case system(CInt)
    /// This is there in the place of a file: "a pipe".
    case notRegular(String)
    case tooLong(byteCountMax: Int)

    package var description: String {
        switch self {
        case .system: "cannot be read: \(reason)"
        case .notRegular(let kind): "is not a regular file but \(kind)"
        case .tooLong(let byteCountMax): "is longer than \(ReadFault.size(byteCountMax))"
        }
    }

    /// As it follows "cannot be read: ".
    package var reason: String {
        switch self {
        case .system(let code): unsafe String(cString: strerror(code))
        case .notRegular(let kind): "it is not a file but \(kind)"
        case .tooLong(let byteCountMax): "it is longer than \(ReadFault.size(byteCountMax))"
        }
    }

    private static func size(_ byteCount: Int) -> String {
        byteCount % (1 << 20) == 0 ? "\(byteCount >> 20) MiB" : "\(byteCount >> 10) KiB"
    }
}

/// The bytes of a regular file, as many as `byteCountMax` of them.
///
/// Whatever a path leads to is opened without waiting and looked at before it is read: a pipe could
/// keep its reader for ever, and a device has no end. A link to a file is as good as the file.
package func readRegularFile(
    _ path: String, upTo byteCountMax: Int
) throws(ReadFault) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw openFault(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno) }
    if let kind = kindOfOther(status) { throw .notRegular(kind) }
    let byteCount = min(max(0, Int(status.st_size)), byteCountMax)
    var content: [UInt8] = []
    content.reserveCapacity(byteCount)
    // Files of /proc have no size.
    var buffer = [UInt8](repeating: 0, count: min(max(4096, byteCount), 1 << 18))
    while content.count < byteCountMax {
        let room = min(buffer.count, byteCountMax - content.count)
        let count = unsafe read(descriptor, &buffer, room)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { throw .system(errno) }
        if count == 0 { break }
        content += buffer[..<count]
    }
    return content
}

/// All bytes of a regular file that has at most `byteCountMax` of them.
package func readSmallFile(_ path: String, byteCountMax: Int) throws(ReadFault) -> [UInt8] {
    let content = try readRegularFile(path, upTo: byteCountMax + 1)
    guard content.count <= byteCountMax else { throw .tooLong(byteCountMax: byteCountMax) }
    return content
}

/// The text of a file of the kernel, which may have a line for each processor; nil where it cannot
/// be read.
func readSmallText(_ path: String) -> String? {
    guard let bytes = try? readSmallFile(path, byteCountMax: Limits.kernelTextBytesMax) else {
        return nil
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Sockets cannot be opened at all, which the system says in words that help nobody.
private func openFault(_ path: String, _ code: CInt) -> ReadFault {
    var status = stat()
    guard code == ENXIO, unsafe stat(path, &status) == 0, let kind = kindOfOther(status) else {
        return .system(code)
    }
    return .notRegular(kind)
}

/// What stands there where it is no regular file.
private func kindOfOther(_ status: stat) -> String? {
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
}
