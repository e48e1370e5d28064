/// What is in a table, as far as its directory and its lists say it: for people and reports.
extension TableView {
    /// The sections that hold something, in the order of the file, and their bytes.
    public var sections: [(kind: SectionKind, byteCount: Int)] {
        SectionKind.allCases.compactMap { kind in
            let count = section(kind).count
            return count == 0 ? nil : (kind, Int(count) * kind.recordSize)
        }
    }

    /// What names a session, as a spec writes it, in order.
    public func sessionSources(of sticky: UInt32) -> [String] {
        load(StickyRecord.sources, at: sticky).indices.map { index in
            switch load(SessionSourceRecord.kind, at: index) {
            case .header: "header:\(text(load(SessionSourceRecord.name, at: index)))"
            case .user: "body:user"
            case .promptCacheKey: "body:prompt_cache_key"
            case .key: "key"
            }
        }
    }
}
