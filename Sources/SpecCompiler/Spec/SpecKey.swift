/// One key of the language: what the decoder, suggestions, the reference and the schema know of it.
public struct SpecKey: Sendable, Equatable {
    /// Whether this version understands the key.
    public enum Status: Sendable, Equatable {
        /// Understood since this version.
        case built(since: String)
        /// Part of the language, and an error until it is built.
        case planned
    }

    /// Where the key stands: `pools[].name`; `[]` is an element of a list, `*` a name of yours.
    public let path: String
    /// What its value is, in words.
    public let type: String
    /// What its absence means, as it would be written; nil where absence has no value.
    public let defaultText: String?
    /// One line that says what it is for.
    public let doc: String
    /// Whether this version understands the key.
    public let status: Status

    /// The last component of the path.
    public let name: String
    /// The path of the mapping that the key stands in; empty for the root.
    public let parent: String

    private init(
        _ path: String, _ type: String, _ defaultText: String?, _ doc: String, _ status: Status
    ) {
        self.path = path
        self.type = type
        self.defaultText = defaultText
        self.doc = doc
        self.status = status
        let cut = path.lastIndex(of: ".")
        name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        parent = cut.map { String(path[..<$0]) } ?? ""
    }

    /// A key that is understood since 0.1.0.
    static func built(
        _ path: String, _ type: String, default text: String? = nil, _ doc: String
    ) -> SpecKey {
        SpecKey(path, type, text, doc, .built(since: "0.1.0"))
    }

    /// A key of the language that is not understood yet.
    static func planned(
        _ path: String, _ type: String, default text: String? = nil, _ doc: String
    ) -> SpecKey {
        SpecKey(path, type, text, doc, .planned)
    }

    /// Whether this version understands the key.
    public var isBuilt: Bool { status != .planned }
}

/// All keys of the language, in the order of the reference.
public enum SpecKeys {
    /// Every key, parents before what stands in them.
    public static let all: [SpecKey] = server + traffic + access + later

    private static let objects: [String: SpecObject] = Dictionary(
        grouping: all, by: \.parent
    ).mapValues { SpecObject(keys: $0) }

    /// The keys of the mapping at `path`; the empty path is the root.
    static func object(_ path: String) -> SpecObject {
        guard let object = objects[path] else {
            preconditionFailure("no key of the language stands in \(path)")
        }
        return object
    }
}

/// The keys that one mapping of the language may have.
struct SpecObject: Sendable {
    let keys: [SpecKey]
    private let names: [[UInt8]]

    init(keys: [SpecKey]) {
        self.keys = keys
        names = keys.map { Array($0.name.utf8) }
    }

    /// The key with this name.
    func key(named name: ArraySlice<UInt8>) -> SpecKey? {
        for index in names.indices where names[index].count == name.count {
            if names[index].elementsEqual(name) {
                return keys[index]
            }
        }
        return nil
    }
}
