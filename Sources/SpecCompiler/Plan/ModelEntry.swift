internal import TableFormat

/// A model's object in `/v1/models`, which the table holds ready-made.
enum ModelEntry {
    /// The JSON object of a model, with what the spec says `about` it.
    static func json(id: String, about: [ResolvedSpec.About]) -> String {
        var entry = "{\"id\":\(JSONText.quoted(id)),\"object\":\"model\",\"created\":0"
        entry += ",\"owned_by\":\"routerc\""
        for item in about {
            entry += ",\(JSONText.quoted(item.name)):"
            switch item.value {
            case .text(let text): entry += JSONText.quoted(text)
            case .integer(let number): entry += String(number)
            case .boolean(let flag): entry += flag ? "true" : "false"
            }
        }
        return entry + "}"
    }
}
