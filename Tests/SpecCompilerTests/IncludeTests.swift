import RandomNumbers
import SpecFiles
import TableFormat
import Testing

@testable import SpecCompiler

/// The parts of `include`: paths, rules of Traefik, globs that meet.
@Suite struct IncludeTests {
    private static let files = FilesInMemory([
        "a.yaml": [], "b.yaml": [], ".hidden.yaml": [], "teams/x.yaml": [], "teams/y.yml": [],
        "teams/deep/z.yaml": [], "other/x.yaml": [],
    ])

    @Test(arguments: [
        ("*.yaml", ["a.yaml", "b.yaml"]), (".*.yaml", [".hidden.yaml"]),
        ("teams/*", ["teams/x.yaml", "teams/y.yml"]),
        ("*/x.yaml", ["other/x.yaml", "teams/x.yaml"]),
        ("./a.yaml", ["a.yaml"]), ("teams", []), ("*/*/*.yaml", ["teams/deep/z.yaml"]),
    ])
    func globFindsFiles(text: String, expected: [String]) throws {
        let glob = try FileGlob.parse(text).get()
        #expect(try glob.files(in: IncludeTests.files)?.paths == expected)
    }

    @Test(arguments: ["nowhere/*.yaml", "a.yaml/x", "teams/none*/x"])
    func missingFolderIsTold(text: String) throws {
        let glob = try FileGlob.parse(text).get()
        #expect(try glob.files(in: IncludeTests.files)?.paths == nil)
    }

    @Test(arguments: ["/a", "~/a", "../a", "a/../b", "a//b", "", "a/", "a/./b", "a\nb"])
    func globsThatAreNone(text: String) {
        guard case .failure = FileGlob.parse(text) else {
            Issue.record("\(text.debugDescription) was taken")
            return
        }
    }

    @Test(arguments: [
        ("HeaderRegexp(`Authorization`, `^Bearer abc$`)", ["abc"]),
        ("HeadersRegexp(\"authorization\",\"^Bearer a\\.b\\+c$\")", ["a.b+c"]),
        ("Header(`Authorization`, `Bearer a.*`)", ["a.*"]),
        (
            "  Headers( `Authorization` , `Bearer a` )||Header(`Authorization`, `Bearer b`) ",
            ["a", "b"]
        ),
        ("HeaderRegexp(`Authorization`, `^Bearer a.b$`)", ["a.b"]),
    ])
    func rulesThatHoldKeys(rule: String, keys: [String]) throws {
        let bytes = Array(rule.utf8)
        let parsed = try TraefikRule.parse(bytes[...]).get()
        #expect(parsed.keys.map(\.text) == keys)
        for key in parsed.keys {
            let written = String(decoding: bytes[key.range], as: UTF8.self)
            #expect(written.replacing("\\", with: "") == key.text)
        }
    }

    @Test(arguments: [
        ("Path(`/v1/models`)", TraefikRule.Fault.ownPath), ("Path(`/x`)", .matcher("Path")),
        ("Host(`a`)", .matcher("Host")), ("", .matcher("")),
        ("HeaderRegexp(`Authorization`", .matcher("")),
        ("Header(`X-Key`, `Bearer a`)", .header), ("Header(`Authorization`, `abc`)", .noScheme),
        ("HeaderRegexp(`Authorization`, `^abc$`)", .noScheme),
        ("HeaderRegexp(`Authorization`, `Bearer abc`)", .unanchored),
        ("HeaderRegexp(`Authorization`, `^Bearer a|b$`)", .pattern),
        ("HeaderRegexp(`Authorization`, `^Bearer a\\d$`)", .pattern),
        ("HeaderRegexp(`Authorization`, `^Bearer \\$`)", .pattern),
        ("HeaderRegexp(`Authorization`, `^Bearer $`)", .noKey),
        ("Header(`Authorization`, `Bearer a`) && Path(`/x`)", .matcher("&&")),
        ("Header(`Authorization`, `Bearer a`) ||", .matcher("")),
    ])
    func rulesThatAreNotUnderstood(rule: String, fault: TraefikRule.Fault) {
        #expect(TraefikRule.parse(Array(rule.utf8)[...]) == .failure(fault))
    }

    /// What `register` writes says the same key when it is read, whatever signs it has.
    @Test func aMappingSaysItsKey() throws {
        let signs = String(decoding: Array(UInt8(0x21)...0x7E).filter { $0 != 0x22 }, as: UTF8.self)
        for key in [signs, "a", "'\"'", "^Bearer$", String(repeating: "k", count: 1024)] {
            let text = try TraefikMapping.text(service: "s", url: "http://h:1", key: key)
            #expect(TraefikMapping.holding(of: key, in: Array(text.utf8)) == .alone, "\(text)")
            #expect(TraefikMapping.holding(of: key + "x", in: Array(text.utf8)) == .none)
        }
    }

    @Test(arguments: [
        ("http://h", "http://h:8011"), ("HTTPS://H.lan/", "https://h.lan:8011"),
        ("http://[::1]", "http://[::1]:8011"),
    ])
    func aServerIsASchemeAHostAndAPort(host: String, url: String) throws {
        #expect(try TraefikMapping.url(host: host, port: 8011) == url)
    }

    @Test(arguments: ["", "h", "http://", "http://h/v1", "http://h/x", "http://u@h", "unix:/a"])
    func aHostWithAnythingElseIsNone(host: String) {
        #expect(throws: TraefikMapping.Fault.badHost) {
            try TraefikMapping.url(host: host, port: 8011)
        }
    }

    @Test(arguments: ["http://h:0", "http://h:80/", "https://[::1]:443", "http://h:1/v1"])
    func aHostHasNoPort(host: String) {
        #expect(throws: TraefikMapping.Fault.hostHasPort) {
            try TraefikMapping.url(host: host, port: 8011)
        }
    }

    /// An empty one would make a hidden file, which no `*` finds.
    @Test func aServiceHasAName() {
        #expect(throws: TraefikMapping.Fault.badName("")) {
            try TraefikMapping.text(service: "", url: "http://h:1", key: "k")
        }
        #expect(TraefikMapping.serviceName(".hidden") == "_hidden")
    }

    @Test(arguments: [
        ("a*", "*b"), ("a*c", "ab*"), ("*-mini", "openai/*"), ("*a*", "*b*"), ("a*b*c", "*bc"),
    ])
    func globsThatMeetHaveAWitness(left: String, right: String) throws {
        let witness = try #require(GlobText.meeting(left.utf8Bytes, right.utf8Bytes))
        for glob in [left, right] {
            let isMatched = globMatches(glob.utf8Bytes.rawSpan, witness.utf8Bytes.rawSpan)
            #expect(isMatched, "\(glob) does not match \(witness)")
        }
        #expect(GlobText.meeting(right.utf8Bytes, left.utf8Bytes) != nil)
    }

    @Test(arguments: [("a*", "b*"), ("*a", "*b"), ("a*z", "b*z"), ("ab*ba", "aba"), ("x*", "a*x")])
    func globsThatNeverMeet(left: String, right: String) {
        #expect(GlobText.meeting(left.utf8Bytes, right.utf8Bytes) == nil)
    }

    /// Every pair of small globs against a search of all small texts.
    @Test func meetingIsRight() {
        let letters: [UInt8] = Array("ab*".utf8)
        func all(_ count: Int, of letters: ArraySlice<UInt8>) -> [[UInt8]] {
            var found: [[UInt8]] = [[]]
            var last = found
            for _ in 0..<count {
                last = last.flatMap { text in letters.map { text + [$0] } }
                found += last
            }
            return found
        }
        let texts = all(6, of: letters[0..<2])
        let globs = all(3, of: letters[...])
        for left in globs {
            let matched = texts.filter { globMatches(left.rawSpan, $0.rawSpan) }
            for right in globs {
                let isMet = matched.contains { globMatches(right.rawSpan, $0.rawSpan) }
                let witness = GlobText.meeting(left, right)
                #expect((witness != nil) == isMet, "\(left) \(right)")
            }
        }
    }

    @Test func aWitnessIsMatchedByBoth() {
        var random = SplitMix(seed: 3)
        func glob() -> [UInt8] {
            (0..<random.next() % 12).map { _ in Array("ab*".utf8)[Int(random.next() % 3)] }
        }
        var metCount = 0
        for _ in 0..<20_000 {
            let (left, right) = (glob(), glob())
            guard let witness = GlobText.meeting(left, right)?.utf8Bytes else { continue }
            metCount += 1
            let isMatched =
                globMatches(left.rawSpan, witness.rawSpan)
                && globMatches(right.rawSpan, witness.rawSpan)
            #expect(isMatched, "\(left) \(right) \(witness)")
        }
        #expect((5_000..<18_000).contains(metCount))
    }

    /// A file that cannot be read is told, and names it may define are not missed.
    @Test func unreadableFilesAreTold() {
        struct Broken: SpecFolder {
            let isFolderBroken: Bool

            func entries(of folder: String) throws(SpecFolderFault) -> [SpecFolderEntry]? {
                if isFolderBroken { throw SpecFolderFault("Permission denied") }
                return [SpecFolderEntry(name: "a.yaml", isFolder: false)]
            }

            func contents(of file: String) throws(SpecFolderFault) -> [UInt8] {
                throw SpecFolderFault("Permission denied")
            }
        }
        let spec = SourceFile(
            name: "router.yaml",
            text: """
                include: [{ spec: "*.yaml" }]
                keys: [{ name: k, secret: file:/k, pin: elsewhere }]
                """)
        for isFolderBroken in [true, false] {
            let front = Frontend(spec, in: Broken(isFolderBroken: isFolderBroken))
            #expect(front.diagnostics.map(\.code) == [.unreadableFile])
            #expect(front.diagnostics[0].message.hasSuffix("cannot be read: Permission denied"))
        }
    }

    /// What cannot be named is told, as it may be a file that everybody relies on.
    @Test(arguments: [
        ("t/*.yaml", ["t/caf\\xE9.yaml"]), ("t/*", ["t/b\\xE9", "t/caf\\xE9.yaml"]),
        ("t/*/*", ["t/d\\xE9"]), ("t/a.yaml", []),
    ])
    func misnamedFilesAreTold(glob: String, misnamed: [String]) {
        struct Misnamed: SpecFolder {
            func entries(of folder: String) -> [SpecFolderEntry]? {
                switch folder {
                case "": [SpecFolderEntry(name: "t", isFolder: true)]
                case "t":
                    [
                        SpecFolderEntry(name: "a.yaml", isFolder: false),
                        SpecFolderEntry(name: "caf\\xE9.yaml", isFolder: false, isText: false),
                        SpecFolderEntry(name: "b\\xE9", isFolder: false, isText: false),
                        SpecFolderEntry(name: "d\\xE9", isFolder: true, isText: false),
                    ]
                default: nil
                }
            }

            func contents(of file: String) throws(SpecFolderFault) -> [UInt8] {
                guard file == "t/a.yaml" else { throw SpecFolderFault("asked for \(file)") }
                return Array("keys: [{ name: a, secret: file:/a, pin: p }]".utf8)
            }
        }
        func front(_ skip: String) -> Frontend {
            let pool = "{ name: p, endpoints: [\"http://h\"], models: [m] }"
            let text = "include: [{ spec: \"\(glob)\" }]\npools: [\(pool)]\n" + skip
            return Frontend(SourceFile(name: "r.yaml", text: text), in: Misnamed())
        }
        let found = front("").diagnostics
        #expect(found.map(\.code) == misnamed.map { _ in .unreadableFile })
        #expect(
            found.map(\.message)
                == misnamed.map { "'\($0)' cannot be read: its name is not UTF-8" })
        #expect(front("skip: { files: [\"*xE9*\"] }").diagnostics.isEmpty)
    }

    /// Beyond the limit nothing is read into memory any more.
    @Test func filesAreReadUpToALimitOfAllTogether() {
        // What is UTF-16 is refused by its first bytes.
        let start: [UInt8] = [0xFF, 0xFE]
        let huge = start + [UInt8](repeating: 0, count: SourceFile.maxBytes / 2 - 100)
        let files = (0..<9).map { ("t/\($0).yaml", huge) }
        let spec = SourceFile(name: "r.yaml", text: "include: [{ spec: \"t/*\" }]\npools: []")
        let front = Frontend(
            spec, in: FilesInMemory(Dictionary(uniqueKeysWithValues: files)))
        #expect(front.diagnostics.map(\.code) == [.notText, .notText, .fileTooLarge])
        #expect(front.sources.count == 4)
        #expect(front.sources.reduce(0) { $0 + $1.bytes.count } <= SourceFile.maxBytes)
    }

    @Test func tooManyFilesAreTold() {
        var files: [String: [UInt8]] = [:]
        for number in 0...IncludeReader.maxFiles {
            files["t/\(number).yaml"] = Array("keys: []".utf8)
        }
        let spec = SourceFile(name: "r.yaml", text: "include: [{ spec: \"t/*\" }]\npools: []")
        let front = Frontend(spec, in: FilesInMemory(files))
        #expect(front.diagnostics.map(\.code) == [.tooMany])
        #expect(front.sources.count == IncludeReader.maxFiles)
    }
}
