/// What the fields at the head of a part say (RFC 7578, 4).
///
/// Stricter than the grammar wherever parsers differ: a name is printable ASCII without what some
/// parser unquotes, unescapes or splits at; `Content-Disposition` has no parameters but `name`,
/// `filename` and `filename*`; a part has no parts of its own. Of a part that routing looks at
/// nothing may say that its bytes are not its text.
struct MultipartFields {
    /// Which part it is.
    enum Name: UInt8 {
        case model
        case stream
        case other
    }

    /// Which part it is.
    private(set) var name = Name.other
    /// The value of `Content-Length`, by offsets into the block; empty where there is none.
    private(set) var lengthText = ByteRange.empty
    /// What `Content-Length` says of the content.
    private(set) var length: Int?
    /// Whether the part says that it is ASCII.
    private(set) var isASCII = false

    private var disposition: ByteRange?
    private var type: ByteRange?
    private var encoding: ByteRange?
    private var hasFile = false
    private var hasOthers = false

    /// Reads the fields of a part, from behind its delimiter to the empty line.
    ///
    /// The caller has checked that the block ends with an empty line, that each CR has its LF and
    /// each LF its CR, and that there are no control characters but these and tabs.
    init(_ block: RawSpan) throws(MultipartFault) {
        try readLines(block)
        // Some parsers look for it anywhere among the fields, in the name of another one too.
        let whole = ByteRange(0, block.byteCount)
        guard let disposition, mentionCount(block, whole, "content-disposition") == 1 else {
            throw .malformed
        }
        let name = try readDisposition(block, disposition)
        if let type, MultipartFields.isNested(block, type) { throw .malformed }
        try readLength(block)
        try classify(block, name)
    }

    // MARK: - Lines

    private mutating func readLines(_ block: RawSpan) throws(MultipartFault) {
        let end = block.byteCount &- 2
        var offset = 0
        var count = 0
        while offset < end {
            guard count < MultipartScanner.fieldMax else { throw .headersTooLarge }
            count += 1
            let start = offset
            while ByteClass.isToken(block.byte(offset)) { offset &+= 1 }
            guard offset > start, block.byte(offset) == Ascii.colon else { throw .malformed }
            let name = ByteRange(start, offset)
            offset &+= 1
            while ByteClass.isBlank(block.byte(offset)) { offset &+= 1 }
            let valueStart = offset
            while block.byte(offset) != Ascii.carriageReturn { offset &+= 1 }
            try note(block, name, ByteRange(valueStart, offset))
            offset &+= 2
        }
    }

    /// Notes a field; each that counts may come once.
    private mutating func note(
        _ block: RawSpan, _ name: ByteRange, _ value: ByteRange
    ) throws(MultipartFault) {
        if equalsFolded(block, name, "content-disposition") {
            guard disposition == nil else { throw .malformed }
            disposition = value
        } else if equalsFolded(block, name, "content-type") {
            guard type == nil else { throw .malformed }
            type = value
        } else if equalsFolded(block, name, "content-transfer-encoding") {
            guard encoding == nil else { throw .malformed }
            encoding = value
        } else if equalsFolded(block, name, "content-length") {
            guard lengthText.isEmpty, !value.isEmpty else { throw .malformed }
            lengthText = value
        } else {
            hasOthers = true
        }
    }

    // MARK: - Values

    /// Reads `Content-Disposition` (RFC 7578, 4.2); the name of the part.
    private mutating func readDisposition(
        _ block: RawSpan, _ value: ByteRange
    ) throws(MultipartFault) -> ByteRange {
        let start = Int(value.start)
        let end = Int(value.end)
        var typeEnd = start
        while ByteClass.isToken(block.byte(typeEnd)) { typeEnd &+= 1 }
        // Behind blanks some parsers do not find the parameters.
        guard isExactly(block, ByteRange(start, typeEnd), "form-data"),
            block.byte(typeEnd) == Ascii.semicolon
        else { throw .malformed }
        var name: ByteRange?
        var hasPlainFile = false
        var hasWideFile = false
        var parameters = MultipartParameters(from: typeEnd, to: end)
        while let parameter = try parameters.next(block) {
            // A name in other letters is one of these to some parsers and none to others, and so is
            // a name in pieces (RFC 2231, 3).
            if isExactly(block, parameter.name, "name") {
                guard name == nil, isName(block, parameter.value) else { throw .malformed }
                name = parameter.value
            } else if isExactly(block, parameter.name, "filename") {
                guard !hasPlainFile, !mayHideName(block, parameter.value) else {
                    throw .malformed
                }
                hasPlainFile = true
            } else if isExactly(block, parameter.name, "filename*") {
                guard !hasWideFile, !mayHideName(block, parameter.value) else { throw .malformed }
                hasWideFile = true
            } else {
                throw .malformed
            }
        }
        hasFile = hasPlainFile || hasWideFile
        guard let name else { throw .malformed }
        return name
    }

    /// Whether a name is read alike by all: printable ASCII without quotes, backslashes, escapes,
    /// and what parsers that know no quotes split at; no blanks at either end.
    private func isName(_ block: RawSpan, _ range: ByteRange) -> Bool {
        guard !range.isEmpty, block.byte(Int(range.start)) != Ascii.space,
            block.byte(Int(range.end) &- 1) != Ascii.space
        else { return false }
        for offset in range.offsets {
            switch block.byte(offset) {
            case Ascii.percent, 0x27, Ascii.semicolon, 0x3D, Ascii.backslash: return false
            case 0x20...0x7E: continue
            default: return false
            }
        }
        return true
    }

    /// Whether a parser that knows no quotes would find a parameter in a quoted string, or one that
    /// looks for the first `name=` a name.
    private func mayHideName(_ block: RawSpan, _ range: ByteRange) -> Bool {
        if mentionCount(block, range, "name=") > 0 { return true }
        var hasSemicolon = false
        for offset in range.offsets {
            let byte = block.byte(offset)
            if byte == Ascii.semicolon { hasSemicolon = true }
            if byte == 0x3D, hasSemicolon { return true }
        }
        return false
    }

    /// Whether a type is `multipart/` or `message/` with any subtype: some parsers look for parts
    /// inside.
    private static func isNested(_ block: RawSpan, _ value: ByteRange) -> Bool {
        var end = Int(value.start)
        while ByteClass.isToken(block.byte(end)) { end &+= 1 }
        let type = ByteRange(Int(value.start), end)
        return equalsFolded(block, type, "multipart") || equalsFolded(block, type, "message")
    }

    /// Reads `Content-Length`, which some parsers go by and others do not look at.
    private mutating func readLength(_ block: RawSpan) throws(MultipartFault) {
        guard !lengthText.isEmpty else { return }
        guard lengthText.count <= 15 else { throw .malformed }
        var length = 0
        for offset in lengthText.offsets {
            let byte = block.byte(offset)
            guard ByteClass.isDigit(byte) else { throw .malformed }
            length = length &* 10 &+ Int(byte &- Ascii.zero)
        }
        self.length = length
    }

    // MARK: - Parts that routing looks at

    private mutating func classify(
        _ block: RawSpan, _ range: ByteRange
    ) throws(MultipartFault) {
        // It names the charset of all parts without one (RFC 7578, 4.6).
        if equalsFolded(block, range, "_charset_") { throw .malformed }
        if equalsFolded(block, range, "model") {
            name = .model
            guard isExactly(block, range, "model"), isPlain(block) else { throw .ambiguousModel }
        } else if equalsFolded(block, range, "stream") {
            name = .stream
            guard isExactly(block, range, "stream"), isPlain(block) else {
                throw .ambiguousStream
            }
        }
    }

    /// Whether the bytes of the part are its text, whoever reads it.
    private mutating func isPlain(_ block: RawSpan) -> Bool {
        if hasFile || hasOthers { return false }
        if let encoding, !equalsFolded(block, encoding, "8bit"),
            !equalsFolded(block, encoding, "7bit"), !equalsFolded(block, encoding, "binary")
        {
            return false
        }
        guard let type else { return true }
        return isPlainText(block, type)
    }

    /// Whether a type is `text/plain`, without parameters or with `charset` only.
    private mutating func isPlainText(_ block: RawSpan, _ value: ByteRange) -> Bool {
        var end = Int(value.start)
        while ByteClass.isToken(block.byte(end)) || block.byte(end) == Ascii.slash { end &+= 1 }
        guard equalsFolded(block, ByteRange(Int(value.start), end), "text/plain") else {
            return false
        }
        var parameters = MultipartParameters(from: end, to: Int(value.end))
        var hasCharset = false
        do throws(MultipartFault) {
            while let parameter = try parameters.next(block) {
                guard !hasCharset, equalsFolded(block, parameter.name, "charset") else {
                    return false
                }
                hasCharset = true
                isASCII = equalsFolded(block, parameter.value, "us-ascii")
                guard isASCII || equalsFolded(block, parameter.value, "utf-8") else {
                    return false
                }
            }
        } catch {
            return false
        }
        return true
    }
}
