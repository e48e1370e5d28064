// Strings, numbers and the top-level members: the rest of `MemberScanner`.

extension MemberScanner {
    /// Scans on in a string, and in those that follow it at once; false where a part of a character
    /// is missing.
    @inline(always)
    mutating func scanStrings(_ body: RawSpan, _ spot: inout Spot) throws(JSONFault) -> Bool {
        let end = body.byteCount
        while true {
            spot.offset = JSONStrings.plainEnd(body, spot.offset)
            guard spot.offset < end else { return false }
            let byte = body.byte(spot.offset)
            guard byte == Ascii.quote else {
                let next = try skipSpecial(byte, body, &spot)
                guard next > spot.offset else { return false }
                spot.offset = next
                continue
            }
            if spot.depth == 1 { try noteText(body, isKey: spot.state == .keyText, spot.offset) }
            spot.offset &+= 1
            guard spot.offset &+ 2 <= end else {
                spot.state = spot.state == .keyText ? .colon : .separator
                return true
            }
            // What comes next is a string, more often than not.
            let next = body.pair(spot.offset)
            if spot.state == .keyText {
                guard next == 0x223A, name != .stream else {
                    if next & 0xFF == 0x3A { spot.offset &+= 1 }
                    spot.state = next & 0xFF == 0x3A ? .value : .colon
                    return true
                }
                spot.state = .valueText
            } else {
                guard next == 0x222C else {
                    spot.state = .separator
                    return true
                }
                spot.state = spot.nesting.low & 1 != 0 ? .keyText : .valueText
            }
            beginString(at: spot.offset &+ 1)
            spot.offset &+= 2
        }
    }

    /// The offset behind an escape or a run of characters above U+007F; the same offset where a
    /// part is missing.
    @inline(always)
    private mutating func skipSpecial(
        _ byte: UInt8, _ body: RawSpan, _ spot: inout Spot
    ) throws(JSONFault) -> Int {
        if byte == Ascii.backslash {
            hasEscapes = true
            return spot.offset &+ (try JSONStrings.escapeCount(body, spot.offset))
        }
        guard byte >= 0x80 else { throw .controlCharacter }
        hasWideCharacters = true
        let run = JSONStrings.wideRun(body, spot.offset)
        if run.isValid { return run.end }
        spot.offset = run.end
        throw .invalidUTF8
    }

    /// Notes a string of the top-level object that ends with the quote at `offset`.
    @inline(always)
    private mutating func noteText(
        _ body: RawSpan, isKey: Bool, _ offset: Int
    ) throws(JSONFault) {
        if isKey {
            // Keys of four, five, six and sixteen bytes; `name` is none already.
            let count = offset &- tokenStart &- 1
            let isShort = count <= 16 && 0x1_0070 &>> count & 1 != 0
            guard isShort || hasEscapes || hasWideCharacters else { return }
            try noteKey(body, ByteRange(tokenStart &+ 1, offset))
        } else if name != .none {
            try noteString(body, ByteRange(tokenStart, offset &+ 1))
        }
    }

    /// Notes which top-level key has come.
    @inline(never)
    private mutating func noteKey(_ body: RawSpan, _ content: ByteRange) throws(JSONFault) {
        if hasEscapes || hasWideCharacters {
            let key = KeyText(body, content)
            try noteKey(key.exact, key.folded, count: key.count)
            return
        }
        switch content.count {
        case 4, 5, 6:
            // The quote and more follow, so that only the last bytes of a body come from its tail.
            let word = body.wordOrTail(Int(content.start))
            let exact = word & (~0 &>> UInt64(64 &- 8 &* content.count))
            try noteKey(
                SIMD2(exact, 0), SIMD2(fold(exact), 0), count: content.count)
        case 16:
            let low = body.word(Int(content.start))
            let high = body.word(Int(content.start) &+ 8)
            if low == Lanes.pack("prompt_c"), high == Lanes.pack("ache_key") { name = .cacheKey }
        default: break
        }
    }

    /// Makes the capitals of a word of ASCII small.
    @inline(always)
    private func fold(_ word: UInt64) -> UInt64 {
        word | Lanes.letters(word) &>> 2
    }

    @inline(always)
    private mutating func noteKey(
        _ exact: SIMD2<UInt64>, _ folded: SIMD2<UInt64>, count: Int
    ) throws(JSONFault) {
        switch count {
        case 4: if exact[0] == Lanes.pack("user") { name = .user }
        case 5 where folded[0] == Lanes.pack("model"):
            if model.type != .absent { throw .duplicateModel }
            if exact[0] != folded[0] { throw .misspelledModel }
            name = .model
        case 6 where folded[0] == Lanes.pack("stream"):
            if stream.type != .absent { throw .duplicateStream }
            if exact[0] != folded[0] { throw .misspelledStream }
            name = .stream
        case 16:
            if exact[0] == Lanes.pack("prompt_c"), exact[1] == Lanes.pack("ache_key") {
                name = .cacheKey
            }
        default: break
        }
    }

    /// Notes the value of the key at hand.
    mutating func note(_ type: MemberType, _ token: ByteRange) {
        let member = Member(token: token, type: type, hasEscapes: type == .string && hasEscapes)
        switch name {
        case .model: model = member
        case .stream: stream = member
        case .user: user = member
        case .cacheKey: promptCacheKey = member
        case .none: break
        }
        name = .none
    }

    /// Notes the string that is the value of the key at hand.
    @inline(never)
    private mutating func noteString(_ body: RawSpan, _ token: ByteRange) throws(JSONFault) {
        let isModel = name == .model
        note(.string, token)
        if isModel { try checkModel(body) }
    }

    /// Refuses a name that no model has.
    private func checkModel(_ body: RawSpan) throws(JSONFault) {
        if hasEscapes || hasWideCharacters {
            try checkSpecialModel(body)
            return
        }
        let content = model.content
        if content.isEmpty { throw .modelInvalid }
        if content.count > MemberScanner.modelByteLimit { throw .modelTooLong }
        // Of the control characters only DEL may stand in a string as it is.
        var offset = Int(content.start)
        while offset < Int(content.end) {
            let found = Lanes.equal(body.wordOrTail(offset), Ascii.delete)
            if found != 0, offset &+ Lanes.first(found) < Int(content.end) { throw .modelInvalid }
            offset &+= 8
        }
    }

    /// The same, of a name that is not plain ASCII, character by character.
    @inline(never)
    private func checkSpecialModel(_ body: RawSpan) throws(JSONFault) {
        var cursor = StringCursor(model.content)
        var byteCount = 0
        while let scalar = cursor.next(body) {
            // C0, DEL and C1 (Unicode, general category Cc).
            if scalar < 0x20 || scalar >= 0x7F && scalar < 0xA0 { throw .modelInvalid }
            byteCount += scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
            if byteCount > MemberScanner.modelByteLimit { throw .modelTooLong }
        }
    }
}

// MARK: - Numbers

extension MemberScanner {
    /// What has come of a number (RFC 8259, 6).
    enum NumberState: UInt8 {
        case start
        case minus
        case zero
        case integer
        case point
        case fraction
        case exponent
        case exponentSign
        case exponentDigits
    }

    /// Scans on in a number, up to the byte behind it, which must not be of a number.
    @inline(always)
    mutating func scanNumber(_ body: RawSpan, _ spot: inout Spot) throws(JSONFault) {
        while spot.offset < body.byteCount {
            let byte = body.byte(spot.offset)
            guard let next = step(byte) else {
                switch numberState {
                case .zero, .integer, .fraction, .exponentDigits: break
                default: throw .invalidNumber
                }
                if name != .none {
                    note(.number, ByteRange(tokenStart, spot.offset))
                }
                spot.state = .separator
                return
            }
            numberState = next
            spot.offset &+= 1
            switch next {
            case .integer, .fraction, .exponentDigits:
                while spot.offset < body.byteCount, ByteClass.isDigit(body.byte(spot.offset)) {
                    spot.offset &+= 1
                }
            default: break
            }
        }
    }

    /// The state behind a byte, or nil where it does not belong to the number.
    @inline(always)
    private func step(_ byte: UInt8) -> NumberState? {
        if ByteClass.isDigit(byte) {
            switch numberState {
            case .start, .minus: return byte == Ascii.zero ? .zero : .integer
            case .integer: return .integer
            case .point, .fraction: return .fraction
            case .exponent, .exponentSign, .exponentDigits: return .exponentDigits
            case .zero: return nil
            }
        }
        switch (byte, numberState) {
        case (Ascii.minus, .start): return .minus
        case (Ascii.dot, .zero), (Ascii.dot, .integer): return .point
        case (0x65, .zero), (0x65, .integer), (0x65, .fraction): return .exponent
        case (0x45, .zero), (0x45, .integer), (0x45, .fraction): return .exponent
        case (Ascii.plus, .exponent), (Ascii.minus, .exponent): return .exponentSign
        default: return nil
        }
    }
}
