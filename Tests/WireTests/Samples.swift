import RandomNumbers
import Testing
import Wire

/// A row of a table: where it is from, the bytes, and what is expected of them.
struct Row<Expected: Sendable>: Sendable, CustomTestStringConvertible {
    let section: String
    let text: String
    let expected: Expected

    init(_ section: String, _ text: String, _ expected: Expected) {
        self.section = section
        self.text = text
        self.expected = expected
    }

    var testDescription: String { "\(section): \(text.debugDescription)" }
}

/// The text of a run of bytes.
func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
    String(decoding: bytes[range.offsets], as: UTF8.self)
}

/// The bytes that a body of code writes.
func written(
    capacity: Int = 65_536, _ body: (inout ByteWriter) -> Void
) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var writer = unsafe ByteWriter(UnsafeMutableRawBufferPointer(buffer))
        body(&writer)
        count = writer.count
    }
}

/// Bytes cut at random places into one to `pieceLimit` pieces; the ends of the pieces.
func randomEnds(
    _ count: Int, pieceLimit: Int, using generator: inout SplitMix
) -> [Int] {
    let cuts = (0..<Int.random(in: 0..<pieceLimit, using: &generator)).map { _ in
        Int.random(in: 0...count, using: &generator)
    }
    return cuts.sorted() + [count]
}

/// A request that was parsed, with its bytes and its fields.
struct ParsedRequest {
    let bytes: [UInt8]
    let head: RequestHead
    let fields: HeaderFields

    init(_ bytes: [UInt8]) throws(RequestFault) {
        self.bytes = bytes
        fields = HeaderFields()
        head = try RequestHead.parse(bytes.raw, fields: fields)
    }

    init(_ text: String) throws(RequestFault) {
        try self.init(Array(text.utf8))
    }

    func text(_ range: ByteRange) -> String { WireTests.text(bytes, range) }

    /// The lines of the fields, as "name: value" without the blanks.
    var lines: [String] {
        (0..<fields.count).map { text(fields[$0].name) + ": " + text(fields[$0].value) }
    }
}

/// A response that was parsed, with its bytes and its fields.
struct ParsedResponse {
    let bytes: [UInt8]
    let head: ResponseHead
    let fields: HeaderFields

    init(_ bytes: [UInt8], requestWasHead: Bool = false) throws(ResponseFault) {
        self.bytes = bytes
        fields = HeaderFields()
        head = try ResponseHead.parse(
            bytes.raw, fields: fields, requestWasHead: requestWasHead)
    }

    init(_ text: String, requestWasHead: Bool = false) throws(ResponseFault) {
        try self.init(Array(text.utf8), requestWasHead: requestWasHead)
    }

    func text(_ range: ByteRange) -> String { WireTests.text(bytes, range) }

    /// The lines of the fields, as "name: value" without the blanks.
    var lines: [String] {
        (0..<fields.count).map { text(fields[$0].name) + ": " + text(fields[$0].value) }
    }
}

/// The reason of a refusal, or nil where the bytes were accepted.
func fault(ofRequest bytes: [UInt8]) -> RequestFault? {
    do throws(RequestFault) {
        _ = try ParsedRequest(bytes)
        return nil
    } catch {
        return error
    }
}

/// The reason of a refusal, or nil where the bytes were accepted.
func fault(ofResponse bytes: [UInt8], requestWasHead: Bool = false) -> ResponseFault? {
    do throws(ResponseFault) {
        _ = try ParsedResponse(bytes, requestWasHead: requestWasHead)
        return nil
    } catch {
        return error
    }
}

extension [UInt8] {
    /// The bytes as parsers take them.
    var raw: RawSpan {
        @_lifetime(borrow self)
        get {
            // `Span.bytes` counts as unsafe for types with padding; bytes have none.
            unsafe span.bytes
        }
    }
}
