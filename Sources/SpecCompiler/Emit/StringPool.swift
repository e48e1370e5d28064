internal import TableFormat

/// The bytes of all strings of a table; equal strings are stored once where it pays.
struct StringPool {
    private(set) var bytes: [UInt8] = []
    private var known: [[UInt8]: StringRef] = [:]

    /// A string that may be there already.
    mutating func ref(_ text: String) -> StringRef {
        ref(bytes: Array(text.utf8))
    }

    /// Bytes that may be there already.
    mutating func ref(bytes text: [UInt8]) -> StringRef {
        if text.isEmpty {
            return .empty
        }
        if let ref = known[text] {
            return ref
        }
        let ref = append(text)
        known[text] = ref
        return ref
    }

    /// A string that stands once only, as names of keys do: not remembered.
    mutating func append(_ text: String) -> StringRef {
        append(Array(text.utf8))
    }

    private mutating func append(_ text: [UInt8]) -> StringRef {
        let ref = StringRef(offset: UInt32(bytes.count), count: UInt32(text.count))
        bytes += text
        return ref
    }
}
