/// JSON text (RFC 8259): what a table holds ready-made is made with it, and so are our answers.
public enum JSONText {
    /// A string with its quotes, escaped so that it stays on one line and shows what it holds.
    ///
    /// Control characters, C1 too, and the two line separators of Unicode become escapes; all else
    /// above ASCII stays as it is (section 7).
    public static func quoted(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
            return "\"\(text)\""
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isUnseen(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A model's object in `/v1/models`; `members` are further ones, each with its comma before it.
    public static func model(
        id: String, owner: String = "routerc", members: String = ""
    ) -> String {
        "{\"id\":\(quoted(id)),\"object\":\"model\",\"created\":0,"
            + "\"owned_by\":\(quoted(owner))\(members)}"
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            || (0x2028...0x2029).contains(scalar.value)
    }
}
