internal import Pattern
internal import Routing
internal import Synchronization
internal import TableFormat

/// The models that discovery adds to the lists of one table, whoever asks.
///
/// Of all that endpoints have named, those that a rule sends to a pool with an endpoint that serves
/// them, and, where somebody sees the list of everything, those that only pinned keys reach. Made
/// away from the loops; what a caller may see of it is decided when it asks.
struct ModelCatalog: Sendable {
    struct Item: Sendable {
        var id: [UInt8]
        /// JSON objects, of `data` and of `models`; the second may be empty.
        var entry: [UInt8]
        var twin: [UInt8]
        /// No rule leads to it, only a key that is pinned to a pool of its endpoint.
        var isForPinnedKeys = false
    }

    /// In order of their ids' bytes, no id twice.
    private(set) var items: [Item] = []

    init() {}

    /// Decides on all that was found; `found` goes by index of the endpoint.
    ///
    /// Of several endpoints that serve a model the first in the spec shows it.
    init(_ table: LoadedTable, found: [FoundModels?]) {
        let patterns = table.patterns
        let scratch = MatchScratch()
        table.withView { view in
            let servers = PoolServers(view)
            let pinned = ModelCatalog.pinned(table, servers, found)
            for id in ModelCatalog.ids(found) {
                let listing = listing(
                    ofDiscovered: id.rawSpan, patterns: patterns, scratch: scratch, in: view)
                switch listing {
                case .routed(let rule):
                    if let item = ModelCatalog.item(
                        id, rule, servers, found, patterns, view)
                    {
                        items.append(item)
                    }
                case .pinned:
                    guard let model = pinned.lazy.compactMap({ $0.find(id) }).first else {
                        continue
                    }
                    items.append(
                        Item(
                            id: id, entry: model.entry, twin: model.twin, isForPinnedKeys: true))
                case .hidden: continue
                }
            }
        }
    }

    /// The item with this id.
    func find(_ id: [UInt8]) -> Item? {
        let next = items.partitioningIndex { !$0.id.lexicographicallyPrecedes(id) }
        return next < items.count && items[next].id == id ? items[next] : nil
    }

    /// What the endpoints have named to which keys are pinned, if somebody sees that.
    private static func pinned(
        _ table: LoadedTable, _ servers: PoolServers, _ found: [FoundModels?]
    ) -> [FoundModels] {
        var endpoints: Set<UInt32> = []
        for pool in table.discovery?.pinnedPools ?? [] {
            for server in servers.byPool[Int(pool)] { endpoints.insert(server.endpoint) }
        }
        return endpoints.sorted().compactMap { found[Int($0)] }
    }

    /// Every id that an endpoint has named, in order of its bytes.
    private static func ids(_ found: [FoundModels?]) -> [[UInt8]] {
        var ids: Set<[UInt8]> = []
        for models in found {
            for model in models?.models ?? [] { ids.insert(model.id) }
        }
        return ids.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What the first that serves a model shows of it, in the pools that its rule leads to.
    private static func item(
        _ id: [UInt8], _ rule: UInt32, _ servers: PoolServers, _ found: [FoundModels?],
        _ patterns: PatternSet, _ view: borrowing TableView
    ) -> Item? {
        var pools: [UInt32] = []
        forEachPool(ofRule: rule, in: view) { pools.append($0) }
        for pool in pools {
            let route = Route(pool: pool, rule: rule)
            for server in servers.byPool[Int(pool)] {
                if let models = found[Int(server.endpoint)],
                    let item = ModelCatalog.item(
                        id, route, server.member, models, patterns, view)
                {
                    return item
                }
            }
        }
        return nil
    }

    /// What a member of the pool shows of a model; nil where its endpoint does not serve it.
    private static func item(
        _ id: [UInt8], _ route: Route, _ member: UInt32, _ models: FoundModels,
        _ patterns: PatternSet, _ view: borrowing TableView
    ) -> Item? {
        let scope = view.load(MemberRecord.serves, at: member)
        guard
            scope == noIndex
                || allows(
                    scope: scope, model: id.rawSpan, known: view.findModel(id.rawSpan),
                    patterns: patterns, scratch: MatchScratch(), in: view)
        else { return nil }
        let sent: [UInt8]
        switch replacement(for: id.rawSpan, route: route, member: member, in: view) {
        case .unchanged:
            guard let model = models.find(id) else { return nil }
            return Item(id: id, entry: model.entry, twin: model.twin)
        case .text(let text): sent = unquotedJSON(view.string(text))
        case .star(let range): sent = Array(id[range])
        // No route stands at another model before something has failed.
        case .known: return nil
        }
        // Its object tells of another id, so it is not shown.
        guard models.find(sent) != nil else { return nil }
        return Item(id: id, entry: FoundModels.minimalEntry(id, owner: "routerc"), twin: [])
    }
}

/// The members of each pool that get requests, in the order in which the spec has their endpoints.
private struct PoolServers {
    struct Server {
        var member: UInt32
        var endpoint: UInt32
    }

    private(set) var byPool: [[Server]] = []

    init(_ view: borrowing TableView) {
        var places: [Place] = []
        for endpoint in 0..<view.count(EndpointRecord.self) {
            places.append(view.load(EndpointRecord.place, at: endpoint))
        }
        for pool in 0..<view.count(PoolRecord.self) {
            var servers: [Server] = []
            for member in view.load(PoolRecord.members, at: pool).indices
            where view.load(MemberRecord.weight, at: member) > 0 {
                let endpoint = view.load(MemberRecord.endpoint, at: member)
                servers.append(Server(member: member, endpoint: endpoint))
            }
            byPool.append(
                servers.sorted {
                    PoolServers.rank(places[Int($0.endpoint)], $0.endpoint)
                        < PoolServers.rank(places[Int($1.endpoint)], $1.endpoint)
                })
        }
    }

    private static func rank(
        _ place: Place, _ endpoint: UInt32
    ) -> (UInt16, UInt32, UInt16, UInt32) {
        (place.file, place.line, place.column, endpoint)
    }
}

/// The catalog of a table, which is made anew while the table serves.
final class DiscoveredModels: Sendable {
    private struct State {
        var catalog = ModelCatalog()
        var found: [FoundModels?] = []
    }

    private let state = Mutex(State())
    private let count = Atomic<UInt64>(0)

    /// Grows with every change, so that lists made before can be told from those made after.
    var version: UInt64 { count.load(ordering: .acquiring) }

    var current: ModelCatalog { state.withLock { $0.catalog } }

    /// What each endpoint has named, by its index; shorter where nobody was asked yet.
    var found: [FoundModels?] { state.withLock { $0.found } }

    func publish(_ next: ModelCatalog, _ found: [FoundModels?]) {
        state.withLock { $0 = State(catalog: next, found: found) }
        count.add(1, ordering: .releasing)
    }
}

/// What endpoints have named, as a loop has last read it: requests take no lock.
struct NamedModels {
    private var generation: UInt32 = 0
    private var version: UInt64 = 0
    private var found: [FoundModels?] = []

    /// What the endpoints of a table have named.
    mutating func read(_ table: LoadedTable) -> [FoundModels?] {
        let version = table.discovered.version
        if table.generation != generation || version != self.version {
            found = table.discovered.found
            generation = table.generation
            self.version = version
        }
        return found
    }
}
