internal import NIOCore
internal import Routing

/// The bytes of every error answer, made once a loop: OpenAI's error object in an HTTP answer.
///
/// `{"error":{"message":...,"type":...,"param":...,"code":...}}`, as the official clients read it.
struct AnswerCache {
    private var answers: [ByteBuffer] = []

    init() {
        for error in ProxyError.allCases {
            for variant in 0..<4 {
                answers.append(
                    AnswerCache.render(
                        error, closes: variant & 1 != 0, isHead: variant & 2 != 0))
            }
        }
    }

    /// The whole answer, without its body for `HEAD`.
    func bytes(_ error: ProxyError, closes: Bool, isHead: Bool) -> ByteBuffer {
        answers[Int(error.rawValue) * 4 + (closes ? 1 : 0) + (isHead ? 2 : 0)]
    }

    /// The error object.
    static func body(_ error: ProxyError) -> String {
        let parameter = error.parameter.map { "\"\($0)\"" } ?? "null"
        return """
            {"error":{"message":"\(error.message)","type":"\(error.type)",\
            "param":\(parameter),"code":"\(error.code)"}}
            """
    }

    private static func render(_ error: ProxyError, closes: Bool, isHead: Bool) -> ByteBuffer {
        let body = body(error)
        var head = """
            HTTP/1.1 \(error.status) \(reason(error.status))\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r

            """
        if let methods = error.allowedMethods {
            head += "Allow: \(methods)\r\n"
        }
        switch error.status {
        // It names a scheme (RFC 9110, section 15.5.2).
        case 401: head += "WWW-Authenticate: Bearer\r\n"
        case 503: head += "Retry-After: 1\r\n"
        default: break
        }
        if closes {
            head += "Connection: close\r\n"
        }
        return ByteBuffer(string: head + "\r\n" + (isHead ? "" : body))
    }

    /// The phrase of a status (RFC 9110, section 15; RFC 6585).
    static func reason(_ status: UInt16) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
