internal import Routing
internal import Wire

extension ProxyError {
    /// The answer to a head that the framer refuses.
    init(_ fault: RequestFault) {
        switch fault.status {
        case 417: self = .expectationFailed
        case 414: self = .targetTooLong
        case 431: self = .headTooLarge
        case 501: self = .transferCodingUnsupported
        case 505: self = .versionUnsupported
        default: self = .malformedRequest
        }
    }

    /// The answer to a form that the scanner refuses.
    init(_ fault: MultipartFault) {
        switch fault {
        case .ambiguousModel: self = .ambiguousModel
        case .modelInvalid: self = .modelInvalid
        case .ambiguousStream, .streamInvalid: self = .streamInvalid
        case .incomplete, .malformed, .headersTooLarge, .tooManyParts: self = .malformedForm
        }
    }

    /// The answer to a body that the scanner refuses.
    init(_ fault: JSONFault) {
        switch fault {
        case .duplicateModel, .misspelledModel: self = .ambiguousModel
        case .duplicateStream, .misspelledStream, .streamNotBoolean: self = .streamInvalid
        case .modelNotString, .modelTooLong, .modelInvalid: self = .modelInvalid
        default: self = .malformedJSON
        }
    }
}
