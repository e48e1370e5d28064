internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Who the client is, for its record: the peer, or whom a trusted peer says it speaks for.

extension ClientConnection {
    private static let forwardedName = Array("x-forwarded-for".utf8)

    /// The client of the exchange; reads the head only where the peer is trusted.
    func clientAddress() -> ClientAddress {
        guard let table = exchange.table, table.trustsProxies, exchange.head != nil else {
            return peer
        }
        let headBytes = exchange.headBytes
        return table.withView { view in
            var walk = ForwardedWalk(from: peer, in: view)
            guard !walk.isOver else { return peer }
            loop.recallFields(headBytes, of: self)
            let bytes = headBytes.readableBytesSpan
            let fields = loop.requestFields
            let name = ClientConnection.forwardedName
            var index = fields.count
            while !walk.isOver,
                let found = fields.lastIndex(of: name.rawSpan, in: bytes, before: index)
            {
                walk.read(bytes.extracting(fields[found].value), in: view)
                index = found
            }
            return walk.client
        }
    }
}

extension ClientAddress {
    /// The address of a socket's other end.
    ///
    /// Its bytes stand behind family and port, and for IPv6 the flow label (ip(7), ipv6(7)).
    init(_ address: SocketAddress?) {
        var bits: UInt128 = 0
        switch address {
        case .v4(let found):
            unsafe withUnsafeBytes(of: found.address) { bytes in
                for offset in 4..<8 { bits = unsafe bits << 8 | UInt128(bytes[offset]) }
            }
            self = .address(IPAddress(v4: UInt32(truncatingIfNeeded: bits)))
        case .v6(let found):
            unsafe withUnsafeBytes(of: found.address) { bytes in
                for offset in 8..<24 { bits = unsafe bits << 8 | UInt128(bytes[offset]) }
            }
            self = .address(IPAddress(bits: bits))
        case .unixDomainSocket: self = .socket
        case nil: self = .unknown
        }
    }

    /// As a record shows it; nil where there is nothing to show.
    var text: String? {
        switch self {
        case .unknown: nil
        case .socket: "unix"
        case .address(let address): address.text
        }
    }
}
