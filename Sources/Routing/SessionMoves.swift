public import TableFormat

/// What becomes of sessions when one table takes the place of another.
///
/// A pure function of two tables. It asks nobody who is up, and samples nothing: what stands in the
/// tables decides for each of the 2^64 hashes that a session can have. Pools and splits stand
/// apart, as a session that changes its side of a split and one that changes its endpoint in a
/// pool may be the same. With one table on both sides it says who has how many sessions.
public struct SessionMoves: Sendable, Equatable {
    /// The pools that keep sessions, in either table; in order of name.
    public let pools: [Pool]
    /// The rules that split, in either table: in order of the new table, then those that went.
    public let splits: [Split]

    /// Compares two validated tables.
    public init(from old: borrowing TableView, to new: borrowing TableView) {
        pools = SessionMoves.pools(from: old, to: new)
        splits = SessionMoves.splits(from: old, to: new)
    }

    /// The largest share that moves, of any pool or split.
    public var most: Double {
        max(pools.map(\.moved).max() ?? 0, splits.map(\.moved).max() ?? 0)
    }

    /// What a change does to a pool or a split as a whole.
    public enum Change: String, Sendable {
        /// Both tables have it, and a session has the same name in both.
        case kept
        /// A session has another name, and so any place: all are taken to move.
        case renamed
        /// It kept no sessions, and does now: none could move.
        case begins
        /// It keeps no sessions any more: all are taken to move.
        case ends
        /// The new table alone has it: none could move.
        case came
        /// The old table alone has it: all move.
        case went
    }

    /// What somebody has of all sessions of a pool or a split; each from 0 to 1.
    public struct Share: Sendable, Equatable {
        /// What the old table leads there.
        public var before = 0.0
        /// What the new table leads there.
        public var after = 0.0
        /// What the old table leads there and the new one does not.
        public var lost = 0.0
        /// What the new table leads there and the old one did not.
        public var gained = 0.0
    }

    /// A pool that keeps sessions.
    public struct Pool: Sendable, Equatable {
        /// As in the spec.
        public let name: String
        /// What becomes of it as a whole.
        public let change: Change
        /// The share of its sessions that another endpoint takes, or nobody.
        public let moved: Double
        /// What names a session, as the newer of the tables that have the pool says it.
        public let sources: [String]
        /// What becomes of a session whose endpoint is away, as that table says it.
        public let whenDown: WhenDown
        /// How many places sessions have in the tier that takes them; 0 in a table without.
        public let placesBefore: Int
        /// The same in the new table.
        public let placesAfter: Int
        /// The endpoints of both tables, in order of name.
        public let endpoints: [Endpoint]
        /// The sessions that nobody takes.
        public let nobody: Share
    }

    /// An endpoint of such a pool.
    public struct Endpoint: Sendable, Equatable {
        /// As in the spec.
        public let name: String
        /// Its sessions.
        public let share: Share
        /// How it stands in the old table; nil where it is not in the pool.
        public let was: Standing?
        /// How it stands in the new table.
        public let now: Standing?
    }

    /// What a table says of an endpoint in a pool.
    public struct Standing: Sendable, Equatable {
        /// Of the best tier that it is in.
        public let weight: UInt32
        /// As in the spec.
        public let tier: UInt32
        /// Whether it gets no new requests.
        public let drains: Bool
        /// The stable id of its server.
        public let upstream: UInt64
    }

    /// A rule that leads to several pools, in one table at least.
    public struct Split: Sendable, Equatable {
        /// The rule's name, glob or pattern.
        public let text: String
        /// How it matches.
        public let kind: MatcherKind
        /// What becomes of it as a whole; a rule with one pool is a split with one side.
        public let change: Change
        /// The share of draws that lead to another pool.
        public let moved: Double
        /// What names a session; empty where each request is drawn.
        public let sources: [String]
        /// The pools of both tables, in order of the new table.
        public let sides: [Side]
    }

    /// A pool that such a rule leads to.
    public struct Side: Sendable, Equatable {
        /// The pool's name.
        public let pool: String
        /// Its draws.
        public let share: Share
    }

    /// Whether a session has the same name in the new table, wherever it had one in the old.
    ///
    /// The first source that a request has names it: a source behind the others renames nobody.
    static func keepsNames(_ old: [String], _ new: [String]) -> Bool {
        new.starts(with: old)
    }
}
