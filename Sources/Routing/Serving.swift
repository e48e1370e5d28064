public import Pattern
public import TableFormat

/// The endpoints of a pool that do not serve the model of a route, where some serve only some.
///
/// `asked` is the client's model id. `names` says whether an endpoint has named a model that is
/// sent to it as this text; nil where that is not known, and then it may be tried.
public func endpointsNotServing(
    _ route: Route, asked: RawSpan, patterns: borrowing PatternSet,
    scratch: borrowing MatchScratch, in table: borrowing TableView,
    names: (_ endpoint: UInt32, _ replacement: ModelReplacement) -> Bool?
) -> [UInt32] {
    // A pinned key asks for no model that anybody here has read.
    guard route.rule != noIndex else { return [] }
    let isAsked = route.model == noIndex
    let model =
        isAsked
        ? asked.extracting(route.part(of: asked))
        : table.string(table.load(ModelRecord.name, at: route.model))
    let known = isAsked ? table.findModel(model) : route.model
    var others: [UInt32] = []
    for member in table.load(PoolRecord.members, at: route.pool).indices {
        let row = table.row(MemberRecord.self, member)
        let endpoint = table.load(MemberRecord.endpoint, row)
        let scope = table.load(MemberRecord.serves, row)
        var isServing = true
        if scope != noIndex {
            isServing = allows(
                scope: scope, model: model, known: known, patterns: patterns, scratch: scratch,
                in: table)
        } else if table.load(MemberRecord.flags, row) & MemberRecord.discoveredFlag != 0 {
            let sent = replacement(for: asked, route: route, member: member, in: table)
            isServing = names(endpoint, sent) ?? true
        }
        if !isServing { others.append(endpoint) }
    }
    return others
}

/// The endpoints of a pool that have no place for a path (rule 5).
public func endpointsNotCarrying(
    _ path: RawSpan, pool: UInt32, in table: borrowing TableView
) -> [UInt32] {
    var endpoints: [UInt32] = []
    for member in table.load(PoolRecord.members, at: pool).indices {
        let endpoint = table.load(MemberRecord.endpoint, at: member)
        if !canCarry(path, to: endpoint, in: table) { endpoints.append(endpoint) }
    }
    return endpoints
}

/// Whether a pool has a member that gets requests, besides the endpoints that do not serve a model.
public func hasServer(
    pool: UInt32, besides others: [UInt32], in table: borrowing TableView
) -> Bool {
    for member in table.load(PoolRecord.members, at: pool).indices
    where table.load(MemberRecord.weight, at: member) > 0 {
        if !others.contains(table.load(MemberRecord.endpoint, at: member)) { return true }
    }
    return false
}
