internal import Digest
internal import Glibc
package import TableFormat

/// SHA-256 for the format layer, which imports no cryptography.
enum TableHash: TableDigesting {
    static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest {
        TableDigest(Digest.sha256(head, rest))
    }
}

/// Where a table comes from.
package enum TableInput: Sendable {
    /// A file, which is copied: it may be overwritten or removed afterwards.
    case file(path: String)
    /// Bytes that have just been compiled.
    case bytes([UInt8])
}

/// A validated table in sealed memory, read-only; unmapped when it goes.
///
/// The file that was given is never mapped itself: whoever overwrites or truncates it would raise
/// SIGBUS in every reader. It is copied into a memfd, sealed, validated there and mapped.
@safe package struct MappedTable: ~Copyable {
    private let address: UnsafeRawPointer
    /// The number of bytes of the table.
    package let byteCount: Int

    /// Copies, seals, maps and validates; nothing stays behind on a failure.
    package init(_ input: TableInput) throws(LoadFault) {
        let descriptor = LinuxCalls.makeSealableFile("routerc-table")
        guard descriptor >= 0 else {
            throw LoadFault.system("create memory for the table", errno)
        }
        defer { close(descriptor) }
        let count: Int
        var file: String?
        switch input {
        case .file(let path):
            file = path
            count = try MappedTable.copy(path, to: descriptor)
        case .bytes(let bytes):
            try MappedTable.write(bytes, count: bytes.count, to: descriptor)
            count = bytes.count
        }
        guard count > 0 else {
            throw LoadFault.table(TableFault(.tooShort, at: 0), path: file)
        }
        guard LinuxCalls.seal(descriptor) else {
            throw LoadFault.system("seal the table", errno)
        }
        let mapped = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw LoadFault.system("map the table", errno)
        }
        if let fault = MappedTable.fault(
            in: unsafe RawSpan(_unsafeStart: UnsafeRawPointer(mapped), byteCount: count))
        {
            unsafe munmap(mapped, count)
            throw LoadFault.table(fault, path: file)
        }
        unsafe address = UnsafeRawPointer(mapped)
        byteCount = count
    }

    /// Why the bytes are no table, if they are none.
    private static func fault(in bytes: RawSpan) -> TableFault? {
        do throws(TableFault) {
            try TableValidator<TableHash>.validate(bytes)
            return nil
        } catch {
            return error
        }
    }

    deinit {
        // A failure would mean that the mapping was not ours; there is nothing to be done.
        unsafe munmap(UnsafeMutableRawPointer(mutating: address), byteCount)
    }

    /// Calls `body` with the table.
    @inline(__always)
    package borrowing func withView<Result>(
        _ body: (borrowing TableView) throws -> Result
    ) rethrows -> Result {
        // The mapping lives as long as `self`, which is borrowed for the call.
        let bytes = unsafe RawSpan(_unsafeStart: address, byteCount: byteCount)
        return try body(TableView(validated: bytes))
    }

    private static func copy(_ path: String, to target: CInt) throws(LoadFault) -> Int {
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard source >= 0 else {
            throw LoadFault.system("open '\(path)'", errno)
        }
        defer { close(source) }
        var status = stat()
        guard unsafe fstat(source, &status) == 0 else {
            throw LoadFault.system("look at '\(path)'", errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LoadFault.notAFile(path)
        }
        var total = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR {
                continue
            }
            guard count >= 0 else {
                throw LoadFault.system("read '\(path)'", errno)
            }
            if count == 0 {
                return total
            }
            do throws(TableFault) {
                if total == 0 {
                    // Before the rest is read, which may be of any size.
                    try TableValidator<TableHash>.checkHeader(
                        buffer.rawSpan.extracting(0..<count), fileByteCount: Int(status.st_size))
                }
                total += count
                guard total <= Int(status.st_size) else { throw TableFault(.wrongSize, at: total) }
            } catch {
                throw LoadFault.table(error, path: path)
            }
            try write(buffer, count: count, to: target)
        }
    }

    private static func write(
        _ bytes: [UInt8], count: Int, to target: CInt
    ) throws(LoadFault) {
        var offset = 0
        while offset < count {
            let written = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(target, $0.baseAddress?.advanced(by: offset), count - offset)
            }
            if written < 0 && errno == EINTR {
                continue
            }
            guard written > 0 else {
                throw LoadFault.system("copy the table", errno)
            }
            offset += written
        }
    }
}

// `@unchecked`: the memory is sealed against writing before it is mapped, and mapped read-only.
extension MappedTable: @unchecked Sendable {}
