import Routing
import TableFormat

/// What a request is said to hold of its session: what `routerc route` decides with.
struct GivenSession: SessionValues {
    /// Names in lower case.
    var headers: [(name: String, value: String)] = []
    var user: String?
    var promptCacheKey: String?
    /// Nil for one without a key.
    var keyName: String?

    func withValue(of source: SessionSource, header: RawSpan, _ body: (RawSpan) -> Void) {
        let text: String? =
            switch source {
            case .header: headers.first { $0.name.utf8Bytes.rawSpan.isEqual(header) }?.value
            case .user: user
            case .promptCacheKey: promptCacheKey
            case .key: keyName
            }
        guard let text, !text.isEmpty else { return }
        body(text.utf8Bytes.rawSpan)
    }
}

extension String {
    fileprivate var utf8Bytes: [UInt8] { Array(utf8) }
}
