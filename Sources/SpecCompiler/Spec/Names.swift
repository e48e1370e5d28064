/// Names of pools, endpoints and keys (rule 3 of the language).
extension SpecDecoder {
    /// A name that is well formed and not reserved.
    mutating func name(_ node: Int, _ what: String) -> Spanned<String>? {
        guard let text = text(node, what) else { return nil }
        guard let fault = NameText.fault(text.value) else { return text }
        findings.add(.badName(what, text, fault))
        // What was meant is known, so that nothing is said of those who refer to it.
        guard let meant = TypographicQuotes.content(of: text.value), NameText.fault(meant) == nil
        else {
            return nil
        }
        return Spanned(meant, at: text.span)
    }

    /// A name that refers to something; only what was meant to be one is looked up.
    mutating func reference(_ node: Int, _ what: String) -> Spanned<String>? {
        name(node, what)
    }
}

/// What makes a text a name.
enum NameText {
    /// The longest name, in bytes.
    static let maxBytes = 63
    /// Words that mean something else where a name could stand.
    static let reserved: Set<String> = [
        "all", "none", "default", "anonymous", "unknown", "client", "discovered",
    ]

    enum Fault {
        case reserved
        case tooLong
        case badFirst
        case badCharacter(Character)
    }

    static func fault(_ name: String) -> Fault? {
        if name.utf8.count > maxBytes { return .tooLong }
        for (index, byte) in name.utf8.enumerated() {
            let isWord = isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
            if index == 0, !isWord { return .badFirst }
            let isMark = [UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-")].contains(byte)
            if !isWord, !isMark {
                return .badCharacter(character(of: name, at: index))
            }
        }
        return reserved.contains(name) ? .reserved : nil
    }

    private static func character(of name: String, at offset: Int) -> Character {
        let index = name.utf8.index(name.startIndex, offsetBy: offset)
        return name[index]
    }
}

extension Diagnostic {
    fileprivate static func badName(
        _ what: String, _ text: Spanned<String>, _ fault: NameText.Fault
    ) -> Diagnostic {
        let problem =
            switch fault {
            case .reserved: "\(what) cannot be the reserved word \(quoted(text.value))"
            case .tooLong:
                "\(what) has at most \(NameText.maxBytes) bytes, and \(quoted(text.value)) has "
                    + "\(text.value.utf8.count)"
            case .badFirst:
                "\(what) begins with a letter, a digit or '_', not as \(quoted(text.value)) does"
            case .badCharacter(let character):
                "\(what) cannot hold \(quoted(String(character))) as \(quoted(text.value)) does"
            }
        let sign = strangeSign(in: text.value)
        return Diagnostic(
            .badName, problem, at: Label(text.span),
            help: sign.map { "it holds \($0)" } ?? help(fault))
    }

    private static func help(_ fault: NameText.Fault) -> String {
        switch fault {
        case .reserved: "reserved are \(listed(NameText.reserved.sorted()))"
        default: "names are letters, digits and _ . : - up to \(NameText.maxBytes) bytes"
        }
    }
}
