/// What the answer of a model server says of the models that it has.
///
/// The shapes: `data` with an `id` in each object (OpenAI, llama.cpp, vLLM, LM Studio, Anthropic)
/// and `models` with `model`, or else `name` (Ollama, and llama.cpp beside `data`). The document
/// must be well-formed to its last byte (RFC 8259, nesting of at most 128); an entry that is not
/// sound is left out, and the rest counts.
public struct ModelList: Sendable {
    /// The most entries of a list that are looked at.
    public static var entryLimit: Int { 5_000 }
    /// The most bytes of an id.
    public static var idByteLimit: Int { MemberScanner.modelByteLimit }

    /// A model, by offsets into the answer.
    public struct Entry: Sendable, Equatable {
        /// The id, unescaped: 1 to 256 bytes of UTF-8 without control characters.
        public var id: [UInt8]
        /// The object that says it, with its braces.
        public var object: ByteRange
        /// The value of the object's `created`; empty where there is none.
        public var created: ByteRange
    }

    /// The entries of `data`, in their order; nil where there is no such list.
    public private(set) var data: [Entry]?
    /// The entries of `models`; nil where there is no such list.
    public private(set) var models: [Entry]?
    /// How many elements of the two are no sound entries, or too many.
    public private(set) var ignoredCount = 0

    /// Reads an answer that has come whole.
    public init(_ answer: RawSpan) throws(JSONFault) {
        guard answer.byteCount < 1 &<< 31 else { throw .tooLong }
        var cursor = JSONCursor()
        cursor.skipBlanks(answer)
        let first = try cursor.peek(answer)
        guard first == Ascii.openBrace else {
            throw first == 0xEF ? .byteOrderMark : .notAnObject
        }
        var goesOn = try cursor.open(answer, until: Ascii.closeBrace)
        while goesOn {
            let key = EntryKey(answer, try cursor.key(answer))
            switch key.isExact ? key.name : .other {
            case .data: data = try readList(answer, &cursor, idName: .id)
            case .models: models = try readList(answer, &cursor, idName: .model)
            default: try cursor.skipValue(answer, depth: 1)
            }
            goesOn = try cursor.advance(answer, until: Ascii.closeBrace)
        }
        try cursor.finish(answer)
    }

    /// Reads a list of entries; nil where the value is something else.
    private mutating func readList(
        _ answer: RawSpan, _ cursor: inout JSONCursor, idName: EntryKey.Name
    ) throws(JSONFault) -> [Entry]? {
        guard try cursor.peek(answer) == Ascii.openBracket else {
            try cursor.skipValue(answer, depth: 1)
            return nil
        }
        var entries: [Entry] = []
        var goesOn = try cursor.open(answer, until: Ascii.closeBracket)
        while goesOn {
            var entry: Entry?
            if entries.count < ModelList.entryLimit, try cursor.peek(answer) == Ascii.openBrace {
                entry = try ModelList.readEntry(answer, &cursor, idName: idName)
            } else {
                try cursor.skipValue(answer, depth: 2)
            }
            if let entry {
                entries.append(entry)
            } else {
                ignoredCount += 1
            }
            goesOn = try cursor.advance(answer, until: Ascii.closeBracket)
        }
        return entries
    }

    /// Reads an object of a list; nil where it does not say plainly which model it is about.
    ///
    /// An object with two ids, or with a key that some decoder takes for one, is about two models.
    private static func readEntry(
        _ answer: RawSpan, _ cursor: inout JSONCursor, idName: EntryKey.Name
    ) throws(JSONFault) -> Entry? {
        let start = cursor.offset
        var id: ByteRange?
        var name: ByteRange?
        var created = ByteRange.empty
        var seen: Set<EntryKey.Name> = []
        var isPlain = true
        var goesOn = try cursor.open(answer, until: Ascii.closeBrace)
        while goesOn {
            let key = EntryKey(answer, try cursor.key(answer))
            let valueStart = cursor.offset
            var text: ByteRange?
            if try cursor.peek(answer) == Ascii.quote {
                text = try cursor.string(answer)
            } else {
                try cursor.skipValue(answer, depth: 3)
            }
            switch key.name {
            case idName: id = text
            case .name: name = text
            case .created: created = ByteRange(valueStart, cursor.offset)
            default: break
            }
            if key.name == idName || key.name == .name && idName == .model {
                isPlain = seen.insert(key.name).inserted && key.isExact && isPlain
            }
            goesOn = try cursor.advance(answer, until: Ascii.closeBrace)
        }
        if idName == .model, !seen.contains(idName) { id = name }
        guard isPlain, let content = id, let text = idText(answer, content) else { return nil }
        return Entry(id: text, object: ByteRange(start, cursor.offset), created: created)
    }

    /// The text of an id, or nil where no model can be called so.
    private static func idText(_ answer: RawSpan, _ content: ByteRange) -> [UInt8]? {
        var text: [UInt8] = []
        var cursor = StringCursor(content)
        while let scalar = cursor.next(answer) {
            // C0, DEL and C1 (Unicode, general category Cc).
            if scalar < 0x20 || scalar >= 0x7F && scalar < 0xA0 { return nil }
            guard let character = Unicode.Scalar(scalar) else { return nil }
            text += UTF8.encode(character) ?? UTF8.encodedReplacementCharacter
            if text.count > idByteLimit { return nil }
        }
        return text.isEmpty ? nil : text
    }
}

/// A key that a list of models may have, after unescaping.
private struct EntryKey {
    enum Name {
        case data
        case models
        case id
        case model
        case name
        case created
        case other
    }

    let name: Name
    /// Whether it is spelled so; else some decoder takes it for this key.
    let isExact: Bool

    /// Reads what stands between the quotes of a key.
    init(_ answer: RawSpan, _ content: ByteRange) {
        // The longest of them, each of its characters an escape.
        guard content.count <= 7 * 6 else {
            name = .other
            isExact = true
            return
        }
        let key = KeyText(answer, content)
        isExact = key.exact == key.folded
        name =
            switch (key.count, key.folded[0]) {
            case (2, Lanes.pack("id")): .id
            case (4, Lanes.pack("data")): .data
            case (4, Lanes.pack("name")): .name
            case (5, Lanes.pack("model")): .model
            case (6, Lanes.pack("models")): .models
            case (7, Lanes.pack("created")): .created
            default: .other
            }
    }
}
