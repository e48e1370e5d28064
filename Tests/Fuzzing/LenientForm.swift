/// What some reader of forms does and another does not.
///
/// A form in which two of them see another `model` must be refused. The tests show of each example
/// that the habit decides, and that the scanner refuses it.
package enum FormHabit: String, CaseIterable, Sendable {
    /// Takes `--boundary` for a delimiter behind anything, not only at the start of a line.
    case splitsLines
    /// Reads on behind the delimiter that is the last.
    case readsEpilogue
    /// Splits parameters at each `;`, in a quoted string too.
    case ignoresQuotes
    /// Takes the first `name=` that no letter is ahead of, as formidable and node-fetch do.
    case searchesName
    /// Takes Content-Disposition wherever it stands in the fields, as Rack does.
    case searchesFields

    /// A form with the boundary `b` whose model is `m`, and another one by this habit.
    package var example: String {
        let start = "--b\r\nContent-Disposition: form-data; name="
        let model = "\(start)model\r\n\r\nm\r\n"
        let other = "Content-Disposition: form-data; name=model\r\n\r\nother\r\n"
        return switch self {
        case .splitsLines: "\(model)\(start)a\r\n\r\nx--b\r\n\(other)--b--\r\n"
        case .readsEpilogue: "\(model)--b--\r\n--b\r\n\(other)--b--\r\n"
        case .ignoresQuotes:
            "\(model)\(start)a; filename=\"; name=model; x=\"\r\n\r\nother\r\n--b--\r\n"
        case .searchesName:
            "\(model)--b\r\nContent-Disposition: form-data; filename=\"x name=model\"; name=a"
                + "\r\n\r\nother\r\n--b--\r\n"
        case .searchesFields:
            "\(model)--b\r\nX-Content-Disposition: form-data; name=model\r\n"
                + "Content-Disposition: form-data; name=a\r\n\r\nother\r\n--b--\r\n"
        }
    }
}

/// A reader of forms that puts up with nearly everything: any line end, blanks, folded lines, names
/// in any case, quoted or escaped.
package struct LenientForm {
    /// The values of the parts that are `model` to it.
    package private(set) var models: [[UInt8]] = []
    private let habits: Set<FormHabit>

    /// Reads a form.
    package init(_ form: [UInt8], boundary: [UInt8], habits: Set<FormHabit>) {
        self.habits = habits
        let needle = Array("--".utf8) + boundary
        var place = next(needle, in: form, from: 0)
        while let start = place {
            let begin = start + needle.count
            place = next(needle, in: form, from: begin)
            let isLast = form[begin...].starts(with: "--".utf8)
            if isLast, !habits.contains(.readsEpilogue) { return }
            if !isLast { read(form[begin..<(place ?? form.count)]) }
        }
    }

    private func next(_ needle: [UInt8], in form: [UInt8], from start: Int) -> Int? {
        form.indices[start...].first { index in
            guard form[index] == needle[0], form[index...].starts(with: needle) else {
                return false
            }
            let isLineStart = index == 0 || form[index - 1] == 0x0A || form[index - 1] == 0x0D
            return isLineStart || habits.contains(.splitsLines)
        }
    }

    /// Reads a part, from behind its delimiter to the next one.
    private mutating func read(_ part: ArraySlice<UInt8>) {
        var rest = part
        _ = takeLine(&rest)
        var fields: [String] = []
        while let line = takeLine(&rest), !line.isEmpty {
            if line.hasPrefix(" ") || line.hasPrefix("\t"), let last = fields.popLast() {
                fields.append(last + line)
            } else {
                fields.append(line)
            }
        }
        if rest.last == 0x0A { rest.removeLast() }
        if rest.last == 0x0D { rest.removeLast() }
        if fields.contains(where: names(model:)) { models.append(Array(rest)) }
    }

    /// Takes a line, one scalar a byte; nil at the end.
    private func takeLine(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { $0 != 0x0A }
        rest = rest[line.endIndex...].dropFirst()
        let text = line.last == 0x0D ? line.dropLast() : line
        return String(String.UnicodeScalarView(text.map { Unicode.Scalar($0) }))
    }

    /// Whether a field says that its part is `model`.
    private func names(model field: String) -> Bool {
        let field = field.lowercased()
        let start = "content-disposition"
        guard let found = field.firstRange(of: start) else { return false }
        guard found.lowerBound == field.startIndex || habits.contains(.searchesFields) else {
            return false
        }
        let value = field[found.upperBound...].drop { $0 != ":" }.dropFirst()
        if habits.contains(.searchesName) {
            let pattern = /\bname\*?=\s*["']?([^"';]*)/.wordBoundaryKind(.simple)
            if let match = value.firstMatch(of: pattern), isModelName(String(match.1)) {
                return true
            }
        }
        return parameters(value).contains { parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return false }
            let name = trimmed(String(pair[0])).prefix { $0 != "*" }
            return name == "name" && isModelName(String(pair[1]))
        }
    }

    private func parameters(_ value: Substring) -> [Substring] {
        if habits.contains(.ignoresQuotes) { return value.split(separator: ";") }
        var isQuoted = false
        return value.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
    }

    private func isModelName(_ text: String) -> Bool {
        var name = text.replacing("\\", with: "")
        // The letters of `model` as hex digits of a percent-encoded byte.
        for letter in "model".utf8 {
            let digits = String(letter, radix: 16)
            name = name.replacing("%\(digits)", with: String(UnicodeScalar(letter)))
        }
        // RFC 5987, 3.2.1: the charset and the language ahead of the value.
        let plain = name.split(separator: "''").last.map(String.init) ?? name
        return trimmed(plain) == "model"
    }

    private func trimmed(_ text: String) -> String {
        let edges: Set<Character> = [" ", "\t", "\"", "'", "\u{B}", "\u{C}", "\0", "\r"]
        let start = text.drop { edges.contains($0) }
        return String(start.reversed().drop { edges.contains($0) }.reversed())
    }
}

/// What readers take for the boundary of a Content-Type, whose parameter routerc has found.
enum LenientBoundary {
    /// One reading of each kind of reader; text is one scalar a byte.
    static func readings(of type: String) -> [String] {
        let folded = type.lowercased()
        let first = folded.firstMatch(of: /boundary=[ \t]*"?([^";]*)/)?.1
        // Rack.
        let last = folded.firstMatch(of: /^multipart\/.*boundary="?([^";,]+)"?/)?.1
        return [first, last, php(type), php(folded)].compactMap { $0.map { $0.lowercased() } }
    }

    /// The first `boundary`, in small letters if there is one, then what is behind the next `=`.
    private static func php(_ type: String) -> Substring? {
        let word = type.firstRange(of: "boundary") ?? type.lowercased().firstRange(of: "boundary")
        guard let word else { return nil }
        let value = type[word.upperBound...].drop { $0 != "=" }.dropFirst()
        if value.first == "\"" { return value.dropFirst().prefix { $0 != "\"" } }
        return value.prefix { $0 != "," && $0 != ";" }
    }
}
