internal import Digest
internal import Glibc
internal import Pattern
internal import Routing
internal import TableFormat

/// A table as the server has it: mapped, with its patterns compiled; not validated here.
@safe final class TableFile {
    private let address: UnsafeRawPointer
    let byteCount: Int
    let patterns: PatternSet
    let references = KeyReferences([])
    let scratch = MatchScratch()

    init(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY)
        let size = lseek(descriptor, 0, SEEK_END)
        let mapped = unsafe mmap(nil, max(size, 1), PROT_READ, MAP_SHARED, descriptor, 0)
        guard descriptor >= 0, size > 0, let mapped = unsafe mapped,
            unsafe mapped != MAP_FAILED
        else {
            throw Misuse(what: "cannot map '\(path)'")
        }
        close(descriptor)
        unsafe address = UnsafeRawPointer(mapped)
        byteCount = size
        let bytes = unsafe RawSpan(_unsafeStart: mapped, byteCount: size)
        patterns = try PatternSet(of: TableView(validated: bytes))
    }

    /// The first byte, as a number for whoever reads a trace.
    var start: UInt { unsafe UInt(bitPattern: address) }

    @inline(__always)
    func withView<Result>(_ body: (borrowing TableView) throws -> Result) rethrows -> Result {
        let bytes = unsafe RawSpan(_unsafeStart: address, byteCount: byteCount)
        return try body(TableView(validated: bytes))
    }

    /// The salted fingerprint of a key, as the server makes it.
    func fingerprint(ofKey key: [UInt8]) -> KeyFingerprint {
        KeyFingerprint(digest: Digest.sha256(salt, Digest.sha256(key.rawSpan, RawSpan())))
    }

    /// The salt's 32 bytes.
    var salt: [UInt8] {
        withView { view in
            let words = [
                view.setting(SettingsRecord.salt0), view.setting(SettingsRecord.salt1),
                view.setting(SettingsRecord.salt2), view.setting(SettingsRecord.salt3),
            ]
            return words.flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
            }
        }
    }
}
