internal import NIOCore
internal import NIOHTTP1
internal import Routing
internal import TableFormat

/// A request to the admin interface, once it is complete and allowed.
struct AdminRequest: Sendable {
    /// Without its query.
    var path: String
    /// What stands in its query, decoded; the first of a name counts.
    private var values: [String: String] = [:]

    init(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        for part in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = QueryText.decoded(pair[0]), values[name] == nil else { continue }
            // What cannot be read is wrong where it stands, and not as if it were not there.
            let value = pair.count == 2 ? pair[1] : ""
            values[name] = QueryText.decoded(value) ?? String(value)
        }
    }

    /// The value of a name in the query.
    subscript(name: String) -> String? { values[name] }

    /// `?format=text`: for people, and not JSON.
    var wantsText: Bool { self["format"] == "text" }
}

/// An answer of the admin interface.
struct AdminAnswer: Sendable {
    var status: HTTPResponseStatus
    var contentType: String
    var body: ByteBuffer
    /// `Allow` and the like.
    var fields: [(name: String, value: String)] = []

    static func json(_ text: String, status: HTTPResponseStatus = .ok) -> AdminAnswer {
        AdminAnswer(
            status: status, contentType: "application/json", body: ByteBuffer(string: text))
    }

    static func text(_ text: String, status: HTTPResponseStatus = .ok) -> AdminAnswer {
        AdminAnswer(
            status: status, contentType: "text/plain; charset=utf-8",
            body: ByteBuffer(string: text))
    }
}

/// Everything that the admin interface refuses: a closed list, as `ProxyError` is one.
enum AdminError: Error, Equatable {
    case malformed
    case hostNotLocal
    case originPresent
    /// Without a key, with an unknown or with an expired one.
    case notIdentified(ProxyError)
    case rightMissing
    case pathNotAllowed
    case notFound
    case readOnly
    case postOnly
    case tooSlow
    case bodyTooLarge
    case stopping
    case unknownEndpoint(String)
    /// It is not an order of an operator that keeps requests from it.
    case drainedBySpec(String)
    case badDrainTime(String)

    var status: HTTPResponseStatus {
        switch self {
        case .malformed: .badRequest
        case .hostNotLocal, .originPresent, .rightMissing, .pathNotAllowed: .forbidden
        case .notIdentified: .unauthorized
        case .notFound: .notFound
        case .readOnly, .postOnly: .methodNotAllowed
        case .tooSlow: .requestTimeout
        case .bodyTooLarge: .payloadTooLarge
        case .stopping: .serviceUnavailable
        case .unknownEndpoint, .drainedBySpec, .badDrainTime: .unprocessableEntity
        }
    }

    var code: String {
        switch self {
        case .malformed: "malformed_request"
        case .hostNotLocal: "host_not_local"
        case .originPresent: "origin_not_allowed"
        case .notIdentified(let error): "\(error.code)"
        case .rightMissing: "admin_not_allowed"
        case .pathNotAllowed: "path_not_allowed"
        case .notFound: "unknown_url"
        case .readOnly, .postOnly: "method_not_allowed"
        case .tooSlow: "request_timeout"
        case .bodyTooLarge: "request_too_large"
        case .stopping: "stopping"
        case .unknownEndpoint: "unknown_endpoint"
        case .drainedBySpec: "drained_by_spec"
        case .badDrainTime: "invalid_duration"
        }
    }

    var message: String {
        switch self {
        case .malformed: "The request is not valid HTTP."
        case .hostNotLocal:
            "This address serves this machine only: Host must be an IP address or localhost."
        case .originPresent: "A page in a browser may change nothing here."
        case .notIdentified(let error): "\(error.message)"
        case .rightMissing: "This API key may not do this: see 'admin' of the key."
        case .pathNotAllowed: "This API key may not use this path."
        case .notFound: "There is nothing at this URL."
        case .readOnly: "Only GET and HEAD are allowed here."
        case .postOnly: "Only POST is allowed here."
        case .tooSlow: "The request did not arrive in time."
        case .bodyTooLarge: "The body is larger than allowed here."
        case .stopping: "The process is stopping."
        case .unknownEndpoint(let name): "The table has no endpoint '\(name)'."
        case .drainedBySpec(let name):
            "The spec drains '\(name)': delete 'drain: true' there, and reload."
        case .badDrainTime(let text): "'\(text)' is not \(DrainTime.rule)."
        }
    }

    /// As JSON, or as a line for people.
    func answer(asText: Bool) -> AdminAnswer {
        var answer =
            asText
            ? AdminAnswer.text("\(message)\n", status: status)
            : AdminAnswer.json(
                "{\"error\":{\"message\":\(JSONText.quoted(message)),\"code\":\"\(code)\"}}\n",
                status: status)
        switch self {
        case .readOnly: answer.fields = [("allow", "GET, HEAD")]
        case .postOnly: answer.fields = [("allow", "POST")]
        case .notIdentified: answer.fields = [("www-authenticate", "Bearer")]
        default: break
        }
        return answer
    }
}
