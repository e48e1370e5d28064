/// Why the head of a request is refused.
public enum RequestFault: UInt8, Error, CaseIterable, Sendable {
    /// The bytes do not end with the first empty line (RFC 9112, 2.1).
    case headNotComplete
    /// The first line is not method SP target SP version (RFC 9112, 3).
    case malformedRequestLine
    /// The method is not a token of at most 16 bytes (RFC 9112, 3.1).
    case invalidMethod
    /// The target is in none of the four forms, or has a byte outside 0x21...0x7E (RFC 9112, 3.2).
    case invalidTarget
    /// The target has a fragment (RFC 9112, 3.2.1).
    case fragmentInTarget
    /// The target is longer than 8,192 bytes (RFC 9112, 3).
    case targetTooLong
    /// The version is neither HTTP/1.0 nor HTTP/1.1 (RFC 9110, 15.6.6).
    case unsupportedVersion
    /// There are more than 128 fields (RFC 6585, 5).
    case tooManyFields
    /// A CR without its LF (RFC 9112, 2.2).
    case bareCarriageReturn
    /// A LF without its CR (RFC 9112, 2.2).
    case bareLineFeed
    /// A control character in a field value (RFC 9110, 5.5).
    case controlCharacter
    /// A line that continues the line before it (RFC 9112, 5.2).
    case obsoleteFold
    /// White space between a field name and its colon (RFC 9112, 5.1).
    case blankBeforeColon
    /// A field without a name (RFC 9112, 5).
    case emptyFieldName
    /// A field name that is not a token, or a line without a colon (RFC 9110, 5.1).
    case invalidFieldName
    /// HTTP/1.1 without `Host` (RFC 9112, 3.2).
    case missingHost
    /// More than one `Host` (RFC 9112, 3.2).
    case duplicateHost
    /// A `Host` that is not host[:port] (RFC 9112, 3.2).
    case invalidHost
    /// An absolute target that names another host than `Host` does (RFC 9112, 3.2.2).
    case hostMismatch
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
    /// A `Connection` that is not a list of at most 32 tokens (RFC 9110, 7.6.1).
    case invalidConnection
    /// An `Expect` other than one `100-continue` (RFC 9110, 10.1.1).
    case expectationFailed

    /// The status code to answer with.
    public var status: Int {
        switch self {
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .tooManyFields: 431
        case .unsupportedTransferEncoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// One constant phrase for people.
    public var reason: StaticString {
        switch self {
        case .headNotComplete: "the head does not end with its first empty line"
        case .malformedRequestLine: "the request line is malformed"
        case .invalidMethod: "the method is not a token"
        case .invalidTarget: "the request target is invalid"
        case .fragmentInTarget: "the request target has a fragment"
        case .targetTooLong: "the request target is too long"
        case .unsupportedVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
        case .tooManyFields: "there are too many header fields"
        case .bareCarriageReturn: "a carriage return has no line feed"
        case .bareLineFeed: "a line feed has no carriage return"
        case .controlCharacter: "a field value has a control character"
        case .obsoleteFold: "a field value is folded over lines"
        case .blankBeforeColon: "white space precedes the colon of a field"
        case .emptyFieldName: "a field has no name"
        case .invalidFieldName: "a field name is not a token"
        case .missingHost: "the Host field is missing"
        case .duplicateHost: "there are several Host fields"
        case .invalidHost: "the Host field is invalid"
        case .hostMismatch: "the request target and the Host field differ"
        case .lengthAndEncoding: "both Content-Length and Transfer-Encoding are given"
        case .duplicateContentLength: "there are several Content-Length fields"
        case .invalidContentLength: "the Content-Length field is invalid"
        case .duplicateTransferEncoding: "there are several Transfer-Encoding fields"
        case .unsupportedTransferEncoding: "the only transfer coding understood is chunked"
        case .transferEncodingInVersion10: "HTTP/1.0 has no Transfer-Encoding"
        case .invalidConnection: "the Connection field is invalid"
        case .expectationFailed: "the only expectation understood is 100-continue"
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
