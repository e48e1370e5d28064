/// How a table is hashed.
///
/// The format layer imports no cryptography; its users bring it.
public protocol TableDigesting {
    /// SHA-256 of the two runs of bytes, one after the other.
    static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest
}

/// The two runs that the digest covers: all bytes but those of the digest itself.
public enum DigestCoverage {
    /// The header up to the digest.
    @inlinable public static var head: Range<Int> { 0..<FileHeader.digest0.offset }
    /// All after the header.
    @inlinable public static var restStart: Int { FileHeader.size }
}
