internal import Glibc
internal import NIOCore

/// What the system says of a failure of NIO, for operators: without NIO's names and numbers.
func systemReason(_ error: any Error) -> String {
    switch error {
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case is SocketAddressError.UnknownHost: "the host has no address"
    case SocketAddressError.unixDomainSocketPathTooLong: "the path is too long for a socket"
    default: "\(error)"
    }
}
