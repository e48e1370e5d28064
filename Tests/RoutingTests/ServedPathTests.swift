import Foundation
import Routing
import TableFormat
import Testing

@testable import SpecCompiler

/// The compiler knows the paths that the server serves.
@Suite struct ServedPathTests {
    private func kind(_ path: String) -> APIPath {
        let bytes = Array(path.utf8)
        return APIPath(bytes.rawSpan)
    }

    @Test(arguments: KeyPathCheck.served)
    func thePathsOfTheCompilerAreServed(path: String) {
        #expect(kind(path) != .unknown)
        #expect(kind(path + "x") == .unknown)
    }

    /// Every path that the code of the server spells out.
    @Test func thePathsOfTheServerAreKnown() throws {
        let url = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/Routing/APIPath.swift")
        let code = try String(contentsOf: url, encoding: .utf8)
        let spelled = code.matches(of: /isExactly\("([^"]+)"\)/).map { String($0.1) }
        #expect(spelled.count > 20)
        for path in spelled {
            #expect(KeyPathCheck.served.contains(path.hasPrefix("/") ? path : "/v1/" + path))
        }
    }
}
