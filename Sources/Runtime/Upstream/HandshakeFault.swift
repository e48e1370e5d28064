internal import Glibc
internal import NIOCore
internal import NIOSSL

/// Why a TLS handshake with an upstream has failed, for the operator.
///
/// The library's own words hold numbers and the places of its source; what is left of them is the
/// reason, and the commonest reasons are said in full.
struct HandshakeFault: CustomStringConvertible {
    let description: String

    init(_ error: any Error) {
        description =
            switch error {
            case NIOSSLError.handshakeFailed(let error): HandshakeFault.text(of: error)
            case let error as BoringSSLError: HandshakeFault.text(of: error)
            case NIOSSLError.uncleanShutdown: HandshakeFault.closed
            case NIOSSLError.noCertificateToValidate: "the upstream shows no certificate"
            case let error as NIOSSLExtraError where error == .failedToValidateHostname:
                "the certificate is for another host"
            case let error as IOError where error.errnoCode == ECONNRESET: HandshakeFault.closed
            default: systemReason(error)
            }
    }

    /// From the texts of the library's errors, the innermost first.
    init(libraryTexts: [String]) {
        let reasons = libraryTexts.compactMap(HandshakeFault.reason)
        let sentences = reasons.compactMap { HandshakeFault.sentences[$0] }
        if let sentence = sentences.first {
            description = sentence
        } else if let reason = reasons.first {
            description = reason.lowercased().map { $0 == "_" ? " " : String($0) }.joined()
        } else if libraryTexts.contains(where: { $0.contains("EOF during") }) {
            description = HandshakeFault.closed
        } else {
            description = "the TLS library does not say why"
        }
    }

    private static let closed = "the upstream closed the connection in the handshake"
    private static let noVersion = "the upstream speaks neither TLS 1.2 nor TLS 1.3"
    private static let noTLS = "the upstream speaks no TLS"
    private static let sentences = [
        "CERTIFICATE_VERIFY_FAILED":
            "certificate verify failed: no trusted authority stands behind it, or its time is over",
        "WRONG_VERSION_NUMBER": noTLS,
        "HTTP_REQUEST": noTLS,
        "HTTPS_PROXY_REQUEST": noTLS,
        "UNSUPPORTED_PROTOCOL": noVersion,
        "WRONG_SSL_VERSION": noVersion,
        "TLSV1_ALERT_PROTOCOL_VERSION": noVersion,
    ]

    private static func text(of error: BoringSSLError) -> String {
        switch error {
        case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack),
            .failedToSetALPN(let stack):
            HandshakeFault(libraryTexts: stack.map { "\($0)" }).description
        case .zeroReturn, .syscallError: closed
        default: "\(error)"
        }
    }

    /// The word behind the library's name: `error:...:OPENSSL_internal:REASON at FILE:LINE`.
    private static func reason(in text: String) -> String? {
        let marker = Array("OPENSSL_internal:".utf8)
        let bytes = Array(text.utf8)
        let starts = bytes.indices.lazy.filter { bytes[$0...].starts(with: marker) }
        guard let start = starts.first else { return nil }
        let word = bytes[(start + marker.count)...].prefix {
            (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
        }
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }
}
