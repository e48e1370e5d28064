/// A reader of whole forms with the rules of `MultipartScanner`, written for clarity only: what the
/// scanner is compared with.
///
/// It shares no code with the scanner: delimiters are searched for at every offset, fields are
/// matched with regular expressions.
package struct ReferenceForm {
    /// A part.
    package struct Part: Equatable {
        /// Its name, without quotes.
        package let name: String
        /// What it says of its length.
        package let lengthText: String?
        /// Its content.
        package let content: [UInt8]

        /// A part of these three.
        package init(name: String, lengthText: String?, content: [UInt8]) {
            self.name = name
            self.lengthText = lengthText
            self.content = content
        }
    }

    /// The parts, in their order.
    package private(set) var parts: [Part] = []
    /// Where the value of `model` is.
    package private(set) var model: Range<Int>?
    /// The value of `stream`.
    package private(set) var stream: String?

    private struct Refused: Error {}

    /// Reads a form; nil where it is to be refused.
    package init?(_ form: [UInt8], boundary: String) {
        do {
            for part in try ReferenceForm.split(form, Array("--\(boundary)".utf8)) {
                try read(form, part)
            }
        } catch {
            return nil
        }
    }

    private static func require(_ condition: Bool) throws {
        if !condition { throw Refused() }
    }

    /// What is between the delimiters.
    private static func split(_ form: [UInt8], _ needle: [UInt8]) throws -> [Range<Int>] {
        var places: [Int] = []
        for index in form.indices where form[index...].starts(with: needle) {
            // The end of the last delimiter may look like one more, where a boundary is of dashes.
            if let last = places.last, index < last + needle.count { continue }
            places.append(index)
        }
        guard places.first == 0, (2...257).contains(places.count), let last = places.last else {
            throw Refused()
        }
        let rest = form[(last + needle.count)...]
        try require(rest.elementsEqual("--".utf8) || rest.elementsEqual("--\r\n".utf8))
        return try zip(places, places.dropFirst()).map { place, next in
            let start = place + needle.count + 2
            guard start <= next - 2, form[(start - 2)..<start].elementsEqual("\r\n".utf8),
                form[(next - 2)..<next].elementsEqual("\r\n".utf8)
            else { throw Refused() }
            return start..<next - 2
        }
    }

    private mutating func read(_ form: [UInt8], _ part: Range<Int>) throws {
        let emptyLine = part.first { form[$0..<part.upperBound].starts(with: "\r\n\r\n".utf8) }
        guard let emptyLine else { throw Refused() }
        let content = emptyLine + 4..<part.upperBound
        try ReferenceForm.require(content.lowerBound - part.lowerBound <= 8_192)
        let fields = try ReferenceFields(form[part.lowerBound..<emptyLine])
        if let lengthText = fields.lengthText {
            try ReferenceForm.require(Int(lengthText) == content.count)
        }
        let bytes = Array(form[content])
        parts.append(Part(name: fields.name, lengthText: fields.lengthText, content: bytes))
        switch fields.name.lowercased() {
        case "_charset_": throw Refused()
        case "model":
            try ReferenceForm.require(fields.name == "model" && fields.isPlain && model == nil)
            try ReferenceForm.require(isModel(bytes, isASCII: fields.isASCII))
            model = content
        case "stream":
            let text = String(decoding: bytes, as: UTF8.self)
            let isBoolean = ["true", "True", "1", "false", "False", "0"].contains(text)
            try ReferenceForm.require(fields.name == "stream" && fields.isPlain)
            try ReferenceForm.require(stream == nil && isBoolean)
            stream = text
        default: break
        }
    }

    /// Whether bytes can be the name of a model.
    private func isModel(_ bytes: [UInt8], isASCII: Bool) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        let scalars = text.unicodeScalars
        return (1...256).contains(bytes.count) && scalars.first != "\u{FEFF}"
            && scalars.allSatisfy { $0.properties.generalCategory != .control }
            && (!isASCII || scalars.allSatisfy(\.isASCII))
    }
}

/// The fields of a part, as a reader of whole blocks finds them.
struct ReferenceFields {
    /// The name of the part.
    let name: String
    /// The value of `Content-Length`.
    let lengthText: String?
    /// Whether nothing says that the bytes of the part are not its text.
    private(set) var isPlain: Bool
    /// Whether the part says that it is ASCII.
    private(set) var isASCII = false

    private struct Refused: Error {}

    /// Reads a block without its last line end; throws where it is to be refused.
    init(_ block: ArraySlice<UInt8>) throws {
        // One scalar a byte.
        let text = String(String.UnicodeScalarView(block.map { Unicode.Scalar($0) }))
        let lines = try ReferenceFields.lines(block)
        var values: [String: String] = [:]
        let known = [
            "content-disposition", "content-type", "content-transfer-encoding", "content-length",
        ]
        for (name, value) in lines where known.contains(name) {
            guard values.updateValue(value, forKey: name) == nil else { throw Refused() }
        }
        guard lines.count <= 16, let value = values["content-disposition"],
            text.lowercased().ranges(of: "content-disposition").count == 1
        else { throw Refused() }
        let disposition = try ReferenceFields.disposition(value)
        name = disposition.name
        isPlain = !disposition.isFile && values.count == lines.count
        lengthText = values["content-length"]
        if let lengthText, lengthText.wholeMatch(of: /[0-9]{1,15}/) == nil { throw Refused() }
        if let encoding = values["content-transfer-encoding"] {
            isPlain = isPlain && ["7bit", "8bit", "binary"].contains(encoding.lowercased())
        }
        if let type = values["content-type"] { try read(type: type.lowercased()) }
    }

    private mutating func read(type: String) throws {
        // Its top-level type is one of these, whatever may stand behind a token.
        let nested = /(multipart|message)([^-!#$%&'*+.^_`|~0-9a-z].*)?/
            .matchingSemantics(.unicodeScalar).dotMatchesNewlines()
        if type.wholeMatch(of: nested) != nil { throw Refused() }
        let plain = /text\/plain([ \t]*;[ \t]*charset=("?)(utf-8|us-ascii)\2)?/
        let match = type.wholeMatch(of: plain)
        if match == nil { isPlain = false }
        isASCII = match?.3 == "us-ascii"
    }

    /// The fields, with their names in small letters.
    private static func lines(_ bytes: ArraySlice<UInt8>) throws -> [(name: String, value: String)]
    {
        var lines: [[UInt8]] = [[]]
        for (index, byte) in zip(bytes.indices, bytes) {
            let isReturn = byte == 0x0D
            let isFeed = byte == 0x0A
            let next = index + 1 < bytes.endIndex ? bytes[index + 1] : 0
            let previous = index > bytes.startIndex ? bytes[index - 1] : 0
            if isReturn, next != 0x0A { throw Refused() }
            if isFeed, previous != 0x0D { throw Refused() }
            if isFeed { lines.append([]) }
            if !isReturn, !isFeed { lines[lines.count - 1].append(byte) }
        }
        return try lines.map { line in
            let text = String(String.UnicodeScalarView(line.map { Unicode.Scalar($0) }))
            let pattern = /([-!#$%&'*+.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0A-\x1F\x7F]*)/
                .matchingSemantics(.unicodeScalar)
            guard let match = text.wholeMatch(of: pattern) else { throw Refused() }
            return (match.1.lowercased(), String(match.2))
        }
    }

    /// The name of a part, and whether it is a file.
    private static func disposition(_ value: String) throws -> (name: String, isFile: Bool) {
        guard value.hasPrefix("form-data;") else { throw Refused() }
        var rest = value.dropFirst("form-data".count)
        var values: [String: String] = [:]
        let parameter =
            /[ \t]*;[ \t]*(name|filename\*?)=("([^"]*)"|[-!#$%&'*+.^_`|~0-9A-Za-z]+)/
            .matchingSemantics(.unicodeScalar)
        let hidden = /;.*=|name=/.matchingSemantics(.unicodeScalar).dotMatchesNewlines()
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: parameter) else { throw Refused() }
            let value = String(match.3 ?? match.2)
            guard values.updateValue(value, forKey: String(match.1)) == nil,
                !value.hasSuffix("\\") || match.3 == nil,
                value.lowercased().firstMatch(of: hidden) == nil
            else { throw Refused() }
            rest = rest[match.range.upperBound...]
        }
        let allowed = /[\x20-\x7E--[%';=\\]]+/
        guard let name = values["name"], name.wholeMatch(of: allowed) != nil,
            !name.hasPrefix(" "), !name.hasSuffix(" ")
        else { throw Refused() }
        return (name, values.count > 1)
    }
}
