internal import CValgrind
internal import Glibc

/// Counts between two marks, for callgrind.
struct Counter: Meter {
    func measure<Case: MeasuredCase>(_ measured: inout Case) {
        // First touches, lazy binding and one-time initialization are no part of the work.
        var sum = repeated(&measured, 8)
        micro_counts_begin()
        sum &+= repeated(&measured, measured.count)
        unsafe measured.name.withCString { unsafe micro_counts_end($0) }
        print("\(measured.name) \(measured.count) \(sum)")
    }
}

/// The least time of nine rounds: what disturbs a round makes it longer only.
struct Clock: Meter {
    func measure<Case: MeasuredCase>(_ measured: inout Case) {
        var sum = repeated(&measured, measured.count)
        var least = UInt64.max
        for _ in 0..<9 {
            let start = nanoseconds()
            var done = 0
            while done < measured.count || nanoseconds() &- start < 5_000_000 {
                sum &+= repeated(&measured, measured.count)
                done += measured.count
            }
            let each = (nanoseconds() &- start) &* 10 / UInt64(done)
            least = min(least, each)
        }
        print("\(measured.name) \(least / 10).\(least % 10) \(sum)")
    }

    private func nanoseconds() -> UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }
}

/// The loop that is counted along with the work; `EmptyCase` says how much of it that is.
@inline(never)
func repeated<Case: MeasuredCase>(_ measured: inout Case, _ count: Int) -> Int {
    var sum = 0
    var index = 0
    while index < count {
        sum &+= measured.run(index)
        index &+= 1
    }
    return sum
}

/// Nothing: the cost of being measured.
struct EmptyCase: MeasuredCase {
    let name = "empty"
    let count = 1000

    @inline(never)
    mutating func run(_ index: Int) -> Int { index }
}

/// Allocates one object each time, on purpose: where it is not counted, the count is broken.
struct CanaryCase: MeasuredCase {
    /// What is allocated.
    final class Object {
        let value: Int
        init(_ value: Int) { self.value = value }
    }

    let name = "canary"
    let count = 1000
    private var last = Object(0)

    @inline(never)
    mutating func run(_ index: Int) -> Int {
        let before = last
        last = Object(index)
        return before.value
    }
}
