import Foundation
import TableFormat
import Testing

/// The layout has no gap that nobody declared, and the document says what the code does.
@Suite struct LayoutTests {
    @Test(arguments: RecordLayout.all.map(\.name))
    func fieldsAreContiguousAndAligned(name: String) throws {
        let layout = try #require(RecordLayout.all.first { $0.name == name })
        var end = 0
        for entry in layout.entries {
            #expect(entry.offset == end, "\(name).\(entry.name) leaves a gap or overlaps")
            #expect(
                entry.offset % entry.width == 0 || entry.offset % 8 == 0,
                "\(name).\(entry.name) is not aligned")
            end = entry.offset + entry.width
        }
        #expect(end == layout.size, "\(name) has bytes that no field covers")
    }

    /// A number that the validator would refuse is taken for what allows the least.
    @Test func aChoiceWithoutACaseAllowsTheLeast() {
        #expect(AddressKind(raw: 99) == .none && AddressFamily(raw: 99) == .v6)
        #expect(AnonymousMode(raw: 99) == .deny && AdminRight(raw: 99) == .none)
        #expect(ScopeKind(raw: 99) == .list && MatcherKind(raw: 99) == .exact)
        #expect(ValueSource(raw: 99) == .literal && CredentialKind(raw: 99) == .none)
        #expect(SendAsKind(raw: 99) == .unchanged && Strategy(raw: 99) == .roundRobin)
        #expect(EndpointKind(raw: 99) == .openai)
        #expect(ScopeKind(raw: 1) == .all && AddressFamily(raw: 4) == .v4)
    }

    @Test func everySectionOfFieldsHasALayout() {
        let sizes = Set(RecordLayout.all.map(\.size))
        for kind in SectionKind.allCases where kind != .strings {
            #expect(sizes.contains(kind.recordSize), "\(kind) has no layout")
        }
        #expect(RecordLayout.all.count == SectionKind.allCases.count - 1 + 2)
    }

    @Test func theGoldenLayoutsOfTheDocument() throws {
        let url = repository.appending(path: "docs/table-format.md")
        let text = try String(contentsOf: url, encoding: .utf8)
        let marks = ("<!-- layouts: from the code, by make bless -->", "<!-- end of layouts -->")
        let start = try #require(text.range(of: marks.0))
        let end = try #require(text.range(of: marks.1))
        let written = text[start.upperBound..<end.lowerBound]
        let rendered = "\n" + LayoutTests.render()
        if written != rendered, ProcessInfo.processInfo.environment["ROUTERC_BLESS"] == "1" {
            let blessed =
                text[..<start.upperBound] + rendered + text[end.lowerBound...]
            try String(blessed).write(to: url, atomically: true, encoding: .utf8)
            return
        }
        #expect(written == rendered, "run make bless and read what changed")
    }

    private static func render() -> String {
        var text = "\n| kind | section | bytes of a record |\n|---|---|---|\n"
        for kind in SectionKind.allCases {
            text += "| \(kind.rawValue) | \(kind) | \(kind.recordSize) |\n"
        }
        for layout in RecordLayout.all {
            text += "\n### \(layout.name), \(layout.size) bytes\n\n"
            text += "| offset | size | name | meaning |\n|---|---|---|---|\n"
            for entry in layout.entries {
                text += "| \(entry.offset) | \(entry.width) | \(entry.name) | \(entry.meaning) |\n"
            }
        }
        return text + example() + "\n"
    }

    /// The bytes of a golden table: its header, the way to a model, and the model.
    private static func example() -> String {
        let file = repository.appending(path: "golden/examples/minimal.table")
        guard let bytes = try? Array(Data(contentsOf: file)) else { return "" }
        let view = TableView(validated: bytes.rawSpan)
        let entry = FileHeader.size + SectionKind.models.position * DirectoryEntry.size
        var start = 0
        for index in 0..<8 { start |= Int(bytes[entry + index]) << (index * 8) }
        let name = view.text(view.load(ModelRecord.name, at: 0))
        var text = "\n## An example\n\n`golden/examples/minimal.table`: its header, the entry of"
        text += " the directory that leads to\nthe models, and the only one, '\(name)'.\n\n"
        text += "| at | bytes | field |\n|---|---|---|\n"
        for (name, base) in [("header", 0), ("directory entry", entry), ("model", start)] {
            for field in RecordLayout.all.first(where: { $0.name == name })?.entries ?? [] {
                let place = base + field.offset
                let hex = bytes[place..<place + field.width].map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }
                text += "| \(place) | `\(hex.joined(separator: " "))` | \(field.name) |\n"
            }
        }
        return text
    }
}

/// The root of the repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
