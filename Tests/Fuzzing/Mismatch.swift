/// What does not hold, for people to read.
package struct Mismatch: Error, CustomStringConvertible {
    /// One phrase.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws a mismatch unless a condition holds.
func require(
    _ condition: Bool, _ message: @autoclosure () -> String
) throws(Mismatch) {
    if !condition { throw Mismatch(message()) }
}

/// Throws a mismatch unless two values are the same.
func requireEqual<Value: Equatable>(
    _ ours: Value, _ theirs: Value, _ what: @autoclosure () -> String
) throws(Mismatch) {
    if ours != theirs { throw Mismatch("\(what()): \(ours), and not \(theirs)") }
}

extension Collection<UInt8> {
    /// The bytes as a literal that shows every one of them.
    var shown: String {
        var result = "\""
        for byte in self {
            switch byte {
            case 0x0D: result += "\\r"
            case 0x0A: result += "\\n"
            case 0x22, 0x5C: result += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: result += String(UnicodeScalar(byte))
            default: result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result + "\""
    }
}
