/// A network of IP addresses: the first of them, and how many bits they have in common.
public struct IPNetwork: Hashable, Sendable {
    /// The first address.
    public var first: IPAddress
    /// How many bits count, of 128; 96 to 128 for IPv4.
    public var prefix: Int

    /// The network that an address is in; what is behind the prefix is dropped.
    public init(of address: IPAddress, prefix: Int) {
        precondition((0...128).contains(prefix))
        first = IPAddress(bits: address.bits & IPNetwork.mask(prefix))
        self.prefix = prefix
    }

    /// Whether it is one of IPv4; `::/0` and its like hold no address of IPv4.
    public var isIPv4: Bool { first.isIPv4 && prefix >= 96 }

    /// Whether an address is in it.
    public func contains(_ address: IPAddress) -> Bool {
        address.bits & IPNetwork.mask(prefix) == first.bits && address.isIPv4 == isIPv4
    }

    /// Whether all addresses of another are in it.
    public func contains(_ other: IPNetwork) -> Bool {
        prefix <= other.prefix && contains(other.first) && isIPv4 == other.isIPv4
    }

    /// As people write it; a single address without its prefix.
    public var text: String {
        let shown = isIPv4 ? prefix - 96 : prefix
        return prefix == 128 ? first.text : "\(first.text)/\(shown)"
    }

    /// The order of the table: IPv4 first, then by address, the larger one first.
    public static func precedes(_ left: IPNetwork, _ right: IPNetwork) -> Bool {
        if left.isIPv4 != right.isIPv4 { return left.isIPv4 }
        return (left.first.bits, left.prefix) < (right.first.bits, right.prefix)
    }

    /// The bits of a prefix.
    static func mask(_ prefix: Int) -> UInt128 {
        prefix == 0 ? 0 : ~0 << (128 - prefix)
    }
}

extension NetworkRecord {
    /// The records of networks that are in order and do not overlap.
    public static func records(_ networks: [IPNetwork]) -> RecordArray<NetworkRecord> {
        var records = RecordArray<NetworkRecord>(count: networks.count)
        for (index, network) in networks.enumerated() {
            let bits = network.first.bits
            records.store(
                UInt64(truncatingIfNeeded: bits >> 64).byteSwapped, address0, at: index)
            records.store(UInt64(truncatingIfNeeded: bits).byteSwapped, address1, at: index)
            records.store(UInt16(network.prefix), prefix, at: index)
            records.store(network.isIPv4 ? AddressFamily.v4 : .v6, family, at: index)
        }
        return records
    }
}

extension TableView {
    /// Whether an address is in one of the networks that may say whom they speak for.
    ///
    /// They are in order and do not overlap: only the last that does not begin behind the address
    /// can hold it.
    public func isTrusted(_ address: IPAddress) -> Bool {
        let single = IPNetwork(of: address, prefix: 128)
        var low: UInt32 = 0
        var high = count(NetworkRecord.self)
        while low < high {
            let middle = low &+ (high &- low) / 2
            if IPNetwork.precedes(single, network(at: middle)) {
                high = middle
            } else {
                low = middle &+ 1
            }
        }
        return low > 0 && network(at: low &- 1).contains(address)
    }

    /// A trusted network; its prefix is in range, as the validator has seen.
    func network(at index: UInt32) -> IPNetwork {
        let row = row(NetworkRecord.self, index)
        let high = load(NetworkRecord.address0, row).byteSwapped
        let low = load(NetworkRecord.address1, row).byteSwapped
        let address = IPAddress(bits: UInt128(high) << 64 | UInt128(low))
        return IPNetwork(of: address, prefix: Int(load(NetworkRecord.prefix, row)))
    }
}

// MARK: - Checks

extension RecordChecks {
    /// Networks are networks, in order, and none is in another.
    func networks() throws(TableFault) {
        for index in 0..<view.count(NetworkRecord.self) {
            let row = view.row(NetworkRecord.self, index)
            try choice(NetworkRecord.family, row)
            try zero(NetworkRecord.reserved, row)
            guard view.load(NetworkRecord.prefix, row) <= 128 else {
                throw fail(TableFault.Cause.badValue, NetworkRecord.prefix, row)
            }
            let network = view.network(at: index)
            let high = view.load(NetworkRecord.address0, row).byteSwapped
            let low = view.load(NetworkRecord.address1, row).byteSwapped
            guard network.first.bits == UInt128(high) << 64 | UInt128(low) else {
                throw fail(TableFault.Cause.badValue, NetworkRecord.address0, row)
            }
            guard network.isIPv4 == (view.load(NetworkRecord.family, row) == .v4) else {
                throw fail(TableFault.Cause.badValue, NetworkRecord.family, row)
            }
            guard index > 0 else { continue }
            let before = view.network(at: index - 1)
            guard IPNetwork.precedes(before, network), !before.contains(network) else {
                throw fail(TableFault.Cause.badOrder, NetworkRecord.address0, row)
            }
        }
    }
}
