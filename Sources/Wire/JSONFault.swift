/// Why a body is refused (RFC 8259, and what the router needs of it).
public enum JSONFault: UInt8, Error, CaseIterable, Sendable {
    /// The body ends before the document does.
    case truncated
    /// The body begins with a byte order mark (RFC 8259, 8.1).
    case byteOrderMark
    /// The document is not an object.
    case notAnObject
    /// A byte that the grammar has no place for.
    case unexpectedByte
    /// Bytes other than white space behind the document.
    case trailingBytes
    /// A number outside the grammar (RFC 8259, 6).
    case invalidNumber
    /// A word other than `true`, `false` and `null` (RFC 8259, 3).
    case invalidLiteral
    /// An escape outside the grammar (RFC 8259, 7).
    case invalidEscape
    /// An escaped surrogate without its other half, which decoders read differently (RFC 8259,
    /// 8.2).
    case loneSurrogate
    /// Bytes that are not UTF-8 (RFC 3629, 4).
    case invalidUTF8
    /// A control character in a string (RFC 8259, 7).
    case controlCharacter
    /// Arrays and objects nested more than 128 deep.
    case tooDeep
    /// A body of 2 GiB or more.
    case tooLong
    /// A second key that some decoder reads as `model`.
    case duplicateModel
    /// A key that is not `model`, and that some decoder reads as `model`.
    case misspelledModel
    /// A `model` that is not a string.
    case modelNotString
    /// A `model` of more than 256 bytes.
    case modelTooLong
    /// A `model` that is empty or has a control character.
    case modelInvalid
    /// A second key that some decoder reads as `stream`.
    case duplicateStream
    /// A key that is not `stream`, and that some decoder reads as `stream`.
    case misspelledStream
    /// A `stream` that is neither boolean nor null.
    case streamNotBoolean

    /// One constant phrase for people.
    public var reason: StaticString {
        switch self {
        case .truncated: "the JSON document is incomplete"
        case .byteOrderMark: "the JSON document begins with a byte order mark"
        case .notAnObject: "the JSON document is not an object"
        case .unexpectedByte: "the JSON document has an unexpected character"
        case .trailingBytes: "something follows the JSON document"
        case .invalidNumber: "the JSON document has an invalid number"
        case .invalidLiteral: "the JSON document has an invalid word"
        case .invalidEscape: "a JSON string has an invalid escape"
        case .loneSurrogate: "a JSON string has half a surrogate pair"
        case .invalidUTF8: "the JSON document is not UTF-8"
        case .controlCharacter: "a JSON string has a control character"
        case .tooDeep: "the JSON document is nested too deeply"
        case .tooLong: "the JSON document is too long"
        case .duplicateModel: "the key 'model' is given twice"
        case .misspelledModel: "the key 'model' is spelled otherwise"
        case .modelNotString: "'model' is not a string"
        case .modelTooLong: "'model' is too long"
        case .modelInvalid: "'model' is empty or has a control character"
        case .duplicateStream: "the key 'stream' is given twice"
        case .misspelledStream: "the key 'stream' is spelled otherwise"
        case .streamNotBoolean: "'stream' is not a boolean"
        }
    }
}
