internal import NIOCore
internal import NIOHTTP1
internal import Routing
internal import TableFormat
internal import Wire

/// Who may come in at an admin address.
///
/// On a unix socket: whoever may open it. On a loopback address: this machine, but no page in a
/// browser of it, which could have the name of its own site lead here (DNS rebinding): `Host` has
/// to be an IP address or `localhost`. On any other address: whoever shows a key with a right.
/// Changes with an `Origin` are refused everywhere, since a browser puts it on what a page sends.
enum AdminDoor: Sendable {
    case socket
    case loopback
    case keyed

    /// The door of a listener: by what it is bound to, and the strictest where that is not known.
    init(_ bound: SocketAddress?) {
        guard let bound else {
            self = .keyed
            return
        }
        switch bound {
        case .unixDomainSocket: self = .socket
        case .v4: self = bound.ipAddress?.hasPrefix("127.") == true ? .loopback : .keyed
        case .v6: self = bound.ipAddress == "::1" ? .loopback : .keyed
        }
    }

    /// Why a request may not come in; nil where it may.
    func refusal(of head: HTTPRequestHead, table: LoadedTable) -> AdminError? {
        let isRead = head.method == .GET || head.method == .HEAD
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version.minor == 0) else {
            return .malformed
        }
        switch self {
        case .socket: break
        case .loopback:
            if let host = hosts.first, !AdminDoor.isLocal(host) { return .hostNotLocal }
        case .keyed:
            if let refusal = refusalOfKey(head, isRead: isRead, table) { return refusal }
        }
        return isRead || head.headers["origin"].isEmpty ? nil : .originPresent
    }

    /// Whether a `Host` names no site: an IP address or `localhost`, with a port or without.
    static func isLocal(_ host: String) -> Bool {
        var name = host[...]
        let afterBracket = host.hasPrefix("[") ? host.firstIndex(of: "]") : nil
        if let colon = host.lastIndex(of: ":"), afterBracket.map({ $0 < colon }) ?? true {
            let port = host[host.index(after: colon)...]
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
            name = host[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
            return name.contains(":") && AdminDoor.isAddress(name)
        }
        return name.lowercased() == "localhost" || AdminDoor.isAddress(name)
    }

    private static func isAddress(_ text: Substring) -> Bool {
        (try? SocketAddress(ipAddress: String(text), port: 0)) != nil
    }

    // MARK: - Keys

    private func refusalOfKey(
        _ head: HTTPRequestHead, isRead: Bool, _ table: LoadedTable
    ) -> AdminError? {
        let presented = AdminDoor.presentedKey(head, table)
        let caller = table.withView {
            identify(
                presented, references: table.keyReferences, now: Loop.wallSeconds(), in: $0)
        }
        switch caller {
        case .failure(let error): return .notIdentified(error)
        case .success(let known):
            guard !known.isAnonymous else { return .notIdentified(.keyMissing) }
            let right = table.withView { adminRight(of: known, in: $0) }
            guard right == .all || (right == .read && isRead) else { return .rightMissing }
            let path = Array(AdminRequest(head.uri).path.utf8)
            let isListed = table.withView { mayUse(path: path.rawSpan, known, in: $0) }
            return isListed ? nil : .pathNotAllowed
        }
    }

    /// The key of a request, by the rules of the listener.
    private static func presentedKey(
        _ head: HTTPRequestHead, _ table: LoadedTable
    ) -> PresentedKey {
        let shown = table.settings.keyHeaders.compactMap { header in
            let values = head.headers[String(decoding: header.bytes, as: UTF8.self)]
            return values.first.map { (kind: header.kind, value: $0, isRepeated: values.count > 1) }
        }
        let bytes = shown.flatMap { Array($0.value.utf8) }
        var found = KeyFields()
        var end = 0
        for (kind, value, isRepeated) in shown {
            let start = end
            end += value.utf8.count
            let field = HeaderField(
                name: .empty, value: ByteRange(start, end), kind: kind ?? .other)
            found.add(field, isRepeated: isRepeated, in: bytes.rawSpan)
        }
        guard found.first != nil else { return .none }
        guard let key = found.key(in: bytes.rawSpan) else { return .unusable }
        return .fingerprint(table.fingerprint(ofKey: bytes.rawSpan.extracting(key)))
    }
}
