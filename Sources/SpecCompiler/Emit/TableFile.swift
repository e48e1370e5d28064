internal import Glibc
internal import TableFormat

/// Publishes a table so that a reader sees the old file or the new one, never a part.
///
/// Temp file in the same folder, `fsync`, `rename`, `fsync` of the folder (tinydns-data's way). On
/// failure the old file stays and the temp file is removed.
package enum TableFile {
    /// What went wrong, in the system's words.
    package struct Failure: Error, CustomStringConvertible {
        package var step: String
        package var path: String
        package var code: CInt

        package var description: String {
            "cannot \(step) '\(path)': \(unsafe String(cString: strerror(code)))"
        }
    }

    /// The digest that names a table, 64 hexadecimal digits.
    package static func digest(of bytes: [UInt8]) -> String {
        TableView(validated: bytes.rawSpan).digest.hex
    }

    /// Writes `bytes` to `path`, with `mode` less the umask.
    package static func publish(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644
    ) throws(Failure) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw Failure(step: "create", path: temporary, code: errno)
        }
        do throws(Failure) {
            defer { close(descriptor) }
            try write(bytes, to: descriptor, path: temporary)
            guard fsync(descriptor) == 0 else {
                throw Failure(step: "sync", path: temporary, code: errno)
            }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        guard unsafe rename(temporary, path) == 0 else {
            let failure = Failure(step: "rename onto", path: path, code: errno)
            unsafe unlink(temporary)
            throw failure
        }
        try syncFolder(of: path)
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: CInt, path: String
    ) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if written < 0 && errno == EINTR {
                continue
            }
            guard written > 0 else {
                throw Failure(step: "write", path: path, code: errno)
            }
            offset += written
        }
    }

    private static func syncFolder(of path: String) throws(Failure) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(step: "open", path: folder, code: errno)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Failure(step: "sync", path: folder, code: errno)
        }
    }
}
