import Glibc

/// What was done in a folder of mappings, to be undone where the spec does not like it.
struct MappingChange {
    let folder: String
    /// The file that was written.
    let name: String
    /// The second name of the file that stood there before, and whether it is to stay.
    var earlier: (name: String, isKept: Bool)?
    var isWritten = false
    /// Files that held the same key: the old name and the new.
    var retired: [(old: String, new: String)] = []

    init(folder: String, name: String) {
        self.folder = folder
        self.name = name
    }

    /// Says what was done, in the order in which it was.
    func tell(of url: String) {
        if let earlier, earlier.isKept {
            Output.talk("kept the earlier \(folder)/\(name) as \(earlier.name)")
        }
        Output.talk("wrote \(folder)/\(name) for \(url)")
        for (old, new) in retired {
            Output.talk("retired \(folder)/\(old), now \(new)")
        }
    }

    /// Removes what only undoing needs; if that fails, the next registration does.
    func settle() {
        guard let earlier, !earlier.isKept else { return }
        unsafe unlink("\(folder)/\(earlier.name)")
    }

    /// Puts everything back, or says what could not be; what the command ends with.
    func takeBack(because error: any Error) -> any Error {
        let failures = undo()
        for failure in failures {
            Output.talk("error: \(failure)")
        }
        guard failures.isEmpty else {
            Output.talk("error: nothing was registered, and the folder is not as it was")
            return ExitStatus.unknown
        }
        Output.talk("error: nothing was registered; the folder is as it was")
        return error
    }

    /// The last first; what failed.
    private func undo() -> [String] {
        var failures: [String] = []
        func note(_ result: CInt, _ step: String) {
            guard result != 0 else { return }
            failures.append("cannot \(step): \(unsafe String(cString: strerror(errno)))")
        }
        for (old, new) in retired.reversed() {
            note(
                unsafe rename("\(folder)/\(new)", "\(folder)/\(old)"),
                "rename '\(folder)/\(new)' back to '\(old)'")
        }
        switch (earlier, isWritten) {
        case (let earlier?, true):
            note(
                unsafe rename("\(folder)/\(earlier.name)", "\(folder)/\(name)"),
                "rename '\(folder)/\(earlier.name)' back to '\(name)'")
        case (let earlier?, false):
            note(unsafe unlink("\(folder)/\(earlier.name)"), "remove '\(folder)/\(earlier.name)'")
        case (nil, true):
            note(unsafe unlink("\(folder)/\(name)"), "remove '\(folder)/\(name)'")
        case (nil, false): break
        }
        return failures
    }
}
