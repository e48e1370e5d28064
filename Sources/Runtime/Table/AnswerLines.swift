internal import TableFormat
internal import Wire

/// What answers say of the way they came, as bytes, made when a table is loaded.
///
/// An answer copies one slice and appends the number of attempts and its id. A class, so that to
/// take it from the table retains one object.
final class AnswerLines: Sendable {
    let place: ResponseMetadata
    /// Whether answers say it at all.
    var isShown: Bool { place != .none }
    /// Whether a client's own `x-request-id` is used; not where it may hold its key.
    let takesRequestIDs: Bool
    /// The lines of one member after those of the other, each up to the number of attempts; then
    /// the beginnings of their JSON objects, where those are wanted.
    let bytes: [UInt8]
    /// Where those of each member begin, and the last end.
    private let lineStarts: [Int]
    private let objectStarts: [Int]
    private let tableDigits: String

    /// The field that ends in the number of attempts.
    private static let attempts = "x-routerc-attempts: "

    init(_ view: borrowing TableView, keyHeaders: [KeyHeader]) {
        place = view.setting(SettingsRecord.responseMetadata)
        takesRequestIDs = !keyHeaders.contains { $0.bytes == Array("x-request-id".utf8) }
        tableDigits = String(view.digest.hex.prefix(12))
        var bytes: [UInt8] = []
        var lineStarts: [Int] = []
        var objectStarts: [Int] = []
        for member in 0..<(place == .none ? 0 : view.count(MemberRecord.self)) {
            let (pool, endpoint) = AnswerLines.names(view, member: member)
            lineStarts.append(bytes.count)
            bytes += AnswerLines.lines(pool: pool, endpoint: endpoint, table: tableDigits).utf8
        }
        lineStarts.append(bytes.count)
        for member in 0..<(place == .body ? view.count(MemberRecord.self) : 0) {
            let (pool, endpoint) = AnswerLines.names(view, member: member)
            objectStarts.append(bytes.count)
            bytes += AnswerLines.object(pool: pool, endpoint: endpoint, table: tableDigits).utf8
        }
        objectStarts.append(bytes.count)
        self.bytes = bytes
        self.lineStarts = lineStarts
        self.objectStarts = objectStarts
    }

    /// Writes the lines of a member.
    @inline(__always)
    func write(member: UInt32, attempts: UInt16, into writer: inout ByteWriter) {
        let bytes = bytes
        writer.write(bytes.rawSpan.extracting(lines(ofMember: member)))
        if attempts < 10 {
            writer.write(UInt8(truncatingIfNeeded: attempts) + 0x30)
        } else {
            writer.write(decimal: UInt64(attempts))
        }
        writer.write("\r\n")
    }

    /// The lines of a member within `bytes`; the number of attempts and CR LF are missing.
    @inline(__always)
    func lines(ofMember member: UInt32) -> Range<Int> {
        let index = Int(member)
        return lineStarts[index]..<lineStarts[index + 1]
    }

    /// The beginning of the JSON member `router`, up to the number of attempts.
    func object(ofMember member: UInt32) -> Range<Int> {
        let index = Int(member)
        return objectStarts[index]..<objectStarts[index + 1]
    }

    /// The lines of an answer of ours where a pool was decided and none of its members.
    func lines(pool: String) -> [UInt8] {
        guard isShown else { return [] }
        let lines = AnswerLines.lines(pool: pool, endpoint: nil, table: tableDigits)
        return Array((lines + "0\r\n").utf8)
    }

    private static func lines(pool: String, endpoint: String?, table: String) -> String {
        let endpoint = endpoint.map { "x-routerc-endpoint: \(safe($0))\r\n" } ?? ""
        return
            "x-routerc-pool: \(safe(pool))\r\n\(endpoint)x-routerc-table: \(table)\r\n\(attempts)"
    }

    private static func object(pool: String, endpoint: String?, table: String) -> String {
        let endpoint = endpoint.map(JSONText.quoted) ?? "null"
        return "\"router\":{\"pool\":\(JSONText.quoted(pool)),\"endpoint\":\(endpoint),"
            + "\"table\":\"\(table)\",\"attempts\":"
    }

    /// The names of a member's pool and endpoint; nil for an endpoint that has only a URL, which
    /// clients need not know.
    private static func names(
        _ view: borrowing TableView, member: UInt32
    ) -> (pool: String, endpoint: String?) {
        let row = view.row(MemberRecord.self, member)
        let pool = view.text(view.load(PoolRecord.name, at: view.load(MemberRecord.pool, row)))
        let endpoint = view.text(
            view.load(EndpointRecord.name, at: view.load(MemberRecord.endpoint, row)))
        return (pool, endpoint.contains("/") ? nil : endpoint)
    }

    /// A name as the value of a field; those of the language need no escapes.
    private static func safe(_ name: String) -> String {
        String(decoding: name.utf8.flatMap { escaped($0) }, as: UTF8.self)
    }

    /// A byte as it can stand in the value of a field: visible ASCII as it is, but for `%`.
    static func escaped(_ byte: UInt8) -> [UInt8] {
        guard !(0x21...0x7E).contains(byte) || byte == UInt8(ascii: "%") else { return [byte] }
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
