internal import TableFormat

/// A model's object in `/v1/models`, which the table holds ready-made.
enum ModelEntry {
    /// The JSON object of a model, with what the spec says `about` it.
    static func json(id: String, about: [ResolvedSpec.About]) -> String {
        var members = ""
        for item in about {
            members += ",\(JSONText.quoted(item.name)):"
            switch item.value {
            case .text(let text): members += JSONText.quoted(text)
            case .integer(let number): members += String(number)
            case .boolean(let flag): members += flag ? "true" : "false"
            }
        }
        return JSONText.model(id: id, members: members)
    }
}
