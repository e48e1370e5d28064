internal import Glibc
package import TableFormat

/// Why a table was not taken; the one before it stays.
package enum LoadFault: Error, CustomStringConvertible, Sendable {
    /// Bytes that are no table, and the file they are in.
    case table(TableFault, path: String?)
    /// The spec behind the table has errors, which have been reported.
    case spec(String)
    case notAFile(String)
    /// A step that the system refused, and its error number.
    case system(String, CInt)
    /// A secret of this holder, by reference, and what is wrong with it.
    case secret(holder: String, reference: String, problem: String)
    /// A file of certificate authorities, or nil for those of the system.
    case certificates(path: String?, problem: String)
    case pattern(source: String, problem: String)
    case listen(address: String, problem: String)
    case tooManyGenerations(Int)
    /// A library that cannot be prepared.
    case library(String)

    package var description: String {
        switch self {
        case .table(let fault, let path):
            path.map { "'\($0)': \(fault)" } ?? fault.description
        case .spec(let summary): summary
        case .notAFile(let path): "'\(path)' is not a regular file"
        case .system(let step, let code):
            "cannot \(step): \(unsafe String(cString: strerror(code)))"
        case .secret(let holder, let reference, let problem):
            "the secret \(reference) of \(holder) \(problem)"
        case .certificates(let path, let problem):
            (path.map { "the certificates '\($0)'" } ?? "the system's certificates")
                + " \(problem)"
        case .pattern(let source, let problem):
            "the pattern '\(source)' does not compile here: \(problem)"
        case .listen(let address, let problem):
            "the address \(address) cannot be listened on: \(problem)"
        case .tooManyGenerations(let count):
            "\(count) tables are still in use by requests; try again when some have ended"
        case .library(let name): "\(name) cannot be used here"
        }
    }
}
