import RandomNumbers
import Runtime
import TableFormat
import Testing

/// What becomes of the answers of endpoints that are asked for their models.
@Suite struct FoundModelsTests {
    private func found(_ text: String, _ kind: EndpointKind = .openai) -> FoundModels? {
        FoundModels(Array(text.utf8), kind: kind)
    }

    private func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func modelsAreSortedAndTheFirstOfAnIdWins() throws {
        let models = try #require(
            found(#"{"data":[{"id":"b"},{"id":"a","n":1},{"id":"a","n":2},{"id":"B"}]}"#))
        #expect(models.models.map { text($0.id) } == ["B", "a", "b"])
        #expect(text(models.find(Array("a".utf8))?.entry) == #"{"id":"a","n":1}"#)
        #expect(models.find(Array("c".utf8)) == nil)
        #expect(models.find([]) == nil)
    }

    @Test func llamaServerHasTwoObjectsForAModel() throws {
        let models = try #require(
            found(
                #"{"models":[{"name":"x","model":"m","k":1}],"data":[{"id":"m"},{"id":"n"}]}"#,
                .llamacpp))
        #expect(text(models.models.first?.twin) == #"{"name":"x","model":"m","k":1}"#)
        #expect(models.models.last?.twin == [])
    }

    @Test func ollamaHasOneOfTheSecondKind() throws {
        let models = try #require(found(#"{"models":[{"name":"m:1","size":2}]}"#, .ollama))
        let entry = #"{"id":"m:1","object":"model","created":0,"owned_by":"ollama"}"#
        #expect(text(models.models.first?.entry) == entry)
        #expect(text(models.models.first?.twin) == #"{"name":"m:1","size":2}"#)
        #expect(found(#"{"models":[]}"#) == nil, "an openai server has data")
        #expect(found(#"{"data":[]}"#, .ollama) == nil)
    }

    /// The list of the spec's models and those that were found spell an id alike.
    @Test(arguments: ["a", "\"\\", "\u{E4}/\u{20AC}", "a\u{2028}b"])
    func anIdIsSpelledInOneWay(id: String) throws {
        let quoted = JSONText.quoted(id)
        let models = try #require(found("{\"models\":[{\"name\":\(quoted)}]}", .ollama))
        #expect(models.models.map(\.id) == [Array(id.utf8)])
        #expect(text(models.models.first?.entry) == JSONText.model(id: id, owner: "ollama"))
        #expect(!quoted.unicodeScalars.contains("\u{2028}"))
    }

    @Test func anEmptyListIsAListAndGarbageIsNone() {
        #expect(found(#"{"data":[]}"#)?.models.isEmpty == true)
        for text in ["", "{}", "[]", "<html></html>", #"{"error":"x"}"#, #"{"data":[]"#] {
            #expect(found(text) == nil, "\(text)")
        }
    }

    @Test func whatIsLargeIsShownByItsIdAlone() throws {
        let pad = String(repeating: "x", count: 17 << 10)
        let models = try #require(
            found("{\"data\":[{\"id\":\"big\",\"pad\":\"\(pad)\"},{\"id\":\"small\",\"n\":1}]}"))
        let minimal = #"{"id":"big","object":"model","created":0,"owned_by":"openai"}"#
        #expect(models.models.map { text($0.entry) } == [minimal, #"{"id":"small","n":1}"#])
    }

    @Test func manyLargeOnesAreHeldWithinBounds() throws {
        let pad = String(repeating: "x", count: 8 << 10)
        let entries = (0..<500).map { "{\"id\":\"m\($0)\",\"pad\":\"\(pad)\"}" }
        let models = try #require(found("{\"data\":[\(entries.joined(separator: ","))]}"))
        #expect(models.models.count == 500)
        #expect(models.byteCount < 3 << 20)
    }

    @Test func theTimeOfTheAnswerMakesNoDifference() throws {
        func models(_ created: String, _ n: Int, _ before: Int = 1) throws -> FoundModels {
            try #require(
                found(
                    "{\"data\":[{\"b\":\(before),\"created\":\(created),\"id\":\"m\",\"n\":\(n)}]}")
            )
        }
        let first = try models("1700000000", 1)
        #expect(try models("1700000060", 1).isLike(first))
        #expect(try models("17", 1).isLike(first))
        #expect(!(try models("1700000000", 2).isLike(first)))
        #expect(!(try models("1700000000", 1, 2).isLike(first)))
        #expect(!(try #require(found(#"{"data":[]}"#)).isLike(first)))
    }

    @Test(
        arguments: [
            (.openai, "", "/v1/models"), (.vllm, "", "/v1/models"), (.llamacpp, "", "/v1/models"),
            (.openai, "/v1/openai", "/v1/openai/models"),
            (.anthropic, "/v1", "/v1/models?limit=1000"), (.ollama, "", "/api/tags"),
            (.ollama, "/v1", "/api/tags"), (.ollama, "/box/v1", "/box/api/tags"),
            (.lmstudio, "/api/v0", "/api/api/v0/models"), (.lmstudio, "/v1", "/api/v0/models"),
        ] as [(EndpointKind, String, String)])
    func whereListsAre(kind: EndpointKind, basePath: String, path: String) {
        #expect(kind.listPath(basePath: basePath) == path)
    }
}

/// How long a list is believed, and when an endpoint is asked again.
@Suite struct DiscoveryStateTests {
    private let interval: UInt64 = 60_000

    private func models(_ id: String) -> FoundModels {
        FoundModels(Array("{\"data\":[{\"id\":\"\(id)\"}]}".utf8), kind: .openai)
            ?? { preconditionFailure("a list") }()
    }

    @Test func aListOutlivesTwoFailures() {
        var state = DiscoveryState()
        #expect(state.standing == .pending && state.dueAt == 0)
        #expect(state.succeeded(models("a"), at: 100, interval: interval) == .found)
        #expect(state.standing == .ok && state.dueAt == 60_100)
        #expect(state.failed(.timeout, at: 60_200, interval: interval) == .nothing)
        #expect(state.standing == .stale && state.models != nil && state.dueAt == 61_200)
        #expect(state.failed(.status, at: 61_300, interval: interval) == .nothing)
        #expect(state.models != nil && state.failure == .status && state.dueAt == 63_300)
        #expect(state.failed(.status, at: 63_400, interval: interval) == .lost)
        #expect(state.models == nil && state.standing == .failed)
        #expect(state.failed(.status, at: 240_500, interval: interval) == .nothing)
        #expect(state.succeeded(models("a"), at: 300_000, interval: interval) == .found)
        #expect(state.failureCount == 0 && state.failure == nil && state.foundAt == 300_000)
    }

    @Test func aShorterIntervalHoldsAtOnceAndALongerOneFromTheNextAnswerOn() {
        var state = DiscoveryState()
        _ = state.succeeded(models("a"), at: 100, interval: interval)
        state.makeDue(by: 200_000)
        #expect(state.dueAt == 60_100)
        state.makeDue(by: 1_200)
        #expect(state.dueAt == 1_200)
        state.makeDue(by: 0)
        #expect(state.dueAt == 0)
    }

    @Test func aSuccessBetweenFailuresBeginsAnew() {
        var state = DiscoveryState()
        _ = state.succeeded(models("a"), at: 0, interval: interval)
        for _ in 0..<10 {
            #expect(state.failed(.closed, at: 1, interval: interval) == .nothing)
            #expect(state.failed(.closed, at: 2, interval: interval) == .nothing)
            #expect(state.succeeded(models("a"), at: 3, interval: interval) == .nothing)
        }
        #expect(state.succeeded(models("b"), at: 4, interval: interval) == .changed)
    }

    @Test func whoeverFailsIsAskedSoonerAtFirst() {
        var state = DiscoveryState()
        var delays: [UInt64] = []
        for index in 0..<10 {
            let change = state.failed(.unreachable, at: 1_000, interval: interval)
            #expect(change == (index == 0 ? .missing : .nothing))
            delays.append(state.dueAt - 1_000)
        }
        #expect(delays.prefix(6) == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000])
        #expect(delays.dropFirst(6).allSatisfy { $0 == interval })
        var quick = DiscoveryState()
        for _ in 0..<100 { _ = quick.failed(.unreachable, at: 0, interval: 1_000) }
        #expect(quick.dueAt == 1_000)
    }

    /// Whatever happens: a list is there exactly if the last success is at most two failures ago.
    @Test func randomAnswers() {
        var random = SplitMix(seed: 7)
        for _ in 0..<2_000 {
            var state = DiscoveryState()
            var failures: Int?
            for step in 0..<30 {
                let now = UInt64(step) * interval
                if random.flag() {
                    let change = state.succeeded(models("a"), at: now, interval: interval)
                    #expect(change == ((failures ?? 3) > 2 ? .found : .nothing))
                    failures = 0
                } else {
                    _ = state.failed(.timeout, at: now, interval: interval)
                    failures = failures.map { $0 + 1 }
                }
                #expect((state.models != nil) == ((failures ?? 3) <= 2))
                #expect(state.dueAt > now && state.dueAt <= now + interval)
            }
        }
    }
}
