/// What the admin interface looks at: the loops, and what all of them share.
struct Observed: Sendable {
    let loops: LoopSet
    let state: ServerState
    let budget: Budget
    let directory: UpstreamDirectory
    let pools: PoolDirectory
    let endpoints: EndpointDirectory
    let access: AccessWriter?
    let discovery: ModelDiscovery
    let health: HealthProbes
    let sampler: HostSampler
    /// Which routerc this is.
    let version: String
    let descriptorLimit: Int
}
