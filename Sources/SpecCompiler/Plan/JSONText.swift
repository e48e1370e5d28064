/// JSON text (RFC 8259) for what a table holds ready-made.
package enum JSONText {
    /// A string with its quotes, escaped; bytes above ASCII stay as they are.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A model's object in `/v1/models`, with what the spec says `about` it.
    static func modelEntry(id: String, about: [ResolvedSpec.About]) -> String {
        var entry = "{\"id\":\(quoted(id)),\"object\":\"model\",\"created\":0"
        entry += ",\"owned_by\":\"routerc\""
        for item in about {
            entry += ",\(quoted(item.name)):"
            switch item.value {
            case .text(let text): entry += quoted(text)
            case .integer(let number): entry += String(number)
            case .boolean(let flag): entry += flag ? "true" : "false"
            }
        }
        return entry + "}"
    }
}
