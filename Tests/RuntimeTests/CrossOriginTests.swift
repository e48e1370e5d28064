import SpecCompiler
import TableFormat
import Testing

@testable import Runtime

/// What is said to browsers, and which lists of names may be repeated to them.
@Suite struct CrossOriginTests {
    private func rules(_ listen: String) throws -> CrossOrigin? {
        let text = "listen: { \(listen) }\npools: [{ name: a, endpoints: [\"http://a\"] }]\n"
        let source = SourceFile(name: "router.yaml", text: text)
        let table = try #require(Compiler.compile(source).table)
        let view = TableView(validated: table.rawSpan)
        return CrossOrigin(view, keyHeaders: ServingSettings(view).keyHeaders)
    }

    private func text(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map { String($0) }
    }

    @Test func linesFollowTheStanding() throws {
        #expect(try rules("") == nil)
        let listed = try #require(try rules("cors: { origins: [https://b, https://a] }"))
        #expect(listed.lines(.off).isEmpty)
        #expect(text(listed.lines(.unlisted)) == ["Vary: Origin"])
        let lines = text(listed.lines(.listed(1)))
        #expect(lines[..<2] == ["Access-Control-Allow-Origin: https://b", "Vary: Origin"])
        #expect(lines[2].hasPrefix("Access-Control-Expose-Headers: ") && lines.count == 3)
        #expect(lines[2].contains("x-request-id") && lines[2].contains("retry-after"))
        let open = try #require(try rules("cors: { origins: [\"*\"] }"))
        #expect(open.lines(.unlisted) == open.lines(.any))
        #expect(text(open.lines(.any))[0] == "Access-Control-Allow-Origin: *")
        #expect(!text(open.lines(.any)).contains { $0.hasPrefix("Vary") })
        #expect(listed.lines(.listed(0)).suffix(2) == [0x0D, 0x0A])
    }

    @Test func usualFieldsAreThoseOfKeysAndContent() throws {
        let rules = try #require(
            try rules("key_headers: [authorization, x-my-key], cors: { origins: [\"*\"] }"))
        let names = String(decoding: rules.usualFields, as: UTF8.self)
        #expect(names == "content-type, authorization, x-my-key")
    }

    @Test(
        arguments: [
            ("authorization", true), ("a,b", true), ("a, b\t,c", true), (" a ", true),
            ("X-Stainless-OS,content-type", true), ("!#$%&'*+-.^_`|~0", true), ("", false),
            (" ", false), (",", false), ("a,", false), (",a", false), ("a,,b", false),
            ("a b", false), ("a:b", false), ("a\"", false), ("a(b)", false), ("a;b", false),
            ("a/b", false), ("a\u{E9}", false), ("a\u{7F}", false), ("a,b\u{1}", false),
            ("*", true), ("a@b", false), ("a[b]", false), ("a{b}", false), ("a<b>", false),
            ("a=b", false), ("a?b", false), ("a\\b", false),
        ])
    func listsOfNamesAreTold(value: String, expected: Bool) {
        #expect(isNameList(Array(value.utf8)) == expected)
    }

    @Test func listsOfNamesHaveABound() {
        let fitting = [UInt8](repeating: 0x61, count: 1024)
        #expect(isNameList(fitting))
        #expect(!isNameList(fitting + [0x61]))
    }

    private func isNameList(_ value: [UInt8]) -> Bool {
        Preflight.isNameList(value.rawSpan)
    }
}
