public import TableFormat

/// What is said of a pool of which no member can be tried: that it has enough, where one is left
/// alone for that alone.
public func refusal(
    ofPool pool: UInt32, in table: borrowing TableView, isLimited: (UInt32) -> Bool
) -> ProxyError {
    for member in table.load(PoolRecord.members, at: pool).indices {
        let endpoint = table.load(MemberRecord.endpoint, at: member)
        let flags = table.load(EndpointRecord.flags, at: endpoint)
        if flags & EndpointRecord.drainFlag == 0, isLimited(endpoint) { return .endpointsLimited }
    }
    return .noEndpoint
}
