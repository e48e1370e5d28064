import TableFormat
import Testing
import Wire

@testable import Runtime

/// What may stand in a log, and how it is said.
@Suite struct LogTests {
    private func isHarmless(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return LoggedText.isHarmless(bytes.rawSpan, byteLimit: 96)
    }

    @Test(arguments: [
        "gpt-5", "meta-llama/Llama-3.3-70B-Instruct", "qwen3:8b", "a", "risk-model-2000000",
        "task-sk-1", "org/hf_model", "ft:gpt-4o:team::9abc",
    ])
    func namesMayStandThere(text: String) {
        #expect(isHarmless(text))
    }

    @Test(arguments: [
        "", "a b", "a\nb", "modèle", "m\u{7F}", "sk-0123456789", "family/SK-0123456789",
        "x:sk_live_0123456789", "hf_0123456789", "eyJhbGciOiJIUzI1NiJ9.e30.x", "/v1/%73k-0123456",
        String(repeating: "x", count: 97),
    ])
    func whatMayBeASecretOrIsUnreadableMayNot(text: String) {
        #expect(!isHarmless(text))
    }

    @Test func partsAreWhatStandsBetweenSlashes() {
        let bytes = Array("/a//bc".utf8)
        var parts: [String] = []
        let isAny = LoggedText.isAnyPart(of: bytes.rawSpan) { part in
            parts.append(
                String(decoding: (0..<part.byteCount).map { part.byte($0) }, as: UTF8.self))
            return false
        }
        #expect(!isAny && parts == ["a", "bc", "/a//bc"])
        #expect(LoggedText.isAnyPart(of: bytes.rawSpan) { $0.byteCount == 2 })
    }

    @Test func yesAndNoAreNoTexts() {
        for (format, end) in [(LogFormat.json, ",\"cut\":true}\n"), (.text, " cut=true\n")] {
            var line = LogLine(format, milliseconds: 0, level: "info", message: "m")
            line.add("cut", flag: true)
            #expect(String(decoding: line.finished(), as: UTF8.self).hasSuffix(end))
        }
    }
}

/// Why a handshake has failed, in words.
@Suite struct HandshakeFaultTests {
    private func text(_ reason: String) -> String {
        let place = "/build/.build/checkouts/swift-nio-ssl/Sources/ssl/handshake.cc:320"
        return "Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:\(reason) at \(place)"
    }

    @Test(arguments: [
        ("WRONG_VERSION_NUMBER", "the upstream speaks no TLS"),
        ("UNSUPPORTED_PROTOCOL", "the upstream speaks neither TLS 1.2 nor TLS 1.3"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "sslv3 alert handshake failure"),
    ])
    func theReasonIsReadable(reason: String, words: String) {
        #expect(HandshakeFault(libraryTexts: [text(reason)]).description == words)
    }

    @Test func theCommonestOfSeveralIsSaid() {
        let texts = [text("PEER_ERROR_1"), text("CERTIFICATE_VERIFY_FAILED")]
        let words = HandshakeFault(libraryTexts: texts).description
        #expect(words.hasPrefix("certificate verify failed: ") && !words.contains("/"))
    }

    @Test func withoutAReason() {
        #expect(
            HandshakeFault(libraryTexts: ["Error:  EOF during handshake"]).description
                == "the upstream closed the connection in the handshake")
        #expect(
            HandshakeFault(libraryTexts: []).description == "the TLS library does not say why")
    }
}

/// One line for people about the lists of all endpoints.
@Suite struct DiscoverySummaryTests {
    private func state(_ failures: [DiscoveryFailure], found: Bool) throws -> DiscoveryState {
        var state = DiscoveryState()
        if found {
            let list = Array("{\"data\":[]}".utf8)
            let models = try #require(FoundModels(list, kind: .openai))
            _ = state.succeeded(models, at: 0, interval: 1)
        }
        for failure in failures { _ = state.failed(failure, at: 1, interval: 1) }
        return state
    }

    private func summary(_ endpoints: [(String, DiscoveryState)]) -> DiscoverySummary {
        DiscoverySummary(
            endpoints.map { DiscoverySummary.Entry(name: $0, kind: .vllm, $1) }, at: 10)
    }

    @Test func eachKindIsCounted() throws {
        let good = try state([], found: true)
        #expect(summary([]).text == nil)
        #expect(summary([("a", good)]).text == "1 endpoint")
        let down = try state([.unreachable], found: false)
        #expect(
            summary([("up", good), ("down", down), ("b", good)]).text
                == "3 endpoints, 1 without a list (down: unreachable)")
        let old = try state([.timeout], found: true)
        #expect(
            summary([("new", DiscoveryState()), ("old", old)]).text
                == "2 endpoints, 1 with an old list (old: timeout), 1 not answered yet (new)")
    }

    @Test func manyAreNotAllNamed() throws {
        let down = try state([.tls], found: false)
        let text = try #require(summary((1...7).map { ("e\($0)", down) }).text)
        #expect(text.hasPrefix("7 endpoints, 7 without a list (e1: tls, ") && !text.contains("e6"))
        #expect(text.hasSuffix(", e5: tls, and 2 more)"))
    }

    @Test func theSameAsJSON() throws {
        #expect(summary([]).json == "[]")
        let old = try state([.tooLarge], found: true)
        #expect(
            summary([("b", old), ("a\"", DiscoveryState())]).json
                == #"[{"endpoint":"a\"","kind":"vllm","state":"pending","reason":null,"#
                + #""models":0,"age_ms":null},{"endpoint":"b","kind":"vllm","state":"stale","#
                + #""reason":"too_large","models":0,"age_ms":10}]"#)
    }
}

/// What requests are called.
@Suite struct RequestIDsTests {
    @Test func noTwoAreTheSame() {
        var (one, other) = (RequestIDs(), RequestIDs())
        var texts: Set<String> = []
        for _ in 0..<5_000 {
            texts.insert(one.next().text)
            texts.insert(other.next().text)
        }
        #expect(texts.count == 10_000)
    }

    @Test func bothHalvesChange() {
        var ids = RequestIDs()
        let (first, second) = (ids.next(), ids.next())
        #expect(first.high != second.high && first.low != second.low && first.high != first.low)
    }

    @Test func recordsSayThemLast() {
        var entry = AccessEntry()
        var texts = AccessTexts()
        func end() -> String? {
            let line = String(decoding: AccessWriter.line(entry, texts, .text), as: UTF8.self)
            return line.split(whereSeparator: { " \n".contains($0) }).last.map(String.init)
        }
        #expect(end() == "generation=0")
        entry.requestID = RequestID(high: 1, low: 2)
        #expect(end() == "request_id=00000000000000010000000000000002")
        texts.requestID = "mine"
        #expect(end() == "request_id=mine")
    }

    @Test func ringsCarryWhatClientsCallThem() {
        let ring = AccessRing(capacity: 2)
        for count in [128, 0, 7] {
            let id = [UInt8](repeating: 0x61, count: count)
            let path = Array("/v1/chat/completions".utf8)
            let isAdded = ring.append(AccessEntry()) { writer in
                writer.path(path.rawSpan)
                writer.requestID(id.rawSpan)
            }
            #expect(isAdded)
            let texts = ring.next()?.1
            #expect(texts?.requestID == String(repeating: "a", count: count))
            #expect(texts?.path == "/v1/chat/completions")
        }
    }
}
