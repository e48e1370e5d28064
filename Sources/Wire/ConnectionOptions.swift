/// What the `Connection` fields of a head ask for (RFC 9110, 7.6.1).
struct ConnectionOptions {
    var closes = false
    var keepsAlive = false
    var upgrades = false

    /// The most options that a head may list.
    static var limit: Int { 32 }

    /// Nothing is asked for.
    @inline(always)
    init() {}

    /// Reads every `Connection` field and marks the fields that they list; nil where one is
    /// malformed.
    @inline(always)
    init?(_ head: RawSpan, _ fields: HeaderFields) {
        if !fields.repeats(.connection), let field = fields.first(.connection) {
            // What nearly every client sends.
            if equalsFolded(head, field.value, "keep-alive") {
                keepsAlive = true
                return
            }
            if equalsFolded(head, field.value, "close") {
                closes = true
                return
            }
        }
        guard readLists(head, fields) else { return nil }
    }

    /// Reads lists of options; false where one is malformed.
    @inline(never)
    private mutating func readLists(_ head: RawSpan, _ fields: HeaderFields) -> Bool {
        var room = ConnectionOptions.limit
        for index in 0..<fields.count where fields[index].kind == .connection {
            guard read(head, fields, fields[index].value, room: &room) else { return false }
        }
        return true
    }

    /// Reads one list; empty elements are allowed (RFC 9110, 5.6.1.2).
    private mutating func read(
        _ head: RawSpan, _ fields: HeaderFields, _ value: ByteRange, room: inout Int
    ) -> Bool {
        var offset = Int(value.start)
        let end = Int(value.end)
        while offset < end {
            let byte = head.byte(offset)
            if byte == Ascii.comma || ByteClass.isBlank(byte) {
                offset += 1
                continue
            }
            let start = offset
            while offset < end, ByteClass.isToken(head.byte(offset)) { offset += 1 }
            guard offset > start, room > 0 else { return false }
            room -= 1
            note(head, fields, ByteRange(start, offset))
            while offset < end, ByteClass.isBlank(head.byte(offset)) { offset += 1 }
            guard offset == end || head.byte(offset) == Ascii.comma else { return false }
        }
        return true
    }

    private mutating func note(_ head: RawSpan, _ fields: HeaderFields, _ option: ByteRange) {
        if equalsFolded(head, option, "close") {
            closes = true
        } else if equalsFolded(head, option, "keep-alive") {
            keepsAlive = true
        } else {
            if equalsFolded(head, option, "upgrade") { upgrades = true }
            fields.markListed(head.extracting(option), in: head)
        }
    }
}
