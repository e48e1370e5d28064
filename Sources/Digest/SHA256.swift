internal import Crypto

/// SHA-256 (FIPS 180-4) of bytes.
public enum Digest {
    /// The number of bytes of a digest.
    @inlinable public static var byteCount: Int { 32 }

    /// The digest of the concatenation of `parts`, 32 bytes.
    public static func sha256(_ parts: [UInt8]...) -> [UInt8] {
        var hash = Crypto.SHA256()
        for part in parts {
            hash.update(data: part)
        }
        return Array(hash.finalize())
    }

    /// The digest of two runs of bytes, one after the other, 32 bytes.
    public static func sha256(_ first: RawSpan, _ second: RawSpan) -> [UInt8] {
        var hash = Crypto.SHA256()
        unsafe first.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        unsafe second.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }
}
