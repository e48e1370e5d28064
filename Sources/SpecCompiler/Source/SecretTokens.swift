/// Finds words that look like keys of APIs, or like a user and a password, in any text.
///
/// A word ends at a space or a quote. More may be hidden than is secret, never less.
enum SecretTokens {
    /// How the keys of known issuers begin, in lower case.
    private static let prefixes = ["sk-", "sk_", "ghp_", "hf_", "gsk_", "xai-", "aiza"].map {
        Array($0.utf8)
    }
    private static let firstLetters = Array("sghxa".utf8)
    private static let opening = Array("([{<*&!,;:=#".utf8)
    private static let closing = Array(")]}>,;:.".utf8)

    /// Whether `text` as a whole is one such word.
    static func isToken(_ text: some Collection<UInt8>) -> Bool {
        let bytes = Array(text)
        return find(in: bytes[...]).first == bytes.indices
    }

    /// The places of such words, ascending and apart.
    static func find(in text: ArraySlice<UInt8>) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var isAfterBearer = false
        var start = text.startIndex
        while start < text.endIndex {
            var end = start
            while end < text.endIndex, !isSeparator(text[end]) { end += 1 }
            if end > start {
                let word = text[start..<end]
                places += find(inWord: word, isAfterBearer: isAfterBearer)
                isAfterBearer = isBearer(word)
            }
            start = end + 1
        }
        return places
    }

    private static func find(inWord word: ArraySlice<UInt8>, isAfterBearer: Bool) -> [Range<Int>] {
        guard word.count >= 4 else { return [] }
        var places: [Range<Int>] = []
        let body = trimmed(word)
        // The name of a file or a variable may look like a key and is meant to be seen.
        if SecretPlaces.isReference(body) { return [] }
        if isAfterBearer, body.count >= 8 {
            return [body.startIndex..<body.endIndex]
        }
        var rest = word
        if let user = userPlace(in: word) {
            places.append(user)
            rest = word[user.upperBound...]
        }
        if let key = keyPlace(in: rest, of: body) { places.append(key) }
        return places
    }

    /// From the beginning of a key to the end of its word.
    private static func keyPlace(
        in rest: ArraySlice<UInt8>, of body: ArraySlice<UInt8>
    ) -> Range<Int>? {
        let end = max(rest.startIndex, body.endIndex)
        for start in rest.startIndex..<end {
            guard firstLetters.contains(rest[start] | 0x20) else { continue }
            if start > rest.startIndex, isAlphanumeric(rest[start - 1]) { continue }
            if isKey(rest[start..<end]) { return start..<end }
        }
        return nil
    }

    /// Short words without digits are names of pools and models rather than keys.
    private static func isKey(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count >= 10,
            let prefix = prefixes.first(where: { prefix in
                zip(text, prefix).allSatisfy { fold($0) == $1 }
            })
        else {
            return false
        }
        return prefix.count == 3 && prefix[0] == UInt8(ascii: "s") || text.count >= 16
            || text.contains(where: isDigit)
    }

    /// What stands before the `@` of `user:password@` or `scheme://token@`.
    private static func userPlace(in word: ArraySlice<UInt8>) -> Range<Int>? {
        guard let at = word.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        var start = trimmed(word).startIndex
        var isURL = false
        for index in word.indices.dropLast(2) where index < at {
            if word[index...].starts(with: "://".utf8) {
                start = index + 3
                isURL = true
                break
            }
        }
        guard start < at else { return nil }
        let user = word[start..<at]
        let colon = user.firstIndex(of: UInt8(ascii: ":"))
        let isPassword = colon.map { $0 + 1 < at } ?? false
        let isName = isURL && !user.contains(UInt8(ascii: "/"))
        return isPassword || isName ? start..<at : nil
    }

    private static func isBearer(_ word: ArraySlice<UInt8>) -> Bool {
        let end = trimmed(word).suffix(6)
        return end.count == 6 && end.lazy.map(fold).elementsEqual("bearer".utf8)
    }

    /// A word without the punctuation around it.
    private static func trimmed(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var (start, end) = (word.startIndex, word.endIndex)
        while start < end, opening.contains(word[start]) { start += 1 }
        while end > start, closing.contains(word[end - 1]) { end -= 1 }
        return word[start..<end]
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
            || byte == UInt8(ascii: "`") || byte == 0x7F
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte)
    }

    /// A letter of ASCII in lower case.
    static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
