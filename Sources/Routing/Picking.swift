public import TableFormat

/// What picking needs to know about endpoints; the server answers from its state, `routerc route`
/// from what it is told.
public protocol EndpointLoads: ~Escapable {
    /// Whether the endpoint at this index of the table can be tried at all.
    func isAvailable(endpoint: UInt32) -> Bool
    /// Whether it has to do with the request: one that does not serve its model, or has no place
    /// for its path, is as if it were no member.
    func isMember(endpoint: UInt32) -> Bool
    /// What has been seen of it lately; asked only of those that can be tried.
    func load(endpoint: UInt32) -> EndpointLoad
}

extension EndpointLoads where Self: ~Escapable {
    /// Nothing, where nobody has looked.
    @inlinable
    public func load(endpoint: UInt32) -> EndpointLoad { EndpointLoad() }

    /// All of them, where nobody has looked.
    @inlinable
    public func isMember(endpoint: UInt32) -> Bool { true }
}

/// The member of a pool to send a request to; nil where none can be tried.
///
/// The first tier with a member that can be tried decides, and in it the strategy of the pool.
/// `ticket` is a count of picks; equal tickets and loads give equal answers.
@inlinable
@inline(__always)
public func pick<Loads: EndpointLoads & ~Escapable>(
    pool: UInt32, ticket: UInt32, loads: borrowing Loads, in table: borrowing TableView
) -> UInt32? {
    let row = table.row(PoolRecord.self, pool)
    let strategy = table.load(PoolRecord.strategy, row)
    for tier in table.load(PoolRecord.tiers, row).indices {
        let ring = table.load(TierRecord.ring, at: tier)
        guard ring.count > 0 else { continue }
        let member: UInt32?
        if strategy == .roundRobin {
            member = firstAvailable(
                ring, from: ticket % ring.count, turns: ring.count, loads: loads, in: table)
        } else {
            member = betterOfTwo(ring, strategy, ticket: ticket, loads: loads, in: table)
        }
        if let member { return member }
    }
    return nil
}

/// Whether a member can be tried: its endpoint does not drain, and is there.
@inlinable
@inline(__always)
func canTry<Loads: EndpointLoads & ~Escapable>(
    _ member: UInt32, loads: borrowing Loads, in table: borrowing TableView
) -> Bool {
    let endpoint = table.load(MemberRecord.endpoint, at: member)
    let flags = table.load(EndpointRecord.flags, at: endpoint)
    guard flags & EndpointRecord.drainFlag == 0 else { return false }
    return loads.isAvailable(endpoint: endpoint)
}

/// The first member in ring order that can be tried, among `count` turns and besides one.
@inlinable
@inline(__always)
func firstAvailable<Loads: EndpointLoads & ~Escapable>(
    _ ring: IndexRange, from start: UInt32, turns count: UInt32, besides: UInt32 = noIndex,
    loads: borrowing Loads, in table: borrowing TableView
) -> UInt32? {
    var position = start
    for _ in 0..<count {
        let member = table.index(at: ring.first + position)
        if member != besides, canTry(member, loads: loads, in: table) { return member }
        position = position + 1 == ring.count ? 0 : position + 1
    }
    return nil
}

/// The better of two members, drawn with the weights as chances (the power of two choices).
///
/// Who draws two and takes the better one comes near to the best of all, and nobody stampedes to
/// the one that looks best just now (Mitzenmacher, "The Power of Two Choices in Randomized Load
/// Balancing", 2001). Weights divide what is compared; where that is equal, the first one drawn
/// wins, so that a pool without load follows its weights.
@inlinable
@inline(never)
func betterOfTwo<Loads: EndpointLoads & ~Escapable>(
    _ ring: IndexRange, _ strategy: Strategy, ticket: UInt32, loads: borrowing Loads,
    in table: borrowing TableView
) -> UInt32? {
    let draw = scattered(UInt64(ticket))
    let start = position(UInt32(truncatingIfNeeded: draw), of: ring.count)
    let first = firstAvailable(
        ring, from: start, turns: ring.count, loads: loads, in: table)
    guard let first else { return nil }
    // Not the whole ring is gone through for another one: where so many turns belong to one member,
    // it has the weight to be taken anyway.
    let other = position(UInt32(truncatingIfNeeded: draw >> 32), of: ring.count)
    let second = firstAvailable(
        ring, from: other, turns: min(ring.count, 64), besides: first, loads: loads, in: table)
    guard let second else { return first }
    let firstValue = value(of: first, strategy, loads: loads, in: table)
    let secondValue = value(of: second, strategy, loads: loads, in: table)
    return secondValue < firstValue ? second : first
}

/// What a strategy compares; less is better.
@inlinable
func value<Loads: EndpointLoads & ~Escapable>(
    of member: UInt32, _ strategy: Strategy, loads: borrowing Loads,
    in table: borrowing TableView
) -> Float {
    let row = table.row(MemberRecord.self, member)
    let load = loads.load(endpoint: table.load(MemberRecord.endpoint, row))
    let weight = Float(max(table.load(MemberRecord.weight, row), 1))
    return (strategy == .adaptive ? load.cost : load.busy) / weight
}

/// A place among `count`, by random bits (Lemire, "Fast Random Integer Generation in an Interval",
/// 2019, without its correction: a ring has 4,096 turns at most).
@inlinable
func position(_ bits: UInt32, of count: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(bits) * UInt64(count)) >> 32)
}

/// Whether an endpoint has a place for a client's path (rule 5): one whose URL has a path of its
/// own, which stands in for `/v1`, takes only what is below `/v1`.
@inlinable
public func canCarry(
    _ path: RawSpan, to endpoint: UInt32, in table: borrowing TableView
) -> Bool {
    let basePath = table.load(EndpointRecord.basePath, at: endpoint)
    return basePath.count == 0 || isBelowV1(path)
}

/// Whether every endpoint has a place for a path.
@inlinable
public func isBelowV1(_ path: RawSpan) -> Bool {
    path.has("/v1/", at: 0) || path.isExactly("/v1")
}

/// What to write in the place of the client's model id.
public enum ModelReplacement: Sendable, Equatable {
    /// The body goes as it came.
    case unchanged
    /// A JSON string of the table, with its quotes.
    case text(StringRef)
    /// These bytes of the client's model id, to be quoted.
    case star(Range<Int>)
    /// These bytes of the name of a model of the table, to be quoted.
    case known(UInt32, Range<Int>)
}

/// What the picked member calls the model: its own `send_as` first, then the rule's.
///
/// `asked` is the client's model id; the route may stand at another model.
@inlinable
public func replacement(
    for asked: RawSpan, route: Route, member: UInt32, in table: borrowing TableView
) -> ModelReplacement {
    guard route.model == noIndex else {
        return fallbackReplacement(route: route, member: member, in: table)
    }
    guard route.partEnd == 0 else {
        return partReplacement(for: asked, route: route, member: member, in: table)
    }
    return ownReplacement(for: asked, rule: route.rule, member: member, in: table)
}

/// The same for a model of a list: its name stands alone where the list stood.
@inlinable
@inline(never)
func partReplacement(
    for asked: RawSpan, route: Route, member: UInt32, in table: borrowing TableView
) -> ModelReplacement {
    let part = route.part(of: asked)
    let own = ownReplacement(
        for: asked.extracting(part), rule: route.rule, member: member, in: table)
    switch own {
    case .unchanged: return .star(part)
    case .star(let range):
        return .star(part.lowerBound + range.lowerBound..<part.lowerBound + range.upperBound)
    case .text, .known: return own
    }
}

/// The same for a model of the table, of which the client has not said the name.
@inlinable
@inline(never)
func fallbackReplacement(
    route: Route, member: UInt32, in table: borrowing TableView
) -> ModelReplacement {
    let name = table.string(table.load(ModelRecord.name, at: route.model))
    let own = ownReplacement(for: name, rule: route.rule, member: member, in: table)
    switch own {
    case .unchanged: return .known(route.model, 0..<name.byteCount)
    case .star(let range): return .known(route.model, range)
    case .text, .known: return own
    }
}

@inlinable
func ownReplacement(
    for model: RawSpan, rule: UInt32, member: UInt32, in table: borrowing TableView
) -> ModelReplacement {
    let pairs = table.load(MemberRecord.substitutions, at: member)
    if pairs.count > 0, let own = find(model, in: pairs, table) {
        return .text(table.load(SubstitutionRecord.upstream, at: own))
    }
    guard rule != noIndex else {
        return .unchanged
    }
    let row = table.row(RuleRecord.self, rule)
    switch table.load(RuleRecord.sendAsKind, row) {
    case .unchanged:
        return .unchanged
    case .constant:
        return .text(table.load(RuleRecord.sendAs, row))
    case .star:
        let start = Int(table.load(RuleRecord.starPrefix, row))
        let end = model.byteCount - Int(table.load(RuleRecord.starSuffix, row))
        return start <= end ? .star(start..<end) : .unchanged
    }
}

/// The pair for a model in a list sorted by name.
@inlinable
func find(_ model: RawSpan, in pairs: IndexRange, _ table: borrowing TableView) -> UInt32? {
    var low = pairs.first
    var high = pairs.first + pairs.count
    while low < high {
        let middle = low + (high - low) / 2
        let name = table.string(table.load(SubstitutionRecord.model, at: middle))
        if name.isEqual(model) {
            return middle
        }
        if name.precedes(model) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return nil
}
