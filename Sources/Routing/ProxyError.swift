/// Everything that can go wrong with a request, once: status, OpenAI type and code, message, label.
///
/// A closed list, so that documentation, metrics and tests can go through all of it. Messages name
/// no address of an upstream and repeat nothing that the client sent but what it may see.
public enum ProxyError: UInt8, CaseIterable, Error, Sendable {
    case malformedRequest
    case unsafePath
    case malformedJSON
    case malformedForm
    case ambiguousModel
    case modelMissing
    case modelInvalid
    case streamInvalid
    case keyMissing
    case keyUnknown
    case keyExpired
    case modelNotAllowed
    case pathNotAllowed
    case listingNotAllowed
    case urlUnknown
    case modelNotFound
    case postOnly
    case readOnly
    case traceRefused
    case clientTooSlow
    case bodyTooLarge
    case mediaTypeUnsupported
    case contentEncodingUnsupported
    case expectationFailed
    case targetTooLong
    case headTooLarge
    case transferCodingUnsupported
    case versionUnsupported
    case upstreamUnreachable
    case upstreamNotTrusted
    case upstreamClosed
    case upstreamMalformed
    case overloaded
    case noEndpoint
    case connectTimeout
    case answerTimeout
    case totalTimeout
    case statsNotAllowed
    case originNotAllowed
    case credentialRefused
    case endpointsLimited

    /// The HTTP status (RFC 9110, section 15; RFC 6585 for 431).
    public var status: UInt16 {
        switch self {
        case .malformedRequest, .unsafePath, .malformedJSON, .malformedForm, .ambiguousModel,
            .modelMissing, .modelInvalid, .streamInvalid:
            400
        case .keyMissing, .keyUnknown, .keyExpired: 401
        case .modelNotAllowed, .pathNotAllowed, .listingNotAllowed, .statsNotAllowed,
            .originNotAllowed:
            403
        case .urlUnknown, .modelNotFound: 404
        case .postOnly, .readOnly, .traceRefused: 405
        case .clientTooSlow: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .mediaTypeUnsupported, .contentEncodingUnsupported: 415
        case .expectationFailed: 417
        case .endpointsLimited: 429
        case .headTooLarge: 431
        case .transferCodingUnsupported: 501
        case .upstreamUnreachable, .upstreamNotTrusted, .upstreamClosed, .upstreamMalformed,
            .credentialRefused:
            502
        case .overloaded, .noEndpoint: 503
        case .connectTimeout, .answerTimeout, .totalTimeout: 504
        case .versionUnsupported: 505
        }
    }

    /// Whether it tells of an endpoint, so that a request that was sent to none cannot have it.
    public var isOfEndpoint: Bool {
        switch self {
        case .upstreamUnreachable, .upstreamNotTrusted, .upstreamClosed, .upstreamMalformed,
            .noEndpoint, .connectTimeout, .answerTimeout, .totalTimeout, .credentialRefused,
            .endpointsLimited:
            true
        case .malformedRequest, .unsafePath, .malformedJSON, .malformedForm, .ambiguousModel,
            .modelMissing, .modelInvalid, .streamInvalid, .keyMissing, .keyUnknown, .keyExpired,
            .modelNotAllowed, .pathNotAllowed, .listingNotAllowed, .urlUnknown, .modelNotFound,
            .postOnly, .readOnly, .traceRefused, .clientTooSlow, .bodyTooLarge,
            .mediaTypeUnsupported, .contentEncodingUnsupported, .expectationFailed, .targetTooLong,
            .headTooLarge, .transferCodingUnsupported, .versionUnsupported, .overloaded,
            .statsNotAllowed, .originNotAllowed:
            false
        }
    }

    /// The `type` of OpenAI's error object; theirs has this one for all faults of the client.
    public var type: StaticString {
        status >= 500 ? "server_error" : "invalid_request_error"
    }

    /// The `code` of OpenAI's error object; also the label in logs and metrics.
    public var code: StaticString {
        switch self {
        case .malformedRequest: "malformed_request"
        case .unsafePath: "unsafe_path"
        case .malformedJSON: "invalid_json"
        case .malformedForm: "invalid_form"
        case .ambiguousModel: "ambiguous_model"
        case .modelMissing: "model_required"
        case .modelInvalid: "model_invalid"
        case .streamInvalid: "stream_invalid"
        case .keyMissing: "api_key_required"
        case .keyUnknown: "invalid_api_key"
        case .keyExpired: "api_key_expired"
        case .modelNotAllowed: "model_not_allowed"
        case .pathNotAllowed: "path_not_allowed"
        case .listingNotAllowed: "listing_not_allowed"
        case .urlUnknown: "unknown_url"
        case .modelNotFound: "model_not_found"
        case .postOnly, .readOnly, .traceRefused: "method_not_allowed"
        case .clientTooSlow: "request_timeout"
        case .bodyTooLarge: "request_too_large"
        case .mediaTypeUnsupported: "unsupported_media_type"
        case .contentEncodingUnsupported: "unsupported_content_encoding"
        case .expectationFailed: "expectation_failed"
        case .targetTooLong: "uri_too_long"
        case .headTooLarge: "head_too_large"
        case .transferCodingUnsupported: "unsupported_transfer_coding"
        case .versionUnsupported: "unsupported_http_version"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamNotTrusted: "upstream_tls_failed"
        case .upstreamClosed: "upstream_closed"
        case .upstreamMalformed: "upstream_malformed"
        case .overloaded: "overloaded"
        case .noEndpoint: "no_endpoint"
        case .connectTimeout: "upstream_connect_timeout"
        case .answerTimeout: "upstream_timeout"
        case .totalTimeout: "total_timeout"
        case .statsNotAllowed: "stats_not_allowed"
        case .originNotAllowed: "origin_not_allowed"
        case .credentialRefused: "upstream_credential_refused"
        case .endpointsLimited: "upstream_rate_limited"
        }
    }

    /// A sentence for the person at the other end.
    public var message: StaticString {
        switch self {
        case .malformedRequest: "The request is not valid HTTP."
        case .unsafePath:
            "The path has dot segments, empty segments or encoded dots or slashes."
        case .malformedJSON: "The body is not a valid JSON object."
        case .malformedForm:
            "The body is not a form that every reader would read alike."
        case .ambiguousModel: "The body must have 'model' exactly once, spelled so."
        case .modelMissing: "The body must have 'model', in a JSON object or a form."
        case .modelInvalid:
            "The value of 'model' must be a string of 1 to 256 bytes without control characters."
        case .streamInvalid:
            "The value of 'stream' must be true or false, given once and spelled so."
        case .keyMissing:
            "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'."
        case .keyUnknown: "Incorrect API key provided."
        case .keyExpired: "This API key has expired."
        case .modelNotAllowed: "This API key may not use this model."
        case .pathNotAllowed: "This API key may not use this path."
        case .listingNotAllowed: "Listing models needs an API key here."
        case .statsNotAllowed: "The figures of this host are not open to this caller."
        case .originNotAllowed: "Pages of this origin may not use this router."
        case .credentialRefused: "The model server refused the credential of the router."
        case .endpointsLimited: "Every model server for this model has enough requests for now."
        case .urlUnknown: "There is nothing at this URL."
        case .modelNotFound: "The model does not exist."
        case .postOnly: "Only POST is allowed here."
        case .readOnly: "Only GET and HEAD are allowed here."
        case .traceRefused: "TRACE is not passed on: its answer would show credentials."
        case .clientTooSlow: "The request did not arrive in time."
        case .bodyTooLarge: "The body is larger than allowed here."
        case .mediaTypeUnsupported:
            "The body must be of type application/json, or a form where the path takes one."
        case .contentEncodingUnsupported: "The body must not have a Content-Encoding."
        case .expectationFailed: "The only expectation that can be met is 100-continue."
        case .targetTooLong: "The request target is longer than 8,192 bytes."
        case .headTooLarge: "The head of the request is larger than allowed here."
        case .transferCodingUnsupported: "The only transfer coding is chunked."
        case .upstreamUnreachable: "The model server could not be reached."
        case .upstreamNotTrusted:
            "No secure connection to the model server could be made."
        case .upstreamClosed: "The model server closed the connection before it answered."
        case .upstreamMalformed: "The model server sent an answer that is not valid HTTP."
        case .overloaded: "The router is out of memory for request bodies; try again."
        case .noEndpoint: "No model server is available for this model."
        case .connectTimeout: "The model server did not accept the connection in time."
        case .answerTimeout: "The model server did not answer in time."
        case .totalTimeout: "The request took longer than allowed."
        case .versionUnsupported: "The only versions of HTTP here are 1.0 and 1.1."
        }
    }

    /// Whether it speaks against the endpoint that was asked.
    public var speaksAgainstEndpoint: Bool {
        isOfEndpoint && self != .noEndpoint && self != .totalTimeout
            && self != .endpointsLimited
    }

    /// The methods of a place where another was used (RFC 9110, section 15.5.6).
    public var allowedMethods: StaticString? {
        switch self {
        case .postOnly: "POST, OPTIONS"
        case .readOnly: "GET, HEAD, OPTIONS"
        case .traceRefused: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
        default: nil
        }
    }

    /// The `param` of OpenAI's error object, where one member is to blame.
    public var parameter: StaticString? {
        switch self {
        case .ambiguousModel, .modelMissing, .modelInvalid, .modelNotFound, .modelNotAllowed:
            "model"
        case .streamInvalid: "stream"
        default: nil
        }
    }
}
