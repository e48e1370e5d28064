import Testing
import Wire

/// Paths that every server reads alike.
struct PathCheckTests {
    static let rows: [Row<Bool>] = [
        Row("RFC 3986 3.3", "/", true), Row("RFC 3986 3.3", "/v1/chat/completions", true),
        Row("RFC 3986 3.3", "/v1/models/", true), Row("RFC 8615", "/.well-known/x", true),
        Row("RFC 3986 3.3", "/a.b/..c/...", true), Row("RFC 3986 2.1", "/a%20b/%C3%A9", true),
        Row("RFC 3986 2.1, at the end", "/a%7e", true), Row("a colon", "/v1/models/a:b@c", true),
        Row("RFC 3986 3.3", "", false), Row("RFC 3986 3.3", "v1", false), Row("", "*", false),
        Row("RFC 3986 5.2.4", "/.", false), Row("RFC 3986 5.2.4", "/..", false),
        Row("RFC 3986 5.2.4", "/./a", false), Row("RFC 3986 5.2.4", "/a/../b", false),
        Row("RFC 3986 5.2.4", "/abcdefgh/..", false), Row("parameters", "/a/..;x/b", false),
        Row("parameters", "/a/.;/b", false), Row("an empty segment", "//a", false),
        Row("an empty segment", "/a//b", false), Row("an empty segment", "/a//", false),
        Row("a backslash", "/a\\b", false), Row("a backslash", "/..\\b", false),
        Row("RFC 3986 6.2.2.2", "/%2e", false), Row("RFC 3986 6.2.2.2", "/a%2E./b", false),
        Row("a hidden slash", "/a%2fb", false), Row("a hidden slash", "/a%2Fb", false),
        Row("a hidden backslash", "/a%5cb", false), Row("a hidden backslash", "/a%5Cb", false),
        Row("RFC 3986 2.1", "/a%", false), Row("RFC 3986 2.1", "/a%2", false),
        Row("RFC 3986 2.1", "/a%g0", false), Row("RFC 3986 2.1", "/a%0g", false),
        Row("a hidden NUL", "/a%00", false), Row("a hidden LF", "/a%0a", false),
        Row("a hidden DEL", "/a%7F", false),
    ]

    @Test(arguments: rows)
    func tellsPlainPaths(row: Row<Bool>) {
        let bytes = Array(row.text.utf8)
        #expect(PathCheck.isPlain(bytes.raw) == row.expected)
        // Behind a segment of any length, the answer is the same.
        guard row.text.first == "/" else { return }
        for length in 1...9 {
            let longer = [0x2F] + [UInt8](repeating: 0x61, count: length) + bytes
            #expect(PathCheck.isPlain(longer.raw) == row.expected)
        }
    }
}
