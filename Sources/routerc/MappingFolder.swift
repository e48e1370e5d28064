import Glibc
import Runtime
import SpecCompiler

/// A folder of Traefik mappings that one process at a time changes.
///
/// Holds a lock from `init` to its end; the lock's file is hidden, and says nothing about keys.
struct MappingFolder: ~Copyable {
    private let path: String
    private let lock: CInt

    /// The largest mapping that is read: room for a hundred thousand routers.
    private static let fileBytesMax = 16 << 20

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

    /// Writes the mapping of a service, keeps the file that it replaces where that is another's,
    /// and renames the others that hold its key.
    ///
    /// All are read before any is changed: one that cannot be read may hold the key.
    func register(_ bytes: [UInt8], as name: String, for service: String, key: String) throws
        -> MappingChange
    {
        try removeLeftovers()
        let stamp = MappingFolder.stamp()
        let replaced = try replaced(name, by: service, key)
        let holders = try mappings(besides: name).filter { try isHeld($0, by: key) }
        var change = MappingChange(folder: path, name: name)
        do {
            // First, so that the key is in a file whenever this is ended.
            if let replaced {
                try keep(replaced, stamp, &change)
            }
            try publish(bytes, as: name, mode: 0o640)
            change.isWritten = true
            for file in holders {
                let new = unusedName("\(file).bak.\(stamp)")
                guard unsafe rename("\(path)/\(file)", "\(path)/\(new)") == 0 else {
                    throw MappingFolder.failure("rename", "\(path)/\(file)")
                }
                change.retired.append((file, new))
            }
        } catch {
            throw change.takeBack(because: error)
        }
        return change
    }

    // MARK: - The file of the same name

    /// A file that a mapping takes the place of.
    private struct Replaced {
        var bytes: [UInt8]
        var mode: mode_t
        /// Whether it stays, under another name.
        var isKept: Bool
    }

    /// What is to be replaced; nil for nothing.
    private func replaced(_ name: String, by service: String, _ key: String) throws -> Replaced? {
        let target = "\(path)/\(name)"
        var status = stat()
        guard unsafe lstat(target, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else {
            Output.talk("error: '\(target)' is there and is no file that can be replaced")
            throw ExitStatus.unknown
        }
        let bytes = try contents(of: name)
        let replacement = TraefikMapping.replacement(of: bytes, by: service, key: key)
        switch replacement {
        case .again, .kept:
            return Replaced(
                bytes: bytes, mode: status.st_mode & 0o777, isKept: replacement == .kept)
        case .foreign(let other):
            Output.talk(
                "error: '\(target)' is of the service '\(other)' with another key; choose another "
                    + "--service, or take that file away first")
        case .shared:
            Output.talk(
                "error: '\(target)' has routers of other keys, which would be lost; choose another "
                    + "--service, or take them out of it by hand")
        }
        throw ExitStatus.no
    }

    /// Gives the file a second name, without a moment in which it has none.
    private func keep(_ file: Replaced, _ stamp: String, _ change: inout MappingChange) throws {
        let name = change.name
        let new =
            file.isKept
            ? unusedName("\(name).bak.\(stamp)") : "\(name).earlier.\(getpid()).tmp"
        if unsafe link("\(path)/\(name)", "\(path)/\(new)") != 0 {
            // Not everywhere are there links, and not for everybody.
            try publish(file.bytes, as: new, mode: file.mode)
        }
        change.earlier = (new, file.isKept)
    }

    private func publish(_ bytes: [UInt8], as name: String, mode: mode_t) throws {
        do throws(TableFile.Failure) {
            try TableFile.publish(bytes, to: "\(path)/\(name)", mode: mode)
        } catch {
            Output.talk("error: \(error)")
            throw ExitStatus.unknown
        }
    }

    /// A name that nothing has, not even a link that leads nowhere.
    private func unusedName(_ name: String) -> String {
        var status = stat()
        var candidate = name
        var count = 2
        while unsafe lstat("\(path)/\(candidate)", &status) == 0 {
            candidate = "\(name)-\(count)"
            count += 1
        }
        return candidate
    }

    // MARK: - The others

    private func contents(of file: String) throws -> [UInt8] {
        do throws(ReadFault) {
            return try readSmallFile("\(path)/\(file)", byteCountMax: MappingFolder.fileBytesMax)
        } catch {
            Output.talk("error: cannot tell whose keys '\(path)/\(file)' holds: \(error.reason)")
            throw ExitStatus.unknown
        }
    }

    private func isHeld(_ file: String, by key: String) throws -> Bool {
        switch TraefikMapping.holding(of: key, in: try contents(of: file)) {
        case .none: return false
        case .alone: return true
        case .amongOthers:
            Output.talk(
                "error: '\(path)/\(file)' holds this key and other routers; take the key out of it "
                    + "by hand")
            throw ExitStatus.no
        }
    }

    /// The mappings below the folder but one, ascending.
    ///
    /// A link to a folder is not followed: one that leads into this folder would show the same
    /// files again, and what lies elsewhere is not ours to rename.
    private func mappings(besides name: String) throws -> [String] {
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for entry in try entries(of: folder) {
                let relative = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
                let isMapping = entry.name.hasSuffix(".yml") || entry.name.hasSuffix(".yaml")
                guard relative != name, entry.isFolder || isMapping else { continue }
                guard entry.isText else {
                    Output.talk(
                        "error: cannot tell whose keys '\(path)/\(relative)' holds: its name is "
                            + "not UTF-8; rename it")
                    throw ExitStatus.unknown
                }
                if !entry.isFolder {
                    found.append(relative)
                } else if !entry.isLink {
                    folders.append(relative)
                } else if leadsOut(relative) {
                    Output.talk("left out \(path)/\(relative), a link to a folder elsewhere")
                }
            }
        }
        return found.sorted()
    }

    private func entries(of folder: String) throws -> [DiskEntry] {
        do throws(SpecFolderFault) {
            return try DiskEntry.all(of: folder.isEmpty ? path : "\(path)/\(folder)") ?? []
        } catch {
            Output.talk("error: cannot read '\(path)/\(folder)': \(error.reason)")
            throw ExitStatus.unknown
        }
    }

    private func leadsOut(_ link: String) -> Bool {
        guard let base = unsafe realpath(path, nil) else { return true }
        defer { unsafe free(base) }
        guard let real = unsafe realpath("\(path)/\(link)", nil) else { return true }
        defer { unsafe free(real) }
        return unsafe !"\(String(cString: real))/".hasPrefix("\(String(cString: base))/")
    }

    /// Removes what a process that was ended in the midst of this has left here.
    ///
    /// The lock says that no other one is at it.
    private func removeLeftovers() throws {
        for entry in try entries(of: "") where !entry.isFolder && entry.isText {
            guard MappingFolder.isTemporary(entry.name) else { continue }
            if unsafe unlink("\(path)/\(entry.name)") == 0 {
                Output.talk("removed \(path)/\(entry.name), left by an earlier one that was ended")
            }
        }
    }

    /// `NAME.yml.PID.tmp`, or the same of a file that is kept.
    private static func isTemporary(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 1] == "tmp" else { return false }
        let number = parts[parts.count - 2]
        return !number.isEmpty && number.allSatisfy { ("0"..."9").contains($0) }
            && parts.dropFirst().dropLast(2).contains("yml")
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
