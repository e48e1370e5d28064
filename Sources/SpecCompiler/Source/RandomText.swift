/// Tells texts that a machine has drawn from the names that people give.
///
/// For places where a secret of unknown shape may stand by mistake: better one that is shown than
/// words that are hidden.
enum RandomText {
    private enum Sort {
        case lower
        case upper
        case digit
    }

    /// Shorter texts are taken for names.
    private static let countMin = 16

    /// Whether digits and letters, or small and capital ones, take turns as they do in no name.
    ///
    /// Words, dates and versions are runs of one sort: in `X-Amz-Content-Sha256` one sign in
    /// seventeen begins another within its word, in random text every second or third. The limit is
    /// one in four, with two digits at least. Digits alone are no name either.
    static func isLikely(_ text: some Collection<UInt8>) -> Bool {
        guard text.count >= countMin, !text.contains(0x20) else { return false }
        var (count, digitCount, turnCount) = (0, 0, 0)
        var last: Sort?
        for byte in text {
            let sort = sort(of: byte)
            if let sort {
                count += 1
                if sort == .digit { digitCount += 1 }
                // A capital letter before small ones begins a word.
                let isTurn = last != nil && last != sort && !(last == .upper && sort == .lower)
                if isTurn { turnCount += 1 }
            }
            last = sort
        }
        guard count >= countMin else { return false }
        return digitCount == count || digitCount >= 2 && turnCount * 4 >= count
    }

    private static func sort(of byte: UInt8) -> Sort? {
        if isDigit(byte) { return .digit }
        guard isLetter(byte) else { return nil }
        return byte & 0x20 == 0 ? .upper : .lower
    }
}
