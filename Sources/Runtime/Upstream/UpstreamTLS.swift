internal import NIOCore
internal import NIOSSL
internal import TableFormat

/// How connections to an https upstream are secured.
///
/// TLS 1.2 or 1.3. The certificate must lead to a trusted authority and be for the host of the URL
/// (RFC 9110, section 4.3.4; RFC 9525): there is no way to switch that off. Made when a table is
/// loaded, so that a certificate file that cannot be read is a load fault and not a dead endpoint.
struct UpstreamTLS: Sendable {
    private let context: NIOSSLContext
    /// For SNI and verification; nil where the URL has an address, which no SNI may name (RFC
    /// 6066, section 3) and which the certificate has to list as one.
    private let serverName: String?

    /// The TLS settings of every upstream of a table that has some, by index of the record.
    ///
    /// Upstreams with the same authorities share a context.
    static func load(_ view: borrowing TableView) throws(LoadFault) -> [UpstreamTLS] {
        var contexts: [String: NIOSSLContext] = [:]
        var loaded: [UpstreamTLS] = []
        for index in 0..<view.count(TLSRecord.self) {
            let row = view.row(TLSRecord.self, index)
            let caFile = view.text(view.load(TLSRecord.caFile, row))
            let context: NIOSSLContext
            if let known = contexts[caFile] {
                context = known
            } else {
                context = try makeContext(caFile: caFile)
                contexts[caFile] = context
            }
            let isAddress = view.load(TLSRecord.flags, row) & TLSRecord.isAddressFlag != 0
            let name = view.text(view.load(TLSRecord.serverName, row))
            loaded.append(UpstreamTLS(context: context, serverName: isAddress ? nil : name))
        }
        return loaded
    }

    /// The handler of one connection, which begins the handshake when the connection stands.
    func makeHandler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }

    private static func makeContext(caFile: String) throws(LoadFault) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if !caFile.isEmpty {
            configuration.trustRoots = .certificates(try authorities(in: caFile))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw LoadFault.certificates(
                path: caFile.isEmpty ? nil : caFile, problem: "cannot be used: \(error)")
        }
    }

    private static func authorities(in path: String) throws(LoadFault) -> [NIOSSLCertificate] {
        let bytes: [UInt8]
        do throws(ReadFault) {
            bytes = try readSmallFile(path, byteCountMax: Limits.certificateBytesMax)
        } catch {
            throw LoadFault.certificates(path: path, problem: error.description)
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty
        else {
            throw LoadFault.certificates(path: path, problem: "has no certificate in PEM form")
        }
        return certificates
    }
}
