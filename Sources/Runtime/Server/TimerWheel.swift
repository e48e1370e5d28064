/// Something that can be told that its time has come.
package protocol TimerTarget: AnyObject {
    /// The deadline of its node has passed.
    func timerFired()
}

/// A place in a wheel.
///
/// Setting a later deadline costs a store: the wheel looks again when it gets there. Only an
/// earlier one moves the node.
package final class TimerNode {
    /// Strong, since a weak reference would make every retain of the target slow; `detach` ends
    /// the cycle.
    fileprivate var target: (any TimerTarget)?
    /// In ticks; 0 is unset.
    fileprivate var deadlineTick: UInt64 = 0
    /// The tick at which the wheel will look at the node; 0 is not in the wheel.
    fileprivate var linkedTick: UInt64 = 0
    fileprivate var next: TimerNode?
    fileprivate unowned(unsafe) var previous: TimerNode?

    package init() {}

    /// Names who is told, until `detach`.
    package func attach(_ target: any TimerTarget) {
        self.target = target
    }

    /// Nobody is told any more.
    package func detach() {
        target = nil
        deadlineTick = 0
    }

    /// No deadline any more.
    ///
    /// The wheel forgets the node when it gets there.
    package func clear() {
        deadlineTick = 0
    }
}

/// Deadlines of one loop: a hashed wheel of 10 ms ticks, turned by one timer of the loop.
///
/// Setting and clearing a deadline take constant time and no allocation. A deadline fires at most
/// one tick late, never early. Deadlines beyond one turn are looked at once a turn.
package final class TimerWheel {
    package static let tickMilliseconds: UInt64 = 10
    private static let slotCount = 4_096

    private var slots = [TimerNode?](repeating: nil, count: TimerWheel.slotCount)
    private var currentTick: UInt64
    /// Nodes of the slot at hand; empty between turns.
    private var due: [TimerNode] = []
    /// Nodes in the wheel, those with a cleared deadline too.
    package private(set) var count = 0

    package init(nowMilliseconds: UInt64) {
        currentTick = nowMilliseconds / TimerWheel.tickMilliseconds
    }

    /// Sets or moves the deadline of a node.
    package func set(_ node: TimerNode, atMilliseconds deadline: UInt64) {
        let tick = max(deadline / TimerWheel.tickMilliseconds + 1, currentTick + 1)
        node.deadlineTick = tick
        if node.linkedTick != 0 {
            if node.linkedTick <= tick {
                return
            }
            unlink(node)
        }
        link(node, tick: tick)
    }

    /// Fires what is due.
    package func advance(toMilliseconds now: UInt64) {
        let target = now / TimerWheel.tickMilliseconds
        // After a long sleep one turn visits every slot.
        if target > currentTick + UInt64(TimerWheel.slotCount) {
            currentTick = target - UInt64(TimerWheel.slotCount)
        }
        while currentTick < target {
            currentTick += 1
            turn()
        }
    }

    /// Looks at the nodes of one slot.
    ///
    /// Those due are taken out first, since a target may set and clear any node, these too.
    private func turn() {
        let slot = Int(currentTick % UInt64(TimerWheel.slotCount))
        var node = slots[slot]
        while let current = node {
            node = current.next
            guard current.linkedTick <= currentTick else {
                continue
            }
            unlink(current)
            if current.deadlineTick > currentTick {
                link(current, tick: current.deadlineTick)
            } else if current.deadlineTick != 0 {
                due.append(current)
            }
        }
        while let current = due.popLast() {
            if current.deadlineTick != 0, current.deadlineTick <= currentTick {
                current.deadlineTick = 0
                current.target?.timerFired()
            }
        }
    }

    private func link(_ node: TimerNode, tick: UInt64) {
        let slot = Int(tick % UInt64(TimerWheel.slotCount))
        node.linkedTick = tick
        node.next = slots[slot]
        unsafe node.previous = nil
        unsafe slots[slot]?.previous = node
        slots[slot] = node
        count += 1
    }

    private func unlink(_ node: TimerNode) {
        let slot = Int(node.linkedTick % UInt64(TimerWheel.slotCount))
        unsafe node.next?.previous = unsafe node.previous
        if let previous = unsafe node.previous {
            previous.next = node.next
        } else {
            slots[slot] = node.next
        }
        node.next = nil
        unsafe node.previous = nil
        node.linkedTick = 0
        count -= 1
    }
}
