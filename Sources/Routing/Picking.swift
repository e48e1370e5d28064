public import TableFormat

/// What picking needs to know about endpoints; the server answers from its state, `routerc route`
/// from what it is told.
public protocol EndpointLoads: ~Escapable {
    /// Whether the endpoint at this index of the table can be tried at all.
    func isAvailable(endpoint: UInt32) -> Bool
}

/// The member of a pool whose turn it is, by the ring that the compiler has laid out.
///
/// `ticket` is a count of picks; equal tickets give equal answers. Members that cannot be tried
/// are passed over in ring order; nil where none is left.
@inlinable
@inline(__always)
public func pick<Loads: EndpointLoads & ~Escapable>(
    pool: UInt32, ticket: UInt32, loads: borrowing Loads, in table: borrowing TableView
) -> UInt32? {
    let ring = table.load(PoolRecord.ring, at: pool)
    var position = ticket % ring.count
    for _ in 0..<ring.count {
        let member = table.index(at: ring.first + position)
        if loads.isAvailable(endpoint: table.load(MemberRecord.endpoint, at: member)) {
            return member
        }
        position = position + 1 == ring.count ? 0 : position + 1
    }
    return nil
}

/// Whether an endpoint has a place for a client's path (rule 5): one whose URL has a path of its
/// own, which stands in for `/v1`, takes only what is below `/v1`.
@inlinable
public func canCarry(
    _ path: RawSpan, to endpoint: UInt32, in table: borrowing TableView
) -> Bool {
    let basePath = table.load(EndpointRecord.basePath, at: endpoint)
    return basePath.count == 0 || path.has("/v1/", at: 0) || path.isExactly("/v1")
}

/// What to write in the place of the client's model id.
public enum ModelReplacement: Sendable, Equatable {
    /// The body goes as it came.
    case unchanged
    /// A JSON string of the table, with its quotes.
    case text(StringRef)
    /// These bytes of the client's model id, to be quoted.
    case star(Range<Int>)
}

/// What the picked member calls the model: its own `send_as` first, then the rule's.
@inlinable
public func replacement(
    for model: RawSpan, route: Route, member: UInt32, in table: borrowing TableView
) -> ModelReplacement {
    let pairs = table.load(MemberRecord.substitutions, at: member)
    if pairs.count > 0, let own = find(model, in: pairs, table) {
        return .text(table.load(SubstitutionRecord.upstream, at: own))
    }
    guard route.rule != noIndex else {
        return .unchanged
    }
    let row = table.row(RuleRecord.self, route.rule)
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
