/// `text` in single quotes as a message shows it: on one line, nothing invisible, not too long.
///
/// What looks like the key of an API is masked, wherever somebody put it.
func quoted(_ text: String) -> String {
    if SecretTokens.isToken(text.utf8) { return masked(text) }
    let text = withoutTokens(text)
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
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029:
        "\u{FFFD}".unicodeScalars
    case 0xA0, 0xAD, 0x1680, 0x2000...0x200F, 0x202A...0x202F, 0x205F...0x2069, 0x3000, 0xFEFF:
        "<U+\(hex(scalar))>".unicodeScalars
    default:
        String(Character(scalar)).unicodeScalars
    }
}

/// The name of a character that looks like another or like nothing; nil for any other.
func sign(_ scalar: Unicode.Scalar) -> String? {
    let name: String? =
        switch scalar.value {
        case 0x00A0: "a no-break space"
        case 0x202F: "a narrow no-break space"
        case 0x3000: "an ideographic space"
        case 0x2000...0x200A, 0x205F, 0x1680: "a wide space"
        case 0x200B: "a zero-width space"
        case 0x200C, 0x200D, 0x2060: "a zero-width joiner"
        case 0xFEFF: "an invisible byte order mark"
        case 0x00AD: "a soft hyphen"
        case 0x2018, 0x2019, 0x201A, 0x201B, 0x201C, 0x201D, 0x201E, 0x201F: "a curly quote"
        case 0x2010...0x2015, 0x2212: "a dash that is no '-'"
        case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: "a mark of text direction"
        case 0xFF1A: "a wide colon"
        case 0xFF0A, 0x2217: "a star that is no '*'"
        default: nil
        }
    return name.map { "\($0) (U+\(hex(scalar)))" }
}

/// The name of the first character of a text that looks like another or like nothing.
func strangeSign(in text: String) -> String? {
    for scalar in text.unicodeScalars where !scalar.isASCII {
        if let name = sign(scalar) { return name }
    }
    return nil
}

/// The number of a character as Unicode writes it.
private func hex(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - hex.count)) + hex
}

/// A secret as a message may show it: how it begins and how long it is.
func masked(_ secret: String) -> String {
    "'\(maskedPrefix(secret))...' (\(counted(secret.unicodeScalars.count, "character")))"
}

/// A text with every word that looks like a key cut after its beginning.
func withoutTokens(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let hidden = SecretTokens.find(in: bytes[...])
    if hidden.isEmpty { return text }
    var shown = ""
    var end = 0
    for place in hidden {
        shown += String(decoding: bytes[end..<place.lowerBound], as: UTF8.self)
        shown += maskedPrefix(String(decoding: bytes[place], as: UTF8.self)) + "..."
        end = place.upperBound
    }
    return shown + String(decoding: bytes[end...], as: UTF8.self)
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

/// "pool 'a'", or "this pool" where its name could not be read.
func named(_ kind: String, _ name: String) -> String {
    name.isEmpty ? "this \(kind)" : "\(kind) \(quoted(name))"
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
