import TableFormat

/// A JSON document to be written, its members in the order given.
indirect enum JSONValue {
    case null
    case text(String)
    case count(Int)
    case share(Double)
    case flag(Bool)
    case list([JSONValue])
    case object([(String, JSONValue)])

    /// On one line.
    var encoded: String {
        switch self {
        case .null: "null"
        case .text(let text): JSONText.quoted(text)
        case .count(let count): String(count)
        case .share(let share): String(share)
        case .flag(let flag): String(flag)
        case .list(let values): "[\(values.map(\.encoded).joined(separator: ","))]"
        case .object(let members):
            "{"
                + members.map { "\(JSONText.quoted($0)):\($1.encoded)" }.joined(separator: ",")
                + "}"
        }
    }
}
