/// Which routerc this is; what `requires` of a spec is compared with.
public enum RoutercVersion {
    /// The version of this compiler, as `major.minor.patch`.
    public static let current = "0.1.0"
}

/// A version of routerc as `requires` writes it: two or three whole numbers.
struct VersionText: Comparable {
    var parts: [Int]

    init?(_ text: String) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3 else { return nil }
        var parts: [Int] = []
        for field in fields {
            guard field.utf8.count <= 4, field.utf8.allSatisfy(isDigit), let part = Int(field)
            else {
                return nil
            }
            parts.append(part)
        }
        self.parts = parts + (parts.count == 2 ? [0] : [])
    }

    static func < (left: VersionText, right: VersionText) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}

/// Whether a byte is an ASCII digit.
func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

/// Whether a byte is an ASCII letter.
func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
