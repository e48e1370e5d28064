/// Why a form is refused (RFC 7578, and what the router needs of it).
public enum MultipartFault: UInt8, Error, CaseIterable, Sendable {
    /// The body ends before the closing delimiter does.
    case incomplete
    /// Delimiters or fields of a part that some parser reads otherwise than another.
    case malformed
    /// More than 8 KiB or more than 16 fields at the head of a part.
    case headersTooLarge
    /// More than 256 parts.
    case tooManyParts
    /// A `model` that some parser does not see, or reads otherwise: a second one, another
    /// spelling, a file, an encoding.
    case ambiguousModel
    /// A `model` that is empty, longer than 256 bytes, not UTF-8, or has a control character.
    case modelInvalid
    /// The same as of `model`, of `stream`.
    case ambiguousStream
    /// A `stream` that is not one of `true`, `True`, `1`, `false`, `False`, `0`.
    case streamInvalid

    /// One constant phrase for people.
    public var reason: StaticString {
        switch self {
        case .incomplete: "the form is incomplete"
        case .malformed: "the form is malformed"
        case .headersTooLarge: "the fields of a part of the form are too large"
        case .tooManyParts: "the form has too many parts"
        case .ambiguousModel: "the form's 'model' is given twice, spelled otherwise, or encoded"
        case .modelInvalid: "the form's 'model' is empty, too long, or not plain text"
        case .ambiguousStream: "the form's 'stream' is given twice, spelled otherwise, or encoded"
        case .streamInvalid: "the form's 'stream' is not a boolean"
        }
    }
}
