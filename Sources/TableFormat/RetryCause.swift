/// Why an attempt at an endpoint has failed, before a byte of its answer went to the client.
///
/// In a table a set of them is a bit each, by the raw value.
public enum RetryCause: UInt16, CaseIterable, Sendable {
    /// No connection could be made, or not secured, or not in time.
    case connect
    /// The connection broke, or what came over it is not HTTP.
    case reset
    /// The endpoint refused the credential that the router presents.
    case credential
    /// Nothing came within `first_token` or `answer`.
    case timeout
    case tooManyRequests
    case internalError
    case badGateway
    case unavailable
    case gatewayTimeout

    /// As a spec says it.
    public var name: String {
        switch self {
        case .connect: "connect"
        case .reset: "reset"
        case .credential: "credential"
        case .timeout: "timeout"
        case .tooManyRequests: "429"
        case .internalError: "500"
        case .badGateway: "502"
        case .unavailable: "503"
        case .gatewayTimeout: "504"
        }
    }

    /// Its bit in a set.
    @inlinable public var bit: UInt16 { 1 << rawValue }

    /// The set of all.
    public static var all: UInt16 { allCases.reduce(0) { $0 | $1.bit } }

    /// What is tried again unless a spec says otherwise.
    ///
    /// A model that is still working, and one that has failed at the request, is not asked twice.
    public static var usual: UInt16 { all & ~(timeout.bit | internalError.bit) }
}
