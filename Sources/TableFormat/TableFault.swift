/// Why bytes are not a table, with the place of the fault.
///
/// Never a crash: a bad file is refused.
public struct TableFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// What can be wrong.
    public enum Cause: Equatable, Sendable {
        case tooShort
        case tooLarge
        case badMagic
        case unsupportedMajor(UInt16)
        case wrongSize
        case digestMismatch
        case badDirectory
        case unknownCriticalSection(UInt16)
        case sectionOutOfBounds(SectionKind)
        case reservedNotZero(SectionKind)
        case badReference(SectionKind)
        case badValue(SectionKind)
        case badOrder(SectionKind)
    }

    /// What is wrong.
    public var cause: Cause
    /// The byte of the file where the offending record or field begins.
    public var offset: Int

    /// From its parts.
    public init(_ cause: Cause, at offset: Int) {
        self.cause = cause
        self.offset = offset
    }

    /// One sentence for people.
    public var description: String { "\(what) (byte \(offset))" }

    private var what: String {
        switch cause {
        case .tooShort: "the file is too short to be a routing table"
        case .tooLarge: "the file is larger than a routing table can be"
        case .badMagic: "the file is not a routing table"
        case .unsupportedMajor(let major):
            "the table has format \(major), this routerc reads format \(FormatVersion.major)"
        case .wrongSize: "the file is not as long as its header says: it was cut or has grown"
        case .digestMismatch: "the digest does not match: the file is damaged"
        case .badDirectory: "the directory of sections is damaged"
        case .unknownCriticalSection(let kind):
            "the table needs section \(kind), which this routerc does not know"
        case .sectionOutOfBounds(let kind): "section '\(kind)' lies outside of the file"
        case .reservedNotZero(let kind): "reserved bytes of section '\(kind)' are not zero"
        case .badReference(let kind): "a record of section '\(kind)' refers to nothing"
        case .badValue(let kind): "a record of section '\(kind)' has a value without meaning"
        case .badOrder(let kind): "the records of section '\(kind)' are not in order"
        }
    }
}
