import RandomNumbers
import Runtime
import Testing

/// Random interleavings of events, possible and impossible ones: the machine has to keep its
/// promises whatever order a network finds.
@Suite struct ExchangeMachineTests {
    /// Interleavings thrown in one run; ROUTERC_SOAK asks for the full million.
    static let interleavings = soak ? 1_000_000 : 100_000

    @Test func randomInterleavingsKeepTheInvariants() {
        for seed in 0..<UInt64(ExchangeMachineTests.interleavings) {
            var world = World(seed: seed)
            world.run()
            if let finding = world.finding {
                Issue.record("seed \(seed): \(finding)\n\(world.trace.joined(separator: "\n"))")
                return
            }
        }
    }

    @Test func theSimulatorSeesALeakedLease() {
        // A world whose books are wrong must say so, or the test above proves nothing.
        var world = World(seed: 1)
        world.leases = 1
        world.finish()
        #expect(world.finding != nil)
    }

    @Test func aStaleConnectionIsReplacedOnce() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: false)
        #expect(machine.routed() == .lease)
        #expect(machine.leased(reused: true) == .sendRequest)
        machine.requestSent()
        #expect(machine.upstreamFailed(beforeFirstByte: true) == [.dropLease, .leaseFresh])
        #expect(machine.leased(reused: false) == .sendRequest)
        let second = machine.upstreamFailed(beforeFirstByte: true)
        #expect(second == [.dropLease, .writeAnswer, .record, .nextRequest])
        #expect(machine.state == .idle)
    }

    @Test func aFreshConnectionThatDiesIsAnError() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: false, bodyPending: false)
        _ = machine.routed()
        _ = machine.leased(reused: false)
        #expect(
            machine.upstreamFailed(beforeFirstByte: true)
                == [.dropLease, .writeAnswer, .record, .closeAfterFlush])
    }

    @Test func anAnswerThatOvertakesItsRequestCostsTheConnection() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: false)
        _ = machine.routed()
        _ = machine.leased(reused: false)
        #expect(machine.responseHeadArrived(upstreamReusable: true) == .forwardHead)
        #expect(machine.responseEnded(upstreamClean: true).contains(.dropLease))
    }

    @Test func aRefusalInTheMiddleOfABodyLingers() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: true)
        #expect(machine.bodyWanted(expectsContinue: true) == .sendContinue)
        #expect(machine.answered() == [.writeAnswer, .record, .linger])
        #expect(machine.state == .lingering)
        #expect(machine.lingerEnded() == .close)
        #expect(machine.clientClosed().isEmpty)
    }

    @Test func aStreamedBodyGoesOverAFreshConnection() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: true)
        _ = machine.bodyWanted(expectsContinue: false)
        #expect(machine.routedStreaming() == .leaseFresh)
        #expect(machine.leased(reused: false) == .sendRequest)
        machine.requestSent()
        #expect(machine.state == .sending)
        machine.bodyArrived()
        machine.requestSent()
        #expect(machine.state == .awaitingHead)
        #expect(machine.responseHeadArrived(upstreamReusable: true) == .forwardHead)
        #expect(
            machine.responseEnded(upstreamClean: true) == [.returnLease, .record, .nextRequest])
    }

    @Test func anAnswerThatOvertakesAStreamedBodyEndsTheConnection() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: true)
        _ = machine.bodyWanted(expectsContinue: false)
        _ = machine.routedStreaming()
        _ = machine.leased(reused: false)
        #expect(machine.responseHeadArrived(upstreamReusable: true) == .forwardHead)
        #expect(machine.closesAfterAnswer)
        #expect(machine.responseEnded(upstreamClean: true) == [.dropLease, .record, .linger])
    }

    @Test func anAttemptThatFailsGivesWayToAnother() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: false)
        #expect(machine.retried(afterPause: false).isEmpty, "nothing has failed yet")
        _ = machine.routed()
        #expect(machine.retried(afterPause: false) == [.dropLease, .lease])
        _ = machine.leased(reused: true)
        machine.requestSent()
        #expect(machine.replacesStale(beforeFirstByte: true))
        #expect(!machine.replacesStale(beforeFirstByte: false))
        #expect(machine.retried(afterPause: true) == .dropLease)
        #expect(machine.state == .waiting)
        #expect(machine.isBusy)
        #expect(machine.pauseEnded() == .lease)
        _ = machine.leased(reused: false)
        machine.requestSent()
        _ = machine.responseHeadArrived(upstreamReusable: true)
        #expect(!machine.canRetry, "the client has a part of the answer")
        #expect(machine.retried(afterPause: false).isEmpty)
        #expect(
            machine.responseEnded(upstreamClean: true) == [.returnLease, .record, .nextRequest])
    }

    @Test func whatWasSentAndNotKeptIsNotSentAgain() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: true)
        _ = machine.bodyWanted(expectsContinue: false)
        _ = machine.routedStreaming()
        #expect(machine.retried(afterPause: false) == [.dropLease, .leaseFresh])
        _ = machine.leased(reused: false)
        #expect(!machine.canRetry)
        machine.bodyArrived()
        machine.requestSent()
        #expect(!machine.canRetry)
    }

    @Test func aClientThatLeavesInAPauseLeavesNothingBehind() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: false)
        _ = machine.routed()
        #expect(machine.retried(afterPause: true) == .dropLease)
        #expect(machine.clientClosed() == .record)
        #expect(machine.pauseEnded().isEmpty)
    }

    @Test func aBrokenAnswerIsAborted() {
        var machine = ExchangeMachine()
        machine.requestBegan()
        machine.headArrived(persists: true, bodyPending: false)
        _ = machine.routed()
        _ = machine.leased(reused: false)
        machine.requestSent()
        _ = machine.responseHeadArrived(upstreamReusable: true)
        #expect(
            machine.upstreamFailed(beforeFirstByte: false) == [.dropLease, .record, .abort])
        #expect(machine.state == .closed)
    }
}

/// A network that does anything at any time, and keeps the books.
private struct World {
    var machine = ExchangeMachine()
    var random: SplitMix
    var trace: [String] = []
    var finding: String?
    var leases = 0
    private var isHeld = false
    private var openExchange = false
    private var answersOfExchange = 0
    private var isPaused = false
    /// The last lease that was asked for may not be an idle connection.
    private var wantsFresh = false
    /// Some of the request has gone to an upstream.
    private var wasSent = false

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    mutating func run() {
        for _ in 0..<(4 + random.below(28)) where finding == nil {
            step()
        }
        perform(machine.clientClosed(), "client closed")
        finish()
    }

    /// At the end all books are at zero.
    mutating func finish() {
        if leases != 0 { note("a lease is left over") }
        if openExchange { note("an exchange was never recorded") }
    }

    private mutating func step() {
        switch random.below(20) {
        case 0: machine.requestBegan()
        case 1, 2:
            let accepts = machine.state == .idle || machine.state == .readingHead
            machine.headArrived(persists: random.flag(), bodyPending: random.flag())
            trace.append("head")
            if accepts {
                if openExchange { note("a head came while an exchange was open") }
                openExchange = true
                answersOfExchange = 0
                wasSent = false
            }
        case 3: perform(machine.bodyWanted(expectsContinue: random.flag()), "body wanted")
        case 4, 5: machine.bodyArrived()
        case 6: perform(machine.routed(), "routed")
        case 7: perform(machine.routedStreaming(), "routed streaming")
        case 8, 9:
            let waits = machine.state == .connecting
            let actions = machine.leased(reused: !wantsFresh && random.flag())
            if waits { isHeld = true }
            perform(actions, "leased")
        case 10: machine.requestSent()
        case 11, 12:
            perform(machine.responseHeadArrived(upstreamReusable: random.flag()), "answer head")
        case 13: perform(machine.responseEnded(upstreamClean: random.flag()), "answer end")
        case 14:
            perform(machine.upstreamFailed(beforeFirstByte: random.flag()), "upstream failed")
        case 15: perform(machine.answered(), "answered")
        case 16: perform(machine.clientBlocked(), "blocked")
        case 17: perform(machine.clientUnblocked(), "unblocked")
        case 18: perform(random.flag() ? machine.flushed() : machine.lingerEnded(), "flushed")
        default: rareStep()
        }
    }

    private mutating func rareStep() {
        switch random.below(6) {
        case 4: perform(machine.retried(afterPause: random.flag()), "retried")
        case 5: perform(machine.pauseEnded(), "pause ended")
        case 0: perform(machine.stop(), "stop")
        case 1:
            if machine.state == .readingHead {
                openExchange = true
                answersOfExchange = 0
            }
            perform(machine.timedOut(), "timed out")
        case 2: machine.endAfterAnswer()
        default: perform(machine.clientClosed(), "client closed")
        }
    }

    private mutating func perform(_ actions: ExchangeMachine.Actions, _ event: String) {
        trace.append("\(event) -> \(actions) in \(machine.state)")
        notePauses(actions)
        if actions.contains(.dropLease) || actions.contains(.returnLease) {
            leases -= 1
            if actions.contains(.returnLease), !isHeld { note("a lease not held was returned") }
            isHeld = false
        }
        if actions.contains(.lease) || actions.contains(.leaseFresh) {
            leases += 1
            wantsFresh = actions.contains(.leaseFresh)
            if machine.streamsBody, wasSent { note("a stream was sent twice") }
        }
        if leases < 0 || leases > 1 { note("\(leases) leases") }
        if actions.contains(.sendRequest), !isHeld { note("a request without a connection") }
        if actions.contains(.sendRequest) { wasSent = true }
        if actions.contains(.writeAnswer) || actions.contains(.forwardHead) {
            answersOfExchange += 1
            if answersOfExchange > 1 { note("two answers to one request") }
        }
        if actions.contains(.record) {
            if !openExchange { note("a record without an exchange") }
            openExchange = false
        }
        noteEnds(actions)
    }

    private mutating func notePauses(_ actions: ExchangeMachine.Actions) {
        if actions.contains(.pauseUpstream) {
            if isPaused { note("paused twice") }
            isPaused = true
        }
        if actions.contains(.resumeUpstream) {
            if !isPaused { note("resumed what was not paused") }
            isPaused = false
        }
        if actions.contains(.dropLease) { isPaused = false }
        if actions.contains(.returnLease), isPaused { note("a paused connection was returned") }
    }

    private mutating func noteEnds(_ actions: ExchangeMachine.Actions) {
        if actions.contains(.close) || actions.contains(.abort), machine.state != .closed {
            note("closed in state \(machine.state)")
        }
        if actions.contains(.linger), machine.state != .lingering { note("lingers elsewhere") }
        if actions.contains(.nextRequest), machine.state != .idle { note("goes on elsewhere") }
        if openExchange, machine.state == .idle { note("idle with an exchange open") }
    }

    private mutating func note(_ what: String) {
        if finding == nil { finding = what }
    }
}
