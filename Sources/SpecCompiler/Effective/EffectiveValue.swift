internal import TableFormat

/// A value that is in force, and the place in the spec that says so.
public struct EffectiveValue: Sendable {
    /// A place in a spec; lines and columns count from 1, columns in characters.
    public struct Place: Sendable, Equatable {
        /// The file's name, as the person who asked wrote it.
        public var file: String
        /// The line of the key.
        public var line: Int
        /// The column of the key.
        public var column: Int
    }

    /// What it is of, such as `pools.chat.timeouts.connect`; names with points stand in quotes.
    public let path: String
    /// As the language writes it, on one line; secrets are cut short.
    public let value: String
    /// Where it was written; nil is the default of the language.
    public let place: Place?
    /// The path of its key in the language, such as `pools[].timeouts.connect`.
    let key: String
}

extension EffectiveValue {
    /// One line a value: path, value, origin.
    ///
    /// Columns are fixed, so that a longer name changes no other line of a diff; what is too long
    /// ends at a further stop.
    public static func text(_ values: [EffectiveValue]) -> String {
        values.map { value in
            let origin = value.place.map { "\($0.file):\($0.line)" } ?? "default"
            return padded(value.path, 48) + padded(value.value, 24) + origin
        }.joined(separator: "\n")
    }

    /// One JSON object with a stable shape; `origin` is `spec` or `default`.
    ///
    /// `version` is 1; members are added within 1 and never change their meaning.
    public static func json(_ values: [EffectiveValue]) -> String {
        let items = values.map { value in
            let place = value.place.map {
                "\"origin\":\"spec\",\"file\":\(JSONText.quoted($0.file)),"
                    + "\"line\":\($0.line),\"column\":\($0.column)}"
            }
            return "{\"path\":\(JSONText.quoted(value.path)),"
                + "\"value\":\(JSONText.quoted(value.value)),"
                + (place ?? "\"origin\":\"default\",\"file\":null,\"line\":null,\"column\":null}")
        }
        let list = items.isEmpty ? "[]" : "[\n" + items.joined(separator: ",\n") + "\n]"
        return "{\"version\":1,\"values\":\(list)}"
    }

    /// Whether the value is at `path` or below it; quotes around names may be left out.
    public func isAt(_ path: String) -> Bool {
        [self.path, self.path.filter { $0 != "\"" }].contains { own in
            own.hasPrefix(path) && [nil, ".", "["].contains(own.dropFirst(path.count).first)
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        let count = text.unicodeScalars.count
        let stop = max(width, (count + 2 + 7) / 8 * 8)
        return text + String(repeating: " ", count: stop - count)
    }
}

/// The names that paths of values are made of.
enum EffectivePath {
    /// A name in quotes where it holds what parts names.
    static func name(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            isLetter(byte) || isDigit(byte) || "_-:".utf8.contains(byte)
        }
        return isPlain && !text.isEmpty ? text : JSONText.quoted(text)
    }
}
