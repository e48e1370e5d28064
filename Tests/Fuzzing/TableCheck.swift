import Digest
import Foundation
import Pattern
import Routing
import SpecCompiler
import TableFormat

/// Damaged tables behind a digest that fits: refused, or safe to read and to route with.
///
/// An input is either `T` and a table, or any other byte, which chooses a valid spec, and edits of
/// its table: four bytes each, the offset, how many bytes, and what is put there.
enum TableCheck {
    private enum Hash: TableDigesting {
        static func digest(_ head: RawSpan, _ rest: RawSpan) -> TableDigest {
            TableDigest(Digest.sha256(head, rest))
        }
    }

    static func run(_ input: [UInt8]) throws(Mismatch) {
        guard let choice = input.first else { return }
        try require(!tables.isEmpty, "no spec below \(ValidSpecs.root.path) compiles")
        let isWhole = choice == UInt8(ascii: "T")
        let bytes =
            isWhole
            ? Array(input.dropFirst())
            : edited(tables[Int(choice) % tables.count], by: input.dropFirst())
        let table = redigested(bytes)
        let copy = table
        do throws(TableFault) {
            try TableValidator<Hash>.validate(table.rawSpan)
        } catch {
            return
        }
        // What was accepted must bear all that a reader does; a trap is the finding.
        _ = readAll(table)
        try require(copy == table, "reading changes a table")
    }

    /// The tables of the valid specs, compiled once.
    private static let tables: [[UInt8]] = ValidSpecs.all.compactMap { spec in
        Compiler.compile(SourceFile(name: spec.name, bytes: spec.bytes)).table
    }

    private static func edited(_ table: [UInt8], by edits: ArraySlice<UInt8>) -> [UInt8] {
        var result = table
        var rest = edits
        while rest.count >= 4 {
            let edit = Array(rest.prefix(4))
            rest = rest.dropFirst(4)
            let offset = (Int(edit[0]) << 8 | Int(edit[1])) % result.count
            let kind = edit[2]
            let width = min(1 << Int(kind & 3), result.count - offset)
            for index in offset..<offset + width {
                switch kind >> 2 & 3 {
                case 0: result[index] = edit[3]
                case 1: result[index] ^= edit[3]
                case 2: result[index] &+= edit[3]
                // A small number in a wide place.
                default: result[index] = index == offset ? edit[3] : 0
                }
            }
        }
        return result
    }

    /// Puts the right digest into bytes, so that the checks behind it are reached.
    private static func redigested(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > DigestCoverage.restStart else { return bytes }
        var bytes = bytes
        let digest = Digest.sha256(
            Array(bytes[DigestCoverage.head]), Array(bytes[DigestCoverage.restStart...]))
        bytes.replaceSubrange(
            DigestCoverage.head.upperBound..<DigestCoverage.restStart, with: digest)
        return bytes
    }

    // MARK: - All that a reader does

    private static func readAll(_ bytes: [UInt8]) -> Int {
        let view = TableView(validated: bytes.rawSpan)
        var found = TableDump.lines(view).count
        for name in modelNames {
            let text = Array(name.utf8)
            found += view.findModel(text.rawSpan) == nil ? 0 : 1
            found += view.lastPrefix(notAfter: text.rawSpan) == nil ? 0 : 1
            found += view.lastSuffix(notAfter: text.rawSpan) == nil ? 0 : 1
        }
        for word: UInt64 in [0, 1, .max] {
            let fingerprint = KeyFingerprint(word0: word, word1: ~word)
            found += view.findSecret(fingerprint) == nil ? 0 : 1
        }
        let moves = SessionMoves(from: view, to: view)
        found += moves.pools.count + moves.splits.count
        guard let patterns = try? PatternSet(of: view) else { return found }
        let scratch = MatchScratch()
        for key in 0..<min(view.count(KeyRecord.self), 64) {
            let caller = holder(of: key, in: view)
            forEachListedModel(listed(for: caller, in: view), in: view) { name, entry in
                found += name.byteCount + entry.byteCount
            }
            found += admitAll(caller, view)
            for name in modelNames {
                found += route(Array(name.utf8), caller, patterns, scratch, view)
            }
        }
        return found
    }

    private static let modelNames = [
        "", "exact-one", "gpt-4o", "llama-3", "mistral/x", "x-draft", "zzz",
    ]

    private static func admitAll(_ caller: Caller, _ view: borrowing TableView) -> Int {
        var found = 0
        for path in ["/v1/chat/completions", "/v1/models", "/v1/models/a", "/x"] {
            let bytes = Array(path.utf8)
            let admission = admit(
                .post, path: bytes.rawSpan, isPlain: true, contentLength: 1,
                caller: .success(caller), in: view)
            found += admission == .refused(.urlUnknown) ? 0 : 1
        }
        return found
    }

    private static func route(
        _ model: [UInt8], _ caller: Caller, _ patterns: PatternSet,
        _ scratch: borrowing MatchScratch,
        _ view: borrowing TableView
    ) -> Int {
        guard
            case .success(let first) = resolve(
                model: model.rawSpan, caller: caller, patterns: patterns, scratch: scratch,
                in: view)
        else { return 0 }
        var found = 0
        var next: Route? = first
        while var route = next {
            let session = Session(model.rawSpan, source: .user)
            if route.isOpen { route.settle(draw: session.draw, in: view) }
            found += picks(model, route, session, view)
            next = route.next(
                asked: model.rawSpan, caller: caller, patterns: patterns, scratch: scratch,
                in: view)
        }
        return found
    }

    private static func picks(
        _ model: [UInt8], _ route: Route, _ session: Session, _ view: borrowing TableView
    ) -> Int {
        var members = [UInt32(0), 1, 2, .max].map {
            pick(pool: route.pool, ticket: $0, loads: AllUp(), in: view)
        }
        members.append(pick(pool: route.pool, session: session, loads: AllUp(), in: view))
        var found = 0
        for member in members.compactMap({ $0 }) {
            let sent = replacement(for: model.rawSpan, route: route, member: member, in: view)
            found += sent == .unchanged ? 1 : 2
            let endpoint = view.load(MemberRecord.endpoint, at: member)
            found += canCarry(model.rawSpan, to: endpoint, in: view) ? 1 : 0
        }
        return found
    }
}

private struct AllUp: EndpointLoads {
    func isAvailable(endpoint: UInt32) -> Bool { true }
}

/// The valid specs of the repository.
enum ValidSpecs {
    /// `ROUTERC_SPECS` says where they are, for a fuzzer that was moved to another machine.
    static let root: URL =
        ProcessInfo.processInfo.environment["ROUTERC_SPECS"].map { URL(filePath: $0) }
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "specs/valid")

    /// In the order of their paths.
    static let all: [(name: String, bytes: [UInt8])] = {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root.path)) ?? []
        return paths.filter { $0.hasSuffix(".yaml") }.sorted().compactMap { path in
            guard let data = try? Data(contentsOf: root.appending(path: path)) else { return nil }
            return (path, Array(data))
        }
    }()
}
