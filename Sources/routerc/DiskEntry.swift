import Glibc
import SpecCompiler

/// An entry of a folder on disk.
struct DiskEntry {
    /// Its name; of one that is not UTF-8 a stand-in, with `\\xE9` for each byte that is not ASCII.
    var name: String
    /// Whether its name is UTF-8.
    var isText: Bool
    /// Whether it is a folder, or a link to one.
    var isFolder: Bool
    var isLink: Bool

    /// What a folder holds, in any order; nil where `path` is something else.
    static func all(of path: String) throws(SpecFolderFault) -> [DiskEntry]? {
        guard let stream = unsafe opendir(path) else {
            if errno == ENOTDIR { return nil }
            throw fault(errno)
        }
        defer { unsafe closedir(stream) }
        var entries: [DiskEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw fault(errno) }
                return entries
            }
            // The name is as long as its zero byte says, whatever C declares.
            let (bytes, isFolder, isLink) = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    var bytes: [UInt8] = []
                    while unsafe name[bytes.count] != 0 {
                        bytes.append(UInt8(bitPattern: unsafe name[bytes.count]))
                    }
                    var (status, own) = (stat(), stat())
                    let descriptor = unsafe dirfd(stream)
                    // A link that leads nowhere is there, and reading it will say so.
                    let isFolder =
                        unsafe fstatat(descriptor, name, &status, 0) == 0
                        && status.st_mode & S_IFMT == S_IFDIR
                    let isLink =
                        unsafe fstatat(descriptor, name, &own, AT_SYMLINK_NOFOLLOW) == 0
                        && own.st_mode & S_IFMT == S_IFLNK
                    return (bytes, isFolder, isLink)
                }
            }
            let text = String(validating: bytes, as: UTF8.self)
            guard text != ".", text != ".." else { continue }
            entries.append(
                DiskEntry(
                    name: text ?? escaped(bytes), isText: text != nil, isFolder: isFolder,
                    isLink: isLink))
        }
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            if (0x20...0x7E).contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    private static func fault(_ code: CInt) -> SpecFolderFault {
        SpecFolderFault(unsafe String(cString: strerror(code)))
    }
}
