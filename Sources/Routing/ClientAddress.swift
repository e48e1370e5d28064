public import TableFormat

/// Who is at the other end, for records: never a reason to let anybody in.
public enum ClientAddress: Sendable, Equatable {
    /// The system did not say.
    case unknown
    /// Somebody of this machine, over a unix socket.
    case socket
    case address(IPAddress)
}

/// The way from the peer of a connection back to the client, through `X-Forwarded-For`.
///
/// Each proxy appends whom it was asked by, so that the list is read from its end: as long as who
/// speaks is trusted, what it says of the one before it is believed. The first that is not trusted
/// is the client; what it claims of others is worth nothing.
public struct ForwardedWalk {
    /// How many elements are read at most, empty ones too.
    ///
    /// A chain of that many proxies is a loop or a lie.
    public static var maxElements: Int { 32 }
    /// The longest element: an address of IPv6 in brackets with a port, and blanks.
    static var maxElementBytes: Int { 64 }

    /// The client, as far as the way has been gone.
    public private(set) var client: ClientAddress
    /// Whether nothing further is to be read.
    public private(set) var isOver: Bool
    private var elementsLeft = ForwardedWalk.maxElements

    /// At the peer of a connection; over at once where it is not trusted.
    ///
    /// Who comes over a unix socket was let in by the modes of files.
    public init(from peer: ClientAddress, in table: borrowing TableView) {
        client = peer
        switch peer {
        case .unknown: isOver = true
        case .socket: isOver = table.count(NetworkRecord.self) == 0
        case .address(let address): isOver = !table.isTrusted(address)
        }
    }

    /// Reads the value of a field from its end; of several fields the last comes first.
    public mutating func read(_ value: RawSpan, in table: borrowing TableView) {
        var end = value.byteCount
        while !isOver, end > 0 {
            var start = end
            while start > 0, end - start <= ForwardedWalk.maxElementBytes,
                value.byte(start - 1) != UInt8(ascii: ",")
            {
                start -= 1
            }
            elementsLeft -= 1
            if end - start > ForwardedWalk.maxElementBytes || elementsLeft < 0 {
                isOver = true
                return
            }
            take(ForwardedWalk.trimmed(value.extracting(start..<end)), in: table)
            end = start - 1
        }
    }

    /// Goes on to the one whom an element names; garbage is the end of the way.
    private mutating func take(_ element: RawSpan, in table: borrowing TableView) {
        // An empty element of a list means nothing (RFC 9110, section 5.6.1.2).
        guard element.byteCount > 0 else { return }
        guard let address = ForwardedWalk.address(element) else {
            isOver = true
            return
        }
        client = .address(address)
        isOver = !table.isTrusted(address)
    }

    @_lifetime(copy text)
    private static func trimmed(_ text: RawSpan) -> RawSpan {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var start = 0
        var end = text.byteCount
        while start < end, isBlank(text.byte(start)) { start += 1 }
        while end > start, isBlank(text.byte(end - 1)) { end -= 1 }
        return text.extracting(start..<end)
    }

    /// `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]` or `[::1]:5`; nil for names, zones, quotes and all
    /// else.
    static func address(_ element: RawSpan) -> IPAddress? {
        if element.byte(0) == UInt8(ascii: "[") {
            var close = 1
            while close < element.byteCount, element.byte(close) != UInt8(ascii: "]") {
                close += 1
            }
            guard close < element.byteCount, isPortOrNothing(element, from: close + 1) else {
                return nil
            }
            let inner = element.extracting(1..<close)
            guard let address = IPAddress(inner), hasColon(inner) else { return nil }
            return address
        }
        if let address = IPAddress(element) { return address }
        var colon = 0
        while colon < element.byteCount, element.byte(colon) != UInt8(ascii: ":") { colon += 1 }
        guard colon < element.byteCount, isPortOrNothing(element, from: colon) else { return nil }
        return IPAddress(element.extracting(0..<colon))
    }

    private static func hasColon(_ text: RawSpan) -> Bool {
        for offset in 0..<text.byteCount where text.byte(offset) == UInt8(ascii: ":") {
            return true
        }
        return false
    }

    /// Whether nothing is left, or a colon and one to five digits.
    private static func isPortOrNothing(_ text: RawSpan, from start: Int) -> Bool {
        guard start < text.byteCount else { return true }
        let digits = text.byteCount - start - 1
        guard text.byte(start) == UInt8(ascii: ":"), (1...5).contains(digits) else { return false }
        for offset in start + 1..<text.byteCount
        where text.byte(offset) &- UInt8(ascii: "0") > 9 {
            return false
        }
        return true
    }
}
