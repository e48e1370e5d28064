/// A reader of RFC 8259 documents whose top level is an object, written for clarity only: what
/// `MemberScanner` is compared with.
package struct ReferenceJSON {
    /// A member of the top-level object.
    package struct Member: Equatable {
        /// The key, unescaped.
        package let key: String
        /// The bytes of the value, without the blanks around it.
        package let value: [UInt8]

        /// A member of these two.
        package init(key: String, value: [UInt8]) {
            self.key = key
            self.value = value
        }
    }

    /// The members of the top-level object, in their order.
    package private(set) var members: [Member] = []
    /// Where the numbers are.
    package private(set) var numbers: [Range<Int>] = []
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// Whether bytes are one document with what the router asks for beside the grammar.
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        ReferenceJSON(bytes) != nil
    }

    /// Reads a document; nil where it is none.
    package init?(_ bytes: [UInt8]) {
        // The standard library decides what UTF-8 is.
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        rest = bytes[...]
        skipBlanks()
        guard rest.first == UInt8(ascii: "{"), value() else { return nil }
        skipBlanks()
        guard rest.isEmpty else { return nil }
    }

    /// The text of a string with its quotes, which must be well-formed.
    package static func text(of string: some Collection<UInt8>) -> String {
        var units: [UInt16] = []
        var rest = String(decoding: string.dropFirst().dropLast(), as: UTF8.self)
            .unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                units += Array(String(scalar).utf16)
                continue
            }
            switch rest.popFirst() {
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            case "n": units.append(0x0A)
            case "r": units.append(0x0D)
            case "t": units.append(0x09)
            case "u":
                let digits = String(String.UnicodeScalarView(rest.prefix(4)))
                units.append(UInt16(digits, radix: 16) ?? 0)
                rest = rest.dropFirst(4)
            case let letter: units += letter.map { Array(String($0).utf16) } ?? []
            }
        }
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func skipBlanks() {
        while let byte = rest.first, " \t\r\n".utf8.contains(byte) { rest.removeFirst() }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest.removeFirst(text.utf8.count)
        return true
    }

    private mutating func value() -> Bool {
        skipBlanks()
        if take("true") || take("false") || take("null") { return true }
        if rest.first == UInt8(ascii: "\"") { return string() }
        if take("{") { return list(end: "}", of: { $0.member() }) }
        if take("[") { return list(end: "]", of: { $0.value() }) }
        return number()
    }

    private mutating func list(
        end: String, of element: (inout ReferenceJSON) -> Bool
    ) -> Bool {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 128 else { return false }
        skipBlanks()
        if take(end) { return true }
        while true {
            guard element(&self) else { return false }
            skipBlanks()
            if take(end) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func member() -> Bool {
        skipBlanks()
        let keyStart = rest.startIndex
        let document = rest
        guard string() else { return false }
        let key = document[keyStart..<rest.startIndex]
        skipBlanks()
        guard take(":") else { return false }
        skipBlanks()
        let valueStart = rest.startIndex
        guard value() else { return false }
        if depth == 1 {
            members.append(
                Member(
                    key: ReferenceJSON.text(of: key),
                    value: Array(document[valueStart..<rest.startIndex])))
        }
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20 { return false }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let letter = rest.popFirst() else { return false }
            if letter == UInt8(ascii: "u") {
                guard let unit = codeUnit() else { return false }
                if (0xDC00..<0xE000).contains(unit) { return false }
                if (0xD800..<0xDC00).contains(unit) {
                    guard take("\\u"), let low = codeUnit(), (0xDC00..<0xE000).contains(low) else {
                        return false
                    }
                }
            } else if !"\"\\/bfnrt".utf8.contains(letter) {
                return false
            }
        }
        return false
    }

    private mutating func codeUnit() -> Int? {
        let digits = rest.prefix(4)
        let isHexadecimal = digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        guard digits.count == 4, isHexadecimal else { return nil }
        rest = rest.dropFirst(4)
        return Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func number() -> Bool {
        let start = rest.startIndex
        guard numberText() else { return false }
        numbers.append(start..<rest.startIndex)
        return true
    }

    private mutating func numberText() -> Bool {
        _ = take("-")
        if !take("0"), !digits() { return false }
        if take("."), !digits() { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let count = rest.prefix { "0123456789".utf8.contains($0) }.count
        rest = rest.dropFirst(count)
        return count > 0
    }
}
