import Foundation
import Glibc
import Testing

@testable import Runtime

/// What is no file is told without waiting for it; of a file no more is read than was asked for.
@Suite struct RegularFileTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "routerc-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
    }

    private func reason(_ name: String) -> String? {
        do throws(ReadFault) {
            _ = try readRegularFile(name, upTo: 100)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func whatIsNoFileIsTold() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
        #expect(unsafe mknod("\(folder)/socket", S_IFSOCK | 0o600, 0) == 0)
        #expect(unsafe symlink("pipe", "\(folder)/link") == 0)
        #expect(unsafe symlink("nowhere", "\(folder)/lost") == 0)
        #expect(reason("\(folder)/pipe") == "it is not a file but a pipe")
        #expect(reason("\(folder)/link") == "it is not a file but a pipe")
        #expect(reason("\(folder)/socket") == "it is not a file but a socket")
        #expect(reason("/dev/zero") == "it is not a file but a device")
        #expect(reason(folder) == "it is not a file but a folder")
        #expect(reason("\(folder)/lost") == "No such file or directory")
    }

    @Test func noMoreIsReadThanWasAskedFor() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/file"
        try Data((0..<10_000).map { UInt8($0 % 251) }).write(to: URL(fileURLWithPath: path))
        #expect(unsafe symlink("file", "\(folder)/link") == 0)
        for limit in [0, 1, 4096, 9_999, 10_000, 20_000] {
            let bytes = try readRegularFile("\(folder)/link", upTo: limit)
            #expect(bytes == (0..<min(limit, 10_000)).map { UInt8($0 % 251) })
        }
        #expect(try readSmallFile(path, byteCountMax: 10_000).count == 10_000)
        #expect(throws: ReadFault.self) { try readSmallFile(path, byteCountMax: 9_999) }
        // As long as memory would not be.
        #expect(unsafe truncate(path, 1 << 40) == 0)
        #expect(try readRegularFile(path, upTo: 5).count == 5)
        #expect(throws: ReadFault.self) { try readSmallFile(path, byteCountMax: 1 << 20) }
    }

    @Test func filesWithoutASizeAreRead() throws {
        #expect(try readRegularFile("/proc/self/status", upTo: 1 << 20).count > 100)
    }

    @Test func reasonsAreForPeople() {
        #expect("\(ReadFault.tooLong(byteCountMax: 64 << 10))" == "is longer than 64 KiB")
        #expect("\(ReadFault.tooLong(byteCountMax: 4 << 20))" == "is longer than 4 MiB")
        #expect("\(ReadFault.notRegular("a pipe"))" == "is not a regular file but a pipe")
        #expect("\(ReadFault.system(ENOENT))" == "cannot be read: No such file or directory")
    }
}
