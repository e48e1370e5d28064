/// A recognizer of RFC 8259 documents whose top level is an object, written for clarity only: what
/// `MemberScanner` is compared with.
struct ReferenceJSON {
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// Whether bytes are one document with what the router asks for beside the grammar.
    static func accepts(_ bytes: [UInt8]) -> Bool {
        // The standard library decides what UTF-8 is.
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var reference = ReferenceJSON(rest: bytes[...])
        reference.skipBlanks()
        guard reference.rest.first == UInt8(ascii: "{"), reference.value() else { return false }
        reference.skipBlanks()
        return reference.rest.isEmpty
    }

    private init(rest: ArraySlice<UInt8>) {
        self.rest = rest
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
        guard string() else { return false }
        skipBlanks()
        return take(":") && value()
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
