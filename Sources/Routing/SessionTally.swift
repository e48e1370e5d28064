// The count over all hashes. Model: a session is a hash, and further draws that are independent of
// it and of each other, the same in both tables. The first draw, `place(0)`, is counted exactly, in
// integers; what a session whose endpoint is away draws next is scattered from its hash, so there
// shares are multiplied. Where nobody is away nothing is multiplied and nothing is rounded.

internal import TableFormat

/// Where each hash of a session leads, by one table.
struct SessionLine {
    /// Leads to nobody.
    static let nobody = 0
    /// Draws again.
    static let away = -1

    /// The slot of an endpoint by place.
    let places: [Int]
    /// The slot that takes a session after its last draw, by place in the ring.
    let ring: [Int]

    /// As in the table; 0 where nobody takes sessions.
    let placeCount: Int

    /// `slots` numbers endpoints from 1.
    init(_ pool: SessionPool, _ slots: [UInt64: Int]) {
        placeCount = pool.sticky?.places?.owners.count ?? 0
        guard let sticky = pool.sticky, let given = sticky.places else {
            places = [SessionLine.nobody]
            ring = [SessionLine.nobody]
            return
        }
        let absent = sticky.whenDown == .move ? SessionLine.away : SessionLine.nobody
        func slot(_ id: UInt64?, or other: Int) -> Int { id.flatMap { slots[$0] } ?? other }
        places = given.owners.map { slot($0, or: absent) }
        ring =
            given.ring.isEmpty
            ? [SessionLine.nobody] : given.ring.map { slot($0, or: SessionLine.nobody) }
    }
}

/// A division of all 2^64 hashes into equal parts, walked from the first.
///
/// A hash is in part `floor(hash * count / 2^64)`, as `Session.place` has it; so part `index`
/// begins at `ceil(index * 2^64 / count)`.
struct HashDivision {
    /// One behind the last hash.
    static let end: UInt128 = 1 << 64

    let count: Int
    private(set) var index = 0
    /// One behind the last hash of this part.
    private(set) var partEnd: UInt128

    init(count: Int) {
        self.count = count
        partEnd = HashDivision.start(of: 1, count)
    }

    mutating func advance() {
        index += 1
        partEnd = HashDivision.start(of: index + 1, count)
    }

    private static func start(of index: Int, _ count: Int) -> UInt128 {
        ((UInt128(index) << 64) + UInt128(count) - 1) / UInt128(count)
    }
}

/// How many hashes lead where, in an old table and in a new one.
struct SessionTally {
    /// Draws of a session behind its first; see `pick`.
    static let redrawCount = 7

    /// The hashes that have to do with one endpoint; `old` and `new` are the first draws.
    private struct Slot {
        /// Both lead here.
        var both: UInt128 = 0
        /// The old one leads here, wherever the new one does.
        var old: UInt128 = 0
        var new: UInt128 = 0
        /// The old one leads here, and the new one has to draw again.
        var oldAlone: UInt128 = 0
        var newAlone: UInt128 = 0
        /// The same, and the ring of the one that draws leads here.
        var oldAloneRing: UInt128 = 0
        var newAloneRing: UInt128 = 0
        /// The old one has to draw again, and its ring leads here.
        var oldRing: UInt128 = 0
        var newRing: UInt128 = 0
        /// Both have to draw again, and the ring of the old one, the new one or both leads here.
        var neitherOldRing: UInt128 = 0
        var neitherNewRing: UInt128 = 0
        var neitherRing: UInt128 = 0
    }

    private var slots: [Slot]
    private var oldAway: UInt128 = 0
    private var newAway: UInt128 = 0
    private var neither: UInt128 = 0

    init(from old: SessionLine, to new: SessionLine, slotCount: Int) {
        slots = Array(repeating: Slot(), count: slotCount)
        var oldPlaces = HashDivision(count: old.places.count)
        var newPlaces = HashDivision(count: new.places.count)
        var oldRing = HashDivision(count: old.ring.count)
        var newRing = HashDivision(count: new.ring.count)
        var start: UInt128 = 0
        while start < HashDivision.end {
            let end = min(
                min(oldPlaces.partEnd, newPlaces.partEnd), min(oldRing.partEnd, newRing.partEnd))
            add(
                end - start, old: old.places[oldPlaces.index], new: new.places[newPlaces.index],
                oldRing: old.ring[oldRing.index], newRing: new.ring[newRing.index])
            if oldPlaces.partEnd == end { oldPlaces.advance() }
            if newPlaces.partEnd == end { newPlaces.advance() }
            if oldRing.partEnd == end { oldRing.advance() }
            if newRing.partEnd == end { newRing.advance() }
            start = end
        }
    }

    private mutating func add(
        _ count: UInt128, old: Int, new: Int, oldRing: Int, newRing: Int
    ) {
        if old >= 0 { slots[old].old += count } else { oldAway += count }
        if new >= 0 { slots[new].new += count } else { newAway += count }
        switch (old >= 0, new >= 0) {
        case (true, true):
            if old == new { slots[old].both += count }
        case (true, false):
            slots[old].oldAlone += count
            if newRing == old { slots[old].oldAloneRing += count }
            slots[newRing].newRing += count
        case (false, true):
            slots[new].newAlone += count
            if oldRing == new { slots[new].newAloneRing += count }
            slots[oldRing].oldRing += count
        case (false, false):
            neither += count
            slots[oldRing].oldRing += count
            slots[newRing].newRing += count
            slots[oldRing].neitherOldRing += count
            slots[newRing].neitherNewRing += count
            if oldRing == newRing { slots[oldRing].neitherRing += count }
        }
    }

    // MARK: - Shares

    /// The share of sessions that lead elsewhere.
    var moved: Double {
        let first = slots.reduce(UInt128(0)) { $0 + $1.old - $1.both }
        return slots.reduce(SessionTally.share(first)) { $0 + redrawn($1).lost }
    }

    /// What each slot has.
    func shares() -> [SessionMoves.Share] {
        slots.map { slot in
            let later = redrawn(slot)
            return SessionMoves.Share(
                before: SessionTally.share(slot.old) + later.before,
                after: SessionTally.share(slot.new) + later.after,
                lost: SessionTally.share(slot.old - slot.both) + later.lost,
                gained: SessionTally.share(slot.new - slot.both) + later.gained)
        }
    }

    private static func share(_ count: UInt128) -> Double {
        Double(count) / Double(HashDivision.end)
    }

    /// What a slot has of sessions that drew again, in one table at least.
    private func redrawn(_ slot: Slot) -> SessionMoves.Share {
        guard oldAway > 0 || newAway > 0 else { return SessionMoves.Share() }
        let share = SessionTally.share
        let old = Redraws(of: share(slot.old), away: share(oldAway))
        let new = Redraws(of: share(slot.new), away: share(newAway))
        let before = share(oldAway) * old.found + share(slot.oldRing) * old.ring
        let after = share(newAway) * new.found + share(slot.newRing) * new.ring
        var stays =
            share(slot.oldAlone) * new.found + share(slot.oldAloneRing) * new.ring
            + share(slot.newAlone) * old.found + share(slot.newAloneRing) * old.ring
        let joint = jointRedraws(slot)
        stays +=
            share(neither) * joint.found + share(slot.neitherNewRing) * joint.oldAlone
            + share(slot.neitherOldRing) * joint.newAlone + share(slot.neitherRing) * joint.ring
        return SessionMoves.Share(
            before: before, after: after, lost: SessionTally.whole(before - stays),
            gained: SessionTally.whole(after - stays))
    }

    /// Takes what is left of rounding for nothing.
    private static func whole(_ difference: Double) -> Double {
        abs(difference) < 1e-12 ? 0 : difference
    }

    /// What further draws come to, for one table.
    private struct Redraws {
        /// They lead to the slot.
        private(set) var found = 0.0
        /// All lead to nobody: the ring decides.
        private(set) var ring = 1.0

        init(of share: Double, away: Double, count: Int = SessionTally.redrawCount) {
            for _ in 0..<count { add(share, away) }
        }

        mutating func add(_ share: Double, _ away: Double) {
            found += ring * share
            ring *= away
        }
    }

    /// What further draws come to where both tables make them.
    private func jointRedraws(
        _ slot: Slot
    ) -> (found: Double, oldAlone: Double, newAlone: Double, ring: Double) {
        let share = SessionTally.share
        let (oldShare, newShare) = (share(slot.old), share(slot.new))
        let (both, again) = (share(slot.both), share(neither))
        var old = Redraws(of: oldShare, away: share(oldAway), count: 0)
        var new = Redraws(of: newShare, away: share(newAway), count: 0)
        // From the last draw to the first: once one of the two has found, the other goes on alone.
        var (found, oldAlone, newAlone, ring) = (0.0, 0.0, 0.0, 1.0)
        for _ in 0..<SessionTally.redrawCount {
            found =
                both + share(slot.oldAlone) * new.found + share(slot.newAlone) * old.found
                + again * found
            oldAlone = share(slot.oldAlone) * new.ring + again * oldAlone
            newAlone = share(slot.newAlone) * old.ring + again * newAlone
            ring *= again
            old.add(oldShare, share(oldAway))
            new.add(newShare, share(newAway))
        }
        return (found, oldAlone, newAlone, ring)
    }
}
