internal import Digest
internal import TableFormat

extension Planner {
    /// Numbers the keys in the order of the spec.
    mutating func planKeys(_ scopes: [ScopeSource?: UInt32]) {
        plan.keys.reserveCapacity(spec.keys.count)
        var pathLists: [ScopeSource: IndexRange] = [:]
        for (index, key) in spec.keys.enumerated() {
            plan.keys.append(
                RoutePlan.Key(
                    name: key.name, place: place(key.place), expires: key.expires ?? .max,
                    paths: planPaths(key.paths, &pathLists),
                    scope: scopes[key.models.map(Planner.canonical)] ?? 0,
                    pin: key.pin.map { poolIndex[$0] } ?? noIndex, admin: key.admin))
            for secret in key.secrets {
                let expires = secret.expires ?? .max
                switch secret.value {
                case .digest: break
                case .file(let path):
                    plan.keyReferences.append(
                        .init(
                            source: .file, reference: path, expires: expires, key: UInt32(index)))
                case .env(let name):
                    plan.keyReferences.append(
                        .init(
                            source: .environment, reference: name, expires: expires,
                            key: UInt32(index)))
                }
            }
        }
    }

    /// The matchers of a list of paths; equal lists are stored once.
    private mutating func planPaths(
        _ paths: [Matcher]?, _ lists: inout [ScopeSource: IndexRange]
    ) -> IndexRange {
        guard let paths else {
            return .all
        }
        let source = Planner.canonical(paths)
        if let known = lists[source] {
            return known
        }
        let first = UInt32(plan.matchers.count)
        for matcher in source {
            let (kind, text, pattern) = parts(
                of: Matcher(matcher, at: SourceSpan(file: 0, start: 0, end: 0)))
            plan.matchers.append(.init(kind: kind, text: text, pattern: pattern))
        }
        let range = IndexRange(first: first, count: UInt32(source.count))
        lists[source] = range
        return range
    }

    /// Salts and places the secrets that are known now.
    ///
    /// The salt comes from the content, so that equal specs give equal bytes; it keeps two tables
    /// from showing that they hold the same key, unless they hold the same keys altogether.
    mutating func planSecrets() {
        var digests: [(digest: [UInt8], expires: Int64, key: UInt32)] = []
        for (index, key) in spec.keys.enumerated() {
            for secret in key.secrets {
                if case .digest(let digest) = secret.value {
                    digests.append((digest, secret.expires ?? .max, UInt32(index)))
                }
            }
        }
        var attempt: UInt8 = 0
        while !placeSecrets(digests, attempt: attempt) {
            attempt += 1
        }
    }

    /// One try with one salt; false where the perfect hash could not be built.
    private mutating func placeSecrets(
        _ digests: [(digest: [UInt8], expires: Int64, key: UInt32)], attempt: UInt8
    ) -> Bool {
        var content = Array("routerc salt".utf8) + [attempt]
        content.reserveCapacity(content.count + digests.count * Digest.byteCount)
        for entry in digests {
            content += entry.digest
        }
        let salt = Digest.sha256(content)
        let fingerprints = digests.map {
            KeyFingerprint(digest: Digest.sha256(salt, $0.digest))
        }
        guard let hashing = PerfectHashBuilder.build(fingerprints.map(\.hash)) else {
            return false
        }
        plan.salt = TableDigest(salt)
        plan.secretSeeds = hashing.seeds
        plan.secrets = hashing.slots.map { index in
            RoutePlan.Secret(
                fingerprint: fingerprints[index], expires: digests[index].expires,
                key: digests[index].key)
        }
        return true
    }
}
