/// A half-open range of bytes in one source file; line and column are computed when rendering.
public struct SourceSpan: Hashable, Sendable {
    /// Which file: an index into the sources of the run; the root spec is 0.
    public var file: Int
    /// The first byte.
    public var start: Int
    /// The byte after the last; equal to `start` for an empty place (end of file, a missing value).
    public var end: Int

    /// The bytes `start..<end` of a file.
    public init(file: Int, start: Int, end: Int) {
        precondition(start >= 0)
        precondition(end >= start)
        self.file = file
        self.start = start
        self.end = end
    }
}
