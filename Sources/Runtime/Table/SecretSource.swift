internal import Glibc
internal import TableFormat

/// Reads secrets by reference.
///
/// Their values go into memory only, never into a message.
enum SecretSource {
    /// The value of a reference, without trailing newlines; `holder` is for the fault.
    static func read(
        _ source: ValueSource, _ reference: String, holder: String
    ) throws(LoadFault) -> [UInt8] {
        let name = source == .file ? "file:\(reference)" : "env:\(reference)"
        func fault(_ problem: String) -> LoadFault {
            .secret(holder: holder, reference: name, problem: problem)
        }
        var value: [UInt8]
        switch source {
        case .literal:
            value = Array(reference.utf8)
        case .environment:
            guard let text = unsafe getenv(reference) else {
                throw fault("is not set in the environment")
            }
            value = unsafe Array(String(cString: text).utf8)
        case .file:
            do throws(ReadFault) {
                value = try readSmallFile(reference, byteCountMax: Limits.secretBytesMax)
            } catch {
                throw fault(error.description)
            }
        }
        while let last = value.last, last == 0x0A || last == 0x0D {
            value.removeLast()
        }
        guard !value.isEmpty else {
            throw fault("is empty")
        }
        // It will stand in a head.
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw fault("has control characters")
        }
        return value
    }

    /// The key of a client: what a header can carry as one, or nobody could ever present it.
    static func readKey(
        _ source: ValueSource, _ reference: String, holder: String
    ) throws(LoadFault) -> [UInt8] {
        let key = try read(source, reference, holder: holder)
        guard key.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LoadFault.secret(
                holder: holder,
                reference: source == .file ? "file:\(reference)" : "env:\(reference)",
                problem: "has spaces or characters beyond ASCII, which no key can have")
        }
        return key
    }
}
