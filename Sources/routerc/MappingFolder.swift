import Glibc
import SpecCompiler

/// A folder of Traefik mappings that one process at a time changes.
///
/// Holds a lock from `init` to its end; the lock's file is hidden, and says nothing about keys.
struct MappingFolder: ~Copyable {
    private let path: String
    private let lock: CInt

    /// Waits for its turn; ends the command where the folder cannot be used.
    init(_ path: String) throws {
        self.path = path
        let name = "\(path)/.routerc-register.lock"
        lock = unsafe open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw MappingFolder.failure("use the folder", path) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw MappingFolder.failure("lock", name) }
        }
    }

    deinit {
        close(lock)
    }

    /// What was done, to be undone where the spec does not like it.
    struct Change {
        fileprivate var folder: String
        fileprivate var name: String
        /// The bytes and the mode of the file that stood there before.
        fileprivate var previous: (bytes: [UInt8], mode: mode_t)?
        /// Files that held the same key: the old name and the new.
        fileprivate(set) var retired: [(old: String, new: String)] = []
        fileprivate var isWritten = false

        /// Puts everything back.
        mutating func undo() {
            if isWritten, let previous {
                try? TableFile.publish(
                    previous.bytes, to: "\(folder)/\(name)", mode: previous.mode & 0o777)
            } else if isWritten {
                unsafe unlink("\(folder)/\(name)")
            }
            isWritten = false
            for (old, new) in retired {
                _ = unsafe rename("\(folder)/\(new)", "\(folder)/\(old)")
            }
            retired = []
        }
    }

    /// Writes a mapping, and renames the others that hold its key.
    func register(_ bytes: [UInt8], as name: String, key: String) throws -> Change {
        var change = Change(folder: path, name: name)
        let target = "\(path)/\(name)"
        var status = stat()
        if unsafe lstat(target, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG, let old = SpecInput.contents(of: target)
            else {
                Output.talk("error: '\(target)' is there and is no file that can be replaced")
                throw ExitStatus.unknown
            }
            change.previous = (old, status.st_mode)
        }
        let stamp = MappingFolder.stamp()
        do {
            for file in try mappings(besides: name) {
                try retire(file, key, stamp, &change)
            }
            try write(bytes, to: target)
            change.isWritten = true
        } catch {
            change.undo()
            throw error
        }
        return change
    }

    private func write(_ bytes: [UInt8], to target: String) throws {
        do throws(TableFile.Failure) {
            try TableFile.publish(bytes, to: target, mode: 0o640)
        } catch {
            Output.talk("error: \(error)")
            throw ExitStatus.unknown
        }
    }

    private func retire(
        _ file: String, _ key: String, _ stamp: String, _ change: inout Change
    ) throws {
        guard let bytes = SpecInput.contents(of: "\(path)/\(file)") else {
            throw MappingFolder.failure("read", "\(path)/\(file)")
        }
        switch TraefikMapping.holding(of: key, in: bytes) {
        case .none: return
        case .amongOthers:
            Output.talk(
                "error: '\(path)/\(file)' holds this key and other routers; take the key out of it "
                    + "by hand")
            throw ExitStatus.no
        case .alone:
            var new = "\(file).bak.\(stamp)"
            var count = 2
            while unsafe access("\(path)/\(new)", F_OK) == 0 {
                new = "\(file).bak.\(stamp)-\(count)"
                count += 1
            }
            guard unsafe rename("\(path)/\(file)", "\(path)/\(new)") == 0 else {
                throw MappingFolder.failure("rename", "\(path)/\(file)")
            }
            change.retired.append((file, new))
        }
    }

    /// The mappings below the folder but one, ascending.
    private func mappings(besides name: String) throws -> [String] {
        let disk = DiskFolder(of: "\(path)/.")
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let entries: [SpecFolderEntry]?
            do throws(SpecFolderFault) {
                entries = try disk.entries(of: folder)
            } catch {
                Output.talk("error: cannot read '\(path)/\(folder)': \(error.reason)")
                throw ExitStatus.unknown
            }
            for entry in entries ?? [] {
                let relative = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
                if entry.isFolder {
                    folders.append(relative)
                } else if relative != name,
                    entry.name.hasSuffix(".yml") || entry.name.hasSuffix(".yaml")
                {
                    found.append(relative)
                }
            }
        }
        return found.sorted()
    }

    /// `20261121-103059`, local time as in other files' names.
    private static func stamp() -> String {
        var now = time(nil)
        var parts = unsafe tm()
        unsafe localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = unsafe strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func failure(_ step: String, _ path: String) -> ExitStatus {
        Output.talk("error: cannot \(step) '\(path)': \(unsafe String(cString: strerror(errno)))")
        return .unknown
    }
}
