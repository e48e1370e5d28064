import Routing
import Runtime
import TableFormat
import Testing

/// When answers to probes make an endpoint down or up.
@Suite struct HealthCounterTests {
    private typealias Verdict = HealthCounter.Verdict
    private typealias Standing = HealthCounter.Standing

    /// The standings after each of these.
    private func standings(
        _ verdicts: [HealthCounter.Verdict], fall: UInt16 = 3, rise: UInt16 = 2
    ) -> [HealthCounter.Standing] {
        var counter = HealthCounter()
        return verdicts.map { verdict in
            _ = counter.take(verdict, reason: nil, fall: fall, rise: rise, at: 0)
            return counter.standing
        }
    }

    @Test func failuresInARowAreCounted() {
        #expect(standings([.failed, .failed]) == [.unknown, .unknown])
        #expect(standings([.failed, .failed, .failed]).last == .down)
        #expect(standings([.ok, .failed, .failed, .ok, .failed, .failed]).last == .up)
        #expect(standings([.ok, .failed], fall: 1).last == .down)
        #expect(standings(Array(repeating: .failed, count: 70_000), fall: 100).last == .down)
    }

    @Test(arguments: [HealthCounter.Verdict.ok, .limited, .misconfigured, .loading])
    func whoAnswersEndsARowOfFailures(answer: HealthCounter.Verdict) {
        #expect(!standings([.failed, .failed, answer, .failed, .failed]).contains(.down))
    }

    @Test func successesInARowAreCounted() {
        let down: [HealthCounter.Verdict] = [.failed, .failed, .failed]
        #expect(standings(down + [.ok]).last == .down)
        #expect(standings(down + [.ok, .ok]).last == .up)
        #expect(standings(down + [.ok, .failed, .ok]).last == .down)
        #expect(standings(down + [.ok], rise: 1).last == .up)
        #expect(standings(down + [.limited, .ok]).last == .up)
        #expect(standings(down + [.ok, .misconfigured]).last == .misconfigured)
        // Down and up again, and the next time is like the first.
        let again = standings(down + [.ok, .ok, .failed, .failed, .failed, .ok])
        #expect(again.suffix(4) == [.up, .up, .down, .down])
    }

    @Test func whoLoadsIsNeitherDownNorUp() {
        #expect(standings([.loading]) == [.loading])
        #expect(standings([.loading, .ok]).last == .up)
        #expect(standings(Array(repeating: .loading, count: 10)).last == .loading)
        let down: [HealthCounter.Verdict] = [.failed, .failed, .failed]
        #expect(standings(down + [.loading, .loading, .loading]).last == .down)
        #expect(standings(down + [.ok, .loading, .ok]).last == .down)
        #expect(standings(down + [.loading, .ok, .ok]).last == .up)
        // One failure says nothing yet, so it stands as before.
        #expect(standings([.loading, .failed]).last == .loading)
    }

    @Test func changesAreToldOnce() {
        var counter = HealthCounter()
        func take(_ verdict: HealthCounter.Verdict, _ reason: String?, at now: Int64)
            -> HealthCounter.Standing?
        {
            counter.take(verdict, reason: reason, fall: 2, rise: 1, at: now)
        }
        #expect(counter.since == nil && counter.reason == nil && !counter.isDown)
        #expect(take(.ok, nil, at: 5) == .up)
        #expect(take(.ok, nil, at: 6) == nil && counter.since == 5)
        #expect(take(.failed, "timeout", at: 7) == nil)
        #expect(counter.reason == "timeout" && counter.failures == 1 && counter.standing == .up)
        #expect(take(.failed, "status 500", at: 8) == .down)
        #expect(take(.failed, "tls", at: 9) == nil)
        #expect(counter.since == 8 && counter.reason == "tls" && counter.isDown)
        #expect(take(.misconfigured, "status 401", at: 10) == .misconfigured)
        #expect(take(.ok, nil, at: 11) == .up && counter.reason == nil && counter.since == 11)
    }

    @Test(
        arguments: [
            (200, .ok), (204, .ok), (299, .ok), (101, .failed), (300, .failed), (302, .failed),
            (400, .failed), (401, .misconfigured), (403, .misconfigured), (404, .failed),
            (429, .limited), (500, .failed), (502, .failed), (503, .loading), (504, .failed),
            (0, .failed), (999, .failed),
        ] as [(Int, HealthCounter.Verdict)])
    func aStatusHasAMeaning(status: Int, verdict: HealthCounter.Verdict) {
        let asked = HealthCounter.Verdict(
            status: status, kind: .llamacpp, wantsClientsCredential: false)
        #expect(asked == verdict)
        let other = HealthCounter.Verdict(
            status: status, kind: .vllm, wantsClientsCredential: false)
        #expect(other == (verdict == .loading ? .failed : verdict))
        let clients = HealthCounter.Verdict(
            status: status, kind: .llamacpp, wantsClientsCredential: true)
        #expect(clients == (verdict == .misconfigured ? .ok : verdict))
    }
}

/// What keeps requests from an endpoint: probes, breakers and operators, each by itself.
@Suite struct EndpointGateTests {
    private static let policy = BreakerPolicy(errors: 1, within: 1_000, tryAgain: 500)

    @Test func eachKeepsRequestsAwayByItself() {
        let state = EndpointState()
        #expect(state.isFree && state.takesRequests(at: 0))
        state.isDown = true
        #expect(!state.isFree && state.isDown && !state.isDrained && !state.isOpen)
        #expect(!state.takesRequests(at: 0) && !state.takesRequests(at: 0, evenIfOpen: true))
        state.isDrained = true
        state.isDown = false
        #expect(!state.isDown && state.isDrained)
        #expect(!state.takesRequests(at: 0, evenIfOpen: true))
        state.isDrained = false
        #expect(state.isFree)
    }

    @Test func aBreakerAndProbesDoNotKnowOfEachOther() {
        let state = EndpointState()
        state.failed(at: 100, breaker: EndpointGateTests.policy)
        #expect(state.isOpen && !state.takesRequests(at: 100))
        #expect(state.takesRequests(at: 100, evenIfOpen: true))
        state.isDown = true
        state.isDown = false
        #expect(state.isOpen && !state.takesRequests(at: 599) && state.takesRequests(at: 600))
        state.isDown = true
        #expect(!state.takesRequests(at: 600), "its trial waits until it is up")
        state.succeeded()
        #expect(!state.isOpen && state.isDown)
        state.failed(at: 700, breaker: EndpointGateTests.policy)
        #expect(state.isOpen && state.isDown)
        state.isDown = false
        #expect(state.isClosed(at: 1_200) && !state.isClosed(at: 1_199))
    }
}
