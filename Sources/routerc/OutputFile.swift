import Glibc
import Runtime

/// Where a table may be put: a new file, or in the place of a table.
enum OutputFile {
    /// The path to publish to, symbolic links followed; ends the command where a file stands there
    /// that is not ours to replace.
    static func resolve(_ output: String, besides spec: String) throws -> String {
        var status = stat()
        guard unsafe stat(output, &status) == 0 else {
            return output
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refusal("'\(output)' is not a regular file")
        }
        var source = stat()
        if unsafe stat(spec, &source) == 0, source.st_dev == status.st_dev,
            source.st_ino == status.st_ino
        {
            throw refusal("'\(output)' is the spec itself")
        }
        let start = (try? readRegularFile(output, upTo: 8)) ?? []
        guard start.isEmpty || SpecInput.beginsAsTable(start) else {
            throw refusal("'\(output)' is there and is no table; remove it first")
        }
        guard let real = unsafe realpath(output, nil) else { return output }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    private static func refusal(_ problem: String) -> ExitStatus {
        Output.talk("error: \(problem)")
        return .usage
    }
}
