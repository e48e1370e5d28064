/// What could be a key in a text that was meant as the rule of a Traefik router and is none that
/// routerc understands.
///
/// Of the arguments the first one behind a parenthesis is a host or the name of a header, where it
/// has no digit; any other may hold a key, whatever the matcher is called.
enum RuleArguments {
    /// The places that nobody may see; nil where a text is no such rule.
    static func secrets(in text: ArraySlice<UInt8>) -> [Range<Int>]? {
        guard isRule(text) else { return nil }
        var places: [Range<Int>] = []
        var index = text.startIndex
        while let open = text[index...].firstIndex(where: { $0 == 0x60 || $0 == 0x22 }) {
            let rest = text[(open + 1)...]
            let close = rest.firstIndex(of: text[open]) ?? text.endIndex
            let isFirst = open > text.startIndex && text[open - 1] == UInt8(ascii: "(")
            let isPlain = rest[..<close].allSatisfy { isLetter($0) || "-./".utf8.contains($0) }
            let start = open + 1 + schemeCount(rest[..<close])
            if !(isFirst && isPlain), start < close { places.append(start..<close) }
            index = min(close + 1, text.endIndex)
        }
        return places
    }

    /// How much of an argument stands before each key.
    private static func schemeCount(_ argument: ArraySlice<UInt8>) -> Int {
        ["^Bearer ", "Bearer "].first { argument.starts(with: $0.utf8) }?.utf8.count ?? 0
    }

    /// Whether `header` or a longer name with it stands before a parenthesis.
    private static func isRule(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.contains(UInt8(ascii: "(")) else { return false }
        return text.indices.contains { index in
            text[index] | 0x20 == UInt8(ascii: "h")
                && text[index...].prefix(6).map { $0 | 0x20 }.elementsEqual("header".utf8)
                && text[index...].first { !isLetter($0) } == UInt8(ascii: "(")
        }
    }
}
