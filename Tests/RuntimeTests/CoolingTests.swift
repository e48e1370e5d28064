import Routing
import Testing

@testable import Runtime

/// Endpoints that have enough for now.
@Suite struct CoolingTests {
    @Test func oneIsLeftAloneUntilThen() {
        let state = EndpointState()
        #expect(!state.mayBeLimited && state.limitLeft(at: 0) == 0)
        state.limit(until: 1_500)
        #expect(state.mayBeLimited)
        #expect(state.limitLeft(at: 1_000) == 500 && state.limitLeft(at: 1_499) == 1)
        #expect(state.limitLeft(at: 1_500) == 0)
        // It is forgotten then, and costs nothing any more.
        #expect(!state.mayBeLimited && state.limitLeft(at: 0) == 0)
    }

    @Test func theLongerTimeHolds() {
        let state = EndpointState()
        state.limit(until: 2_000)
        state.limit(until: 1_000)
        #expect(state.limitLeft(at: 0) == 2_000)
        state.limit(until: 3_000)
        #expect(state.limitLeft(at: 0) == 3_000)
    }

    @Test func breakersKnowNothingOfIt() {
        let state = EndpointState()
        state.limit(until: 10_000)
        for now in UInt64(1)...20 { state.failed(at: now, breaker: nil) }
        #expect(!state.isOpen && state.isClosed(at: 20) && state.limitLeft(at: 20) > 0)
    }
}
