/// Why the head of an upstream's answer is refused.
public enum ResponseFault: UInt8, Error, CaseIterable, Sendable {
    /// The bytes do not end with the first empty line (RFC 9112, 2.1).
    case headNotComplete
    /// The first line is not version SP status SP reason (RFC 9112, 4).
    case malformedStatusLine
    /// The version is neither HTTP/1.0 nor HTTP/1.1 (RFC 9112, 2.3).
    case unsupportedVersion
    /// The status is not three digits of 100...599 (RFC 9110, 15).
    case invalidStatus
    /// Status 101, which we never asked for (RFC 9110, 15.2.2).
    case switchingProtocols
    /// There are more than 128 fields.
    case tooManyFields
    /// A CR without its LF (RFC 9112, 2.2).
    case bareCarriageReturn
    /// A LF without its CR (RFC 9112, 2.2).
    case bareLineFeed
    /// A control character in the reason or a field value (RFC 9110, 5.5).
    case controlCharacter
    /// A line that continues the line before it (RFC 9112, 5.2).
    case obsoleteFold
    /// White space between a field name and its colon (RFC 9112, 5.1).
    case blankBeforeColon
    /// A field without a name (RFC 9112, 5).
    case emptyFieldName
    /// A field name that is not a token, or a line without a colon (RFC 9110, 5.1).
    case invalidFieldName
    /// Both `Content-Length` and `Transfer-Encoding` (RFC 9112, 6.3).
    case lengthAndEncoding
    /// More than one `Content-Length`, be they equal (RFC 9112, 6.3).
    case duplicateContentLength
    /// A `Content-Length` that is not one to eighteen digits (RFC 9110, 8.6).
    case invalidContentLength
    /// More than one `Transfer-Encoding` (RFC 9112, 6.1).
    case duplicateTransferEncoding
    /// A `Transfer-Encoding` other than `chunked` (RFC 9112, 6.1).
    case unsupportedTransferEncoding
    /// `Transfer-Encoding` with HTTP/1.0 (RFC 9112, 6.1).
    case transferEncodingInVersion10
    /// A body announced by 1xx or 204, which have none (RFC 9110, 8.6 and RFC 9112, 6.1).
    case bodyNotAllowed
    /// A `Connection` that is not a list of at most 32 tokens (RFC 9110, 7.6.1).
    case invalidConnection

    /// One constant phrase for people.
    public var reason: StaticString {
        switch self {
        case .headNotComplete: "the head does not end with its first empty line"
        case .malformedStatusLine: "the status line is malformed"
        case .unsupportedVersion: "the answer is neither HTTP/1.0 nor HTTP/1.1"
        case .invalidStatus: "the status is not three digits of 100 to 599"
        case .switchingProtocols: "the upstream switches protocols unasked"
        case .tooManyFields: "there are too many header fields"
        case .bareCarriageReturn: "a carriage return has no line feed"
        case .bareLineFeed: "a line feed has no carriage return"
        case .controlCharacter: "a line has a control character"
        case .obsoleteFold: "a field value is folded over lines"
        case .blankBeforeColon: "white space precedes the colon of a field"
        case .emptyFieldName: "a field has no name"
        case .invalidFieldName: "a field name is not a token"
        case .lengthAndEncoding: "both Content-Length and Transfer-Encoding are given"
        case .duplicateContentLength: "there are several Content-Length fields"
        case .invalidContentLength: "the Content-Length field is invalid"
        case .duplicateTransferEncoding: "there are several Transfer-Encoding fields"
        case .unsupportedTransferEncoding: "the only transfer coding understood is chunked"
        case .transferEncodingInVersion10: "HTTP/1.0 has no Transfer-Encoding"
        case .bodyNotAllowed: "a status without a body announces one"
        case .invalidConnection: "the Connection field is invalid"
        }
    }

    init(_ fault: FieldFault) {
        self =
            switch fault {
            case .headNotComplete: .headNotComplete
            case .tooManyFields: .tooManyFields
            case .bareCarriageReturn: .bareCarriageReturn
            case .bareLineFeed: .bareLineFeed
            case .controlCharacter: .controlCharacter
            case .obsoleteFold: .obsoleteFold
            case .blankBeforeColon: .blankBeforeColon
            case .emptyFieldName: .emptyFieldName
            case .invalidFieldName: .invalidFieldName
            }
    }
}
