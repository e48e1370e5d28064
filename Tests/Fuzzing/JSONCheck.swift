import Foundation
import ReferenceParsers
import TableFormat
import Wire

/// What a scan of a JSON body ends with.
private struct Scan: Equatable {
    var fault: JSONFault?
    var faultOffset: Int?
    var members: [ScannedMember] = []

    init(_ bytes: [UInt8], cuts: [Int] = []) {
        var scanner = MemberScanner()
        do throws(JSONFault) {
            for cut in cuts {
                let piece = Array(bytes[..<cut])
                _ = try scanner.scan(piece.rawSpan)
            }
            try scanner.finish(bytes.rawSpan)
        } catch {
            fault = error
            faultOffset = scanner.faultOffset
            return
        }
        members = [scanner.model, scanner.stream, scanner.user, scanner.promptCacheKey]
            .map { ScannedMember($0, in: bytes) }
    }

    var model: ScannedMember { members[0] }
    var stream: ScannedMember { members[1] }
}

/// A member that the scanner found.
private struct ScannedMember: Equatable {
    let type: MemberType
    let token: Range<Int>
    /// The text of a string.
    let text: String

    init(_ member: Member, in bytes: [UInt8]) {
        type = member.type
        token = member.token.offsets
        let written = writtenBytes(capacity: member.content.count) { writer in
            member.writeText(bytes.rawSpan, into: &writer)
        }
        text = String(decoding: written, as: UTF8.self)
    }
}

/// JSON bodies: what the scanner reads is what every other parser reads.
///
/// The strict reference says whether a document is one; Foundation says what it holds. No key but
/// `model` may be read as `model` by anybody, and putting another model in its place changes
/// nothing else.
enum JSONCheck {
    static func run(_ bytes: [UInt8]) throws(Mismatch) {
        let scan = Scan(bytes)
        for cuts in Cuts.lists(for: bytes) {
            try requireEqual(Scan(bytes, cuts: cuts), scan, "the scan, cut at \(cuts)")
        }
        let reference = ReferenceJSON(bytes)
        guard scan.fault == nil else {
            let isGrammar = scan.fault.map { grammarFaults.contains($0) } ?? false
            let isRefused = reference == nil
            try require(!isGrammar || isRefused, "\(scan) of a document that is well-formed")
            return
        }
        guard let reference else { throw Mismatch("accepted, and no JSON to the reference") }
        try compare(scan, with: reference)
        try compareWithFoundation(scan, bytes, reference)
        try checkSplice(scan, bytes, reference)
    }

    /// Faults of the document, not of what routing asks of it.
    private static let grammarFaults: Set<JSONFault> = [
        .truncated, .byteOrderMark, .notAnObject, .unexpectedByte, .trailingBytes,
        .invalidNumber, .invalidLiteral, .invalidEscape, .loneSurrogate, .invalidUTF8,
        .controlCharacter, .tooDeep,
    ]

    private static func compare(_ scan: Scan, with reference: ReferenceJSON) throws(Mismatch) {
        for name in ["model", "stream"] {
            let twins = reference.members.filter { folded($0.key) == name }
            try require(twins.allSatisfy { $0.key == name }, "a key is nearly \(name)")
            try require(twins.count <= 1, "several keys are \(name)")
        }
        let names = ["model", "stream", "user", "prompt_cache_key"]
        for (name, member) in zip(names, scan.members) {
            // Swift compares strings by what they look like; keys are compared by their bytes.
            let value = reference.members.last { Array($0.key.utf8) == Array(name.utf8) }?.value
            try requireEqual(member.type, type(of: value), "the type of \(name)")
            guard let value else { continue }
            if member.type == .string {
                try requireEqual(
                    Array(member.text.utf8).shown,
                    Array(ReferenceJSON.text(of: value).utf8).shown, "the text of \(name)")
            }
        }
    }

    /// What decoders that do not look at case make of a key, by the simple folding of Unicode.
    private static func folded(_ key: String) -> String {
        var folded = ""
        for scalar in key.unicodeScalars {
            let upper = scalar.properties.uppercaseMapping
            let isSimple = upper.unicodeScalars.count == 1
            folded += (isSimple ? upper : String(scalar)).lowercased()
        }
        return folded
    }

    private static func type(of value: [UInt8]?) -> MemberType {
        switch value?.first {
        case nil: .absent
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "t"): .true
        case UInt8(ascii: "f"): .false
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    // MARK: - Foundation

    private static func compareWithFoundation(
        _ scan: Scan, _ bytes: [UInt8], _ reference: ReferenceJSON
    ) throws(Mismatch) {
        // Foundation loses a byte order mark that follows an escape, which is its mistake.
        let mark = "\u{FEFF}".utf8
        guard !bytes.indices.contains(where: { bytes[$0...].starts(with: mark) }) else { return }
        var object: [String: Any]
        do {
            object = try foundationObject(bytes)
        } catch {
            // Foundation refuses numbers that no Double holds; with others it must accept.
            do {
                object = try foundationObject(withoutNumbers(bytes, reference))
            } catch {
                throw Mismatch("Foundation refuses the document: \(error)")
            }
        }
        let model = object["model"] as? String
        if scan.model.type == .string {
            try requireEqual(
                scan.model.text.utf8.map { $0 }.shown,
                (model ?? "no string").utf8.map { $0 }.shown, "the model to Foundation")
        } else {
            try require(object["model"] == nil, "Foundation sees a model")
        }
        switch scan.stream.type {
        case .true: try requireEqual(object["stream"] as? Bool, true, "stream to Foundation")
        case .false: try requireEqual(object["stream"] as? Bool, false, "stream to Foundation")
        case .null: try require(object["stream"] is NSNull, "Foundation sees no null")
        default: try require(object["stream"] == nil, "Foundation sees a stream")
        }
    }

    private static func foundationObject(_ bytes: [UInt8]) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(bytes))
        guard let object = value as? [String: Any] else { throw Mismatch("it is no object") }
        return object
    }

    /// The document with 0 in the place of each number.
    private static func withoutNumbers(
        _ bytes: [UInt8], _ reference: ReferenceJSON
    ) -> [UInt8] {
        var result = bytes
        for range in reference.numbers.reversed() {
            result.replaceSubrange(range, with: [UInt8(ascii: "0")])
        }
        return result
    }

    // MARK: - Another model

    /// Puts another model in the place of the one there is, as `send_as` does.
    private static func checkSplice(
        _ scan: Scan, _ bytes: [UInt8], _ reference: ReferenceJSON
    ) throws(Mismatch) {
        guard scan.model.type == .string else { return }
        let name = "other \"model\" \\ \u{E9}"
        let quoted = Array(JSONText.quoted(name).utf8)
        let spliced =
            bytes[..<scan.model.token.lowerBound] + quoted + bytes[scan.model.token.upperBound...]
        let again = Scan(Array(spliced))
        try requireEqual(again.fault, nil, "the scan of the document with another model")
        try requireEqual(again.model.text, name, "the model after it was put there")
        guard let after = ReferenceJSON(Array(spliced)) else {
            throw Mismatch("no JSON with another model")
        }
        let expected = reference.members.map { member in
            member.key == "model"
                ? ReferenceJSON.Member(key: member.key, value: quoted) : member
        }
        try require(after.members == expected, "another model changes more than the model")
    }
}
