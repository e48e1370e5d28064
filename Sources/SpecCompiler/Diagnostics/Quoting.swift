/// `text` in single quotes as a message shows it: on one line, nothing invisible, not too long.
///
/// What looks like the key of an API is masked, wherever somebody put it.
func quoted(_ text: String) -> String {
    if SecretPlaces.looksSecret(text.utf8) { return masked(text) }
    var shown = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 120 {
            shown += "..."
            break
        }
        shown.unicodeScalars.append(contentsOf: visible(scalar))
    }
    return "'\(shown)'"
}

/// `scalar` itself, or a stand-in where it would move the cursor or turn the direction of text.
func visible(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
        "\u{FFFD}".unicodeScalars
    default:
        String(Character(scalar)).unicodeScalars
    }
}

/// A secret as a message may show it: how it begins and how long it is.
func masked(_ secret: String) -> String {
    "'\(maskedPrefix(secret))...' (\(counted(secret.unicodeScalars.count, "character")))"
}

/// The characters of a secret that may be shown: none of a short one.
func maskedPrefix(_ secret: String) -> String {
    let count = secret.unicodeScalars.count
    let shown = count >= 16 ? 4 : count >= 8 ? 1 : 0
    var prefix = String.UnicodeScalarView()
    for scalar in secret.unicodeScalars.prefix(shown) {
        prefix.append(contentsOf: visible(scalar))
    }
    return String(prefix)
}

/// "1 character", "2 characters".
func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}

/// "a, b and c".
func listed(_ names: [String], last: String = "and") -> String {
    guard let final = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(last) \(final)"
}
