/// The files that a spec may include: those below the folder it stands in.
///
/// The compiler reads no disk itself: whoever calls it says what is there. Paths are relative, with
/// `/` between their parts; the empty path is the folder of the spec.
public protocol SpecFolder: Sendable {
    /// What a folder holds, in any order; nil where there is no such folder.
    func entries(of folder: String) throws(SpecFolderFault) -> [SpecFolderEntry]?
    /// The bytes of a file, up to one more than `SourceFile.maxBytes`.
    func contents(of file: String) throws(SpecFolderFault) -> [UInt8]
}

/// An entry of a folder.
public struct SpecFolderEntry: Sendable, Equatable {
    /// Its name, without folders.
    public var name: String
    /// Whether it is a folder itself.
    public var isFolder: Bool
    /// Whether its name is UTF-8; of another, `name` is for people, and nothing is read by it.
    public var isText: Bool

    /// From its parts.
    public init(name: String, isFolder: Bool, isText: Bool = true) {
        self.name = name
        self.isFolder = isFolder
        self.isText = isText
    }
}

/// Why a folder or a file cannot be read: a phrase for people.
public struct SpecFolderFault: Error, Sendable, Equatable {
    /// As it follows "cannot be read: ".
    public var reason: String

    /// With a reason.
    public init(_ reason: String) {
        self.reason = reason
    }
}

/// A folder without files, for specs that stand alone.
public struct EmptySpecFolder: SpecFolder {
    /// There is only one.
    public init() {}

    /// Nothing.
    public func entries(of folder: String) -> [SpecFolderEntry]? {
        folder.isEmpty ? [] : nil
    }

    /// Never there.
    public func contents(of file: String) throws(SpecFolderFault) -> [UInt8] {
        throw SpecFolderFault("there are no files here")
    }
}
