import RandomNumbers
import Runtime
import Testing

@Suite struct TimerWheelTests {
    private final class Target: TimerTarget {
        var count = 0
        var whenFired: (() -> Void)?

        func timerFired() {
            count += 1
            whenFired?()
        }
    }

    @Test func firesOnceAndNotEarly() {
        let wheel = TimerWheel(nowMilliseconds: 1_000)
        let target = Target()
        let node = TimerNode()
        node.attach(target)
        wheel.set(node, atMilliseconds: 1_100)
        wheel.advance(toMilliseconds: 1_099)
        #expect(target.count == 0)
        wheel.advance(toMilliseconds: 1_120)
        #expect(target.count == 1)
        wheel.advance(toMilliseconds: 9_000)
        #expect(target.count == 1)
        #expect(wheel.count == 0)
    }

    @Test func aLaterDeadlineReplacesAnEarlier() {
        let wheel = TimerWheel(nowMilliseconds: 0)
        let target = Target()
        let node = TimerNode()
        node.attach(target)
        wheel.set(node, atMilliseconds: 50)
        wheel.set(node, atMilliseconds: 500)
        wheel.advance(toMilliseconds: 490)
        #expect(target.count == 0)
        wheel.advance(toMilliseconds: 520)
        #expect(target.count == 1)
    }

    @Test func anEarlierDeadlineReplacesALater() {
        let wheel = TimerWheel(nowMilliseconds: 0)
        let target = Target()
        let node = TimerNode()
        node.attach(target)
        wheel.set(node, atMilliseconds: 100_000)
        wheel.set(node, atMilliseconds: 30)
        wheel.advance(toMilliseconds: 60)
        #expect(target.count == 1)
        wheel.advance(toMilliseconds: 200_000)
        #expect(target.count == 1)
    }

    @Test func aClearedDeadlineDoesNotFire() {
        let wheel = TimerWheel(nowMilliseconds: 0)
        let target = Target()
        let node = TimerNode()
        node.attach(target)
        wheel.set(node, atMilliseconds: 50)
        node.clear()
        wheel.advance(toMilliseconds: 1_000)
        #expect(target.count == 0)
        wheel.set(node, atMilliseconds: 1_500)
        wheel.advance(toMilliseconds: 1_600)
        #expect(target.count == 1)
    }

    @Test func deadlinesBeyondATurnWait() {
        let wheel = TimerWheel(nowMilliseconds: 0)
        let target = Target()
        let node = TimerNode()
        node.attach(target)
        wheel.set(node, atMilliseconds: 3_600_000)
        var now: UInt64 = 0
        while now < 3_600_000 {
            now += 10_000
            wheel.advance(toMilliseconds: min(now, 3_600_000))
        }
        #expect(target.count == 0)
        wheel.advance(toMilliseconds: 3_600_020)
        #expect(target.count == 1)
    }

    @Test func targetsMaySetAndClearEachOtherWhileTheyFire() {
        let wheel = TimerWheel(nowMilliseconds: 0)
        let first = Target()
        let second = Target()
        let firstNode = TimerNode()
        let secondNode = TimerNode()
        firstNode.attach(first)
        secondNode.attach(second)
        // Both fall due in one tick; whoever fires first puts the other off.
        first.whenFired = { wheel.set(secondNode, atMilliseconds: 300) }
        second.whenFired = { wheel.set(firstNode, atMilliseconds: 300) }
        wheel.set(firstNode, atMilliseconds: 100)
        wheel.set(secondNode, atMilliseconds: 100)
        wheel.advance(toMilliseconds: 120)
        #expect(first.count + second.count == 1)
        first.whenFired = nil
        second.whenFired = nil
        wheel.advance(toMilliseconds: 400)
        #expect(first.count + second.count == 2)
    }

    @Test func randomDeadlinesFireInTime() {
        var random = SplitMix(seed: 7)
        let wheel = TimerWheel(nowMilliseconds: 0)
        var expected: [UInt64] = []
        var fired: [UInt64] = []
        var now: UInt64 = 0
        var keep: [(Target, TimerNode)] = []
        for _ in 0..<500 {
            let target = Target()
            let node = TimerNode()
            node.attach(target)
            let deadline = UInt64(random.below(100_000))
            expected.append(deadline)
            target.whenFired = { fired.append(now - deadline) }
            wheel.set(node, atMilliseconds: deadline)
            keep.append((target, node))
        }
        while now < 101_000 {
            now += 10
            wheel.advance(toMilliseconds: now)
        }
        #expect(fired.count == expected.count)
        #expect(fired.allSatisfy { $0 <= 2 * TimerWheel.tickMilliseconds })
        #expect(keep.count == 500)
    }
}
