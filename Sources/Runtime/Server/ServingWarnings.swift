internal import Glibc
internal import Logging
internal import TableFormat

/// What a table that is taken into service lets expect, and its compiler could not know: who can
/// reach it, and what day it is.
enum ServingWarnings {
    /// How many names a line of the log holds.
    private static let maxNames = 5

    /// Logs what is to be said of a table; `listen` is the address that overrides its own.
    static func log(_ table: LoadedTable, listen: ListenAddress?, to logger: Logger) {
        let isOpen = table.withView { $0.setting(SettingsRecord.anonymousMode) == .open }
        if let listen, isOpen, listen.isForAll {
            logger.warning(
                "no keys, and whoever reaches the address may do everything",
                metadata: ["address": "\(listen)"])
        }
        let expired = table.withView { ExpiredKeys($0, now: Int64(time(nil))) }
        if expired.count > 0 {
            let names = expired.names.prefix(maxNames).joined(separator: ", ")
            logger.warning(
                "keys have expired",
                metadata: [
                    "count": .stringConvertible(expired.count),
                    "keys": "\(names)\(expired.count > maxNames ? ", ..." : "")",
                ])
        }
    }

    /// Keys of which no secret works any more.
    struct ExpiredKeys {
        private(set) var count = 0
        /// The first of them, in the order of the table.
        private(set) var names: [String] = []

        init(_ view: borrowing TableView, now: Int64) {
            let keyCount = view.count(KeyRecord.self)
            var ends = [Int64](repeating: .min, count: Int(keyCount))
            for index in 0..<view.count(SecretRecord.self) {
                let row = view.row(SecretRecord.self, index)
                let key = Int(view.load(SecretRecord.key, row))
                ends[key] = max(ends[key], view.load(SecretRecord.expires, row))
            }
            for index in 0..<view.count(KeyReferenceRecord.self) {
                let row = view.row(KeyReferenceRecord.self, index)
                let key = Int(view.load(KeyReferenceRecord.key, row))
                ends[key] = max(ends[key], view.load(KeyReferenceRecord.expires, row))
            }
            for index in 0..<keyCount {
                let row = view.row(KeyRecord.self, index)
                guard min(ends[Int(index)], view.load(KeyRecord.expires, row)) <= now else {
                    continue
                }
                count += 1
                guard names.count < maxNames else { continue }
                names.append(view.text(view.load(KeyRecord.name, row)))
            }
        }
    }
}

extension ListenAddress {
    /// Whether more than this machine and its own networks can reach it, as R330 of the compiler
    /// has it: all interfaces, or a public address.
    var isForAll: Bool {
        guard case .tcp(let host, _) = self else { return false }
        let bytes = Array(host.utf8)
        guard let address = IPAddress(bytes.rawSpan) else { return false }
        if host == "0.0.0.0" || address == ListenAddress.anyAddress { return true }
        return !ListenAddress.ownNetworks.contains { $0.contains(address) }
    }

    private static let anyAddress = IPAddress(Array("::".utf8).rawSpan)

    private static let ownNetworks = [
        ("0.0.0.0", 8), ("10.0.0.0", 8), ("127.0.0.0", 8), ("169.254.0.0", 16),
        ("172.16.0.0", 12), ("192.168.0.0", 16), ("100.64.0.0", 10), ("::1", 128),
        ("fc00::", 7), ("fe80::", 10),
    ].compactMap { host, prefix in
        IPAddress(Array(host.utf8).rawSpan).map {
            IPNetwork(of: $0, prefix: host.contains(":") ? prefix : prefix + 96)
        }
    }
}
